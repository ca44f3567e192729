/** A process with a client of this package and nothing else. */

import { MixnetClient } from '../../src/index.ts';
import { serve } from '../support/child.ts';
import type { ClientJobs } from './idle-client.ts';

let client: MixnetClient | undefined;

const jobs: ClientJobs = {
  async connect(api, gateway) {
    client = await MixnetClient.connect({ api, gateway });
  },
  usage() {
    const { user, system } = process.cpuUsage();
    const { coverSent, realSent } = client?.stats() ?? { coverSent: 0, realSent: 0 };
    return { cpuSeconds: (user + system) / 1e6, packets: coverSent + realSent };
  },
};

process.on('disconnect', () => process.exit());
serve(jobs);
