/** A process with a mixnet of as many mix nodes as there are keys to become fast with, and a server behind it. */

import { startDevnet } from '../../src/devnet/index.ts';
import { serve } from '../support/child.ts';
import { startOrigin } from '../support/origin.ts';

export type NetworkJobs = typeof jobs;

const origin = await startOrigin();
const devnet = await startDevnet({ nodesPerLayer: 20, hosts: { 'shop.test': origin.port } });

const jobs = {
  entrance: () => ({ api: devnet.api, gateway: devnet.gateways[0]?.identity ?? '' }),
  async stop(): Promise<void> {
    await devnet.close();
    await origin.close();
  },
};

serve(jobs);
