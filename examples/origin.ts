/** The server at the other end of the tour: HTTPS on loopback, with a certificate authority made for the occasion. */

import { createHash, randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority } from 'mixfetch/devnet';

export interface Origin {
  readonly port: number;
  /** PEM of the authority that clients must trust. */
  readonly ca: string;
  /** Hex, of what `/megabyte` gives. */
  readonly megabyteSha256: string;
  close(): Promise<void>;
}

export async function startOrigin(hosts: readonly string[]): Promise<Origin> {
  const authority = await createAuthority('authority of the tour');
  const megabyte = randomBytes(1_000_000);
  const server = createServer(await authority.issue({ hosts }), answer(megabyte));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    ca: authority.certificate,
    megabyteSha256: createHash('sha256').update(megabyte).digest('hex'),
    close() {
      server.closeAllConnections();
      return new Promise(resolve => server.close(() => resolve()));
    },
  };
}

function answer(megabyte: Buffer): RequestListener {
  return async (request, response) => {
    if (request.url === '/megabyte') {
      response.setHeader('content-type', 'application/octet-stream');
      response.end(megabyte);
    } else if (request.url === '/rpc') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { id: unknown };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: '0x10d4f' }));
    } else if (request.url === '/slowly') {
      response.setHeader('content-type', 'text/plain; charset=utf-8');
      for (const line of SLOWLY) {
        response.write(`${line}\n`);
        await sleep(300);
      }
      response.end();
    } else {
      response.end(request.url?.replace('/echo/', ''));
    }
  };
}

/** A line at a time. */
const SLOWLY = [
  'The sender puts each packet into four envelopes, one in the other.',
  'Each node opens one, and finds the name of the next node and how long to wait.',
  'In between, the packets of all senders change their order.',
  'Packets are sent at the same pace whether there is something to say or not.',
  'The answer comes back in envelopes that were sent along, addressed beforehand.',
  'So the server does not learn who asked, and nobody on the way learns who asked whom.',
];
