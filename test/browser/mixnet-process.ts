/** A process with a mixnet, and a desk at which pages ask for origins behind it. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startDevnet } from '../../src/devnet/index.ts';
import { serve } from '../support/child.ts';
import { type Origin, startOrigin } from '../support/origin.ts';

export type MixnetJobs = typeof jobs;

/** What a page gets to know of an origin. */
export interface OriginState extends Pick<Origin, 'connections' | 'open' | 'requests'> {
  readonly id: number;
  readonly port: number;
}

/** No mixing: what is tested is not the network. */
const devnet = await startDevnet({ allowLocal: true, delayScale: 0 });
const origins: Origin[] = [];

/**
 * | request          | what happens                        |
 * |------------------|-------------------------------------|
 * | POST /origins    | an origin begins, and is told       |
 * | GET /origins/3   | how the third is                    |
 * | POST /origins/3  | it drops the connections it has idle |
 * | DELETE /origins/3 | it ends                            |
 */
const desk = createServer(async (request, response) => {
  // Pages are of another origin.
  response.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-methods', '*');
  if (request.method === 'OPTIONS') response.end();
  else await answer(request, response);
});
await new Promise<void>(resolve => desk.listen(0, '127.0.0.1', resolve));

const jobs = {
  entrance: () => ({ api: devnet.api, desk: `http://127.0.0.1:${(desk.address() as AddressInfo).port}` }),
  async stop() {
    await Promise.all(origins.map(origin => origin.close()));
    await devnet.close();
    desk.close();
  },
};

async function answer({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, id] = /^\/origins\/(\d+)$/.exec(url) ?? [];
  const number = id === undefined ? origins.push(await startOrigin()) - 1 : Number(id);
  const origin = origins[number];
  if (origin === undefined) return void response.writeHead(404).end();
  if (method === 'POST' && id !== undefined) origin.dropIdle();
  if (method === 'DELETE') await origin.close();
  const { port, connections, open, requests } = origin;
  response.end(JSON.stringify({ id: number, port, connections, open, requests } satisfies OriginState));
}

serve(jobs);
