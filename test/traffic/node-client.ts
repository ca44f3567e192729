/**
 * A process of Node with the client that is watched, and nothing else. Its code comes bundled, as it does in a page.
 */

import { serve } from '../support/child.ts';
import type { WatchedClient as Client, WatchedOptions } from './client.ts';

export type NodeClientJobs = typeof jobs;

const [bundle = ''] = process.argv.slice(2);
const { WatchedClient }: { WatchedClient: typeof Client } = await import(bundle);
let client: Client | undefined;

const jobs = {
  async connect(options: WatchedOptions): Promise<string> {
    client = await WatchedClient.connect(options);
    return client.address;
  },
  saturate: (recipient: string) => client?.saturate(recipient),
  stall: (every: number, lasting: number) => client?.stall(every, lasting),
  rest: () => client?.rest(),
  stats: () => client?.stats(),
  close: () => client?.close(),
};

serve(jobs);
