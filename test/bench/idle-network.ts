/** A process with a mixnet, at its real delays. */

import { startDevnet } from '../../src/devnet/index.ts';
import { serve } from '../support/child.ts';

export type NetworkJobs = typeof jobs;

const devnet = await startDevnet({ nodesPerLayer: 5 });

const jobs = {
  entrance: () => ({ api: devnet.api, gateway: devnet.gateways[0]?.identity ?? '' }),
  stop: () => devnet.close(),
};

serve(jobs);
