/** A process with the published client and nothing else. */

import { WebSocket } from 'ws';
import { loadPublishedClient, publishedOptions } from '../interop/published-client.ts';
import { serve } from '../support/child.ts';
import type { ClientJobs } from './idle-client.ts';

let packets = 0;

class CountingWebSocket extends WebSocket {
  override send(data: Parameters<WebSocket['send']>[0]): void {
    if (typeof data !== 'string') packets += 1;
    super.send(data);
  }
}

const NymClient = await loadPublishedClient(CountingWebSocket, error => {
  console.error(error);
  process.exit(1);
});
let client: unknown;

const jobs: ClientJobs = {
  async connect(api, gateway) {
    client = await new NymClient(() => {}, publishedOptions(api, gateway));
  },
  usage() {
    if (client === undefined) throw new Error('it is not connected');
    const { user, system } = process.cpuUsage();
    return { cpuSeconds: (user + system) / 1e6, packets };
  },
};

process.on('disconnect', () => process.exit());
serve(jobs);
