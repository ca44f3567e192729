/** A process with the mixnet, and somebody in it to send to. */

import { startDevnet } from '../../src/devnet/index.ts';
import { MixnetClient } from '../../src/index.ts';
import { serve } from '../support/child.ts';
import { UnwrappedCounter } from './recording.ts';

export type NetworkJobs = typeof jobs;

const devnet = await startDevnet({ exits: 0 });
const [near, far] = devnet.gateways;
if (near === undefined || far === undefined) throw new Error('there are too few gateways');
/** Silent: whatever goes through the network is of the client that is watched. */
const recipient = await MixnetClient.connect({
  api: devnet.api,
  gateway: far.identity,
  traffic: { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true },
});
const counter = new UnwrappedCounter();
devnet.observeNodes(packet => counter.count(packet));

const jobs = {
  entrance: () => ({ api: devnet.api, gateway: near.identity, url: near.url, recipient: recipient.address }),
  watch: (self: string) => counter.watch(self),
  /** What nodes have unwrapped since the last time. */
  unwrapped: () => counter.take(),
  async stop(): Promise<void> {
    await recipient.close();
    await devnet.close();
  },
};

serve(jobs);
