/** A process with a client of this package and nothing else. */

import { MixnetClient } from '../../src/index.ts';
import { serve } from '../support/child.ts';
import { type ClientJobs, cpuSeconds } from './client-jobs.ts';

const unpaced = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };
let client: MixnetClient | undefined;

const jobs: ClientJobs = {
  async connect(api, gateway, pacing) {
    client = await MixnetClient.connect({ api, gateway, ...(pacing === 'off' && { traffic: unpaced }) });
  },
  async loop(bytes) {
    if (client === undefined) throw new Error('it is not connected');
    const reader = client.messages();
    await client.send(client.address, new Uint8Array(bytes));
    for await (const { data } of reader) if (data.length === bytes) break;
  },
  cpuSeconds,
};

process.on('disconnect', () => process.exit());
serve(jobs);
