/** One turn of a message client in a process of its own, with pacing off: what a packet costs it. */

import { type Child, startChild } from '../support/child.ts';
import type { ClientJobs } from './client-jobs.ts';
import type { NetworkJobs } from './network.ts';
import { within } from './within.ts';

/** One after the other: a message that is on its way for long would be sent again. */
const MESSAGE_BYTES = 100_000;
/** Until the code that runs all the time is compiled. */
const WARM_UP_MESSAGES = 12;
const MESSAGES = 16;
const LIMIT_SECONDS = 60;

/**
 * Packets that its gateway got from it, per second of processor time. It sends them to itself: each is built with its
 * acknowledgement, and comes back, as the acknowledgement does.
 */
export async function packetsPerCpuSecond(script: URL, network: Child<NetworkJobs>): Promise<number> {
  const { api, gateway } = await network.ask('entrance');
  const client = startChild<ClientJobs>(script, { compiled: true });
  try {
    await within(LIMIT_SECONDS, 'connecting', client.ask('connect', api, gateway, 'off'));
    const usage = async () => ({
      packets: await network.ask('packets'),
      cpuSeconds: await client.ask('cpuSeconds'),
    });
    await loops(client, WARM_UP_MESSAGES);
    const start = await usage();
    await loops(client, MESSAGES);
    const end = await usage();
    return (end.packets - start.packets) / (end.cpuSeconds - start.cpuSeconds);
  } finally {
    await client.end();
  }
}

async function loops(client: Child<ClientJobs>, messages: number): Promise<void> {
  for (let message = 1; message <= messages; message++)
    await within(LIMIT_SECONDS, `message ${message} of ${messages} to itself`, client.ask('loop', MESSAGE_BYTES));
}
