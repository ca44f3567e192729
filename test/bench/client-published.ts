/** A process with the published client and nothing else. */

import { WebSocket } from 'ws';
import { loadPublishedClient, type PublishedClient, publishedOptions } from '../interop/published-client.ts';
import { serve } from '../support/child.ts';
import { type ClientJobs, cpuSeconds } from './client-jobs.ts';

const unpaced = {
  traffic: { disableMainPoissonPacketDistribution: true },
  coverTraffic: { disableLoopCoverTrafficStream: true },
};
// It tells of every message.
console.log = () => {};
const NymClient = await loadPublishedClient(WebSocket, error => {
  console.error(error);
  process.exit(1);
});
let client: InstanceType<PublishedClient> | undefined;
/** Called with the length of each message that comes. */
let arrived = (_bytes: number) => {};

const jobs: ClientJobs = {
  async connect(api, gateway, pacing) {
    const options = { ...publishedOptions(api, gateway), ...(pacing === 'off' && { clientOverride: unpaced }) };
    client = await new NymClient((data: Uint8Array) => arrived(data.length), options);
  },
  async loop(bytes) {
    if (client === undefined) throw new Error('it is not connected');
    const whole = new Promise<void>(resolve => {
      arrived = length => length === bytes && resolve();
    });
    await client.send_regular_message(new Uint8Array(bytes), client.selfAddress());
    await whole;
  },
  cpuSeconds,
};

process.on('disconnect', () => process.exit());
serve(jobs);
