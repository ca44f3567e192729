/**
 * A process with a client that is kept, and a websocket service before it: as it may be killed. It notes in a file what became
 * of each message, the moment that is known: its number, `done` or the code of the error, Unix time in ms; a line each.
 */

import { appendFileSync } from 'node:fs';
import { MixnetClient } from '../../../src/mixnet-client/index.ts';
import { createWebSocketService, type MessageClient } from '../../../src/servers/index.ts';
import { fileStorage } from '../../../src/storage/node.ts';
import { serve } from '../../support/child.ts';

export type ServiceJobs = typeof jobs;

const [api = '', directory = '', notes = '', pace = ''] = process.argv.slice(2);
const quiet = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };
const client = await MixnetClient.connect({
  api,
  storage: fileStorage(directory),
  ...(pace === 'quiet' && { traffic: quiet }),
});
const service = await createWebSocketService(noting(client), { port: 0 });

const jobs = {
  entrance: () => ({ url: service.url, address: client.address }),
  stats: () => ({ ...client.stats(), waiting: service.waiting, givenUp: service.givenUp }),
  async stop(): Promise<void> {
    await service.close();
    await client.close();
  },
};

/** The client, that notes what becomes of messages whose first four bytes are a number. */
function noting(client: MixnetClient): MessageClient {
  const note = (data: Uint8Array, outcome: string) => {
    const number = Buffer.from(data).readUInt32BE();
    appendFileSync(notes, `${number} ${outcome} ${Date.now()}\n`);
  };
  return {
    address: client.address,
    async send(recipient, data, options) {
      await client.send(recipient, data, options).then(
        () => note(data, 'done'),
        error => {
          note(data, String(error?.code ?? error));
          throw error;
        },
      );
    },
    reply: client.reply.bind(client),
    laneLength: client.laneLength.bind(client),
    dropLane: client.dropLane.bind(client),
    addEventListener: client.addEventListener.bind(client),
    removeEventListener: client.removeEventListener.bind(client),
  };
}

serve(jobs);
