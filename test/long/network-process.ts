/** A process with everything but the client: a mixnet at its real delays, a web server with five names, and an echo. */

import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDevnet } from '../../src/devnet/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { serve } from '../support/child.ts';
import { startOrigin } from '../support/origin.ts';
import { contentPieces } from './content.ts';

export type NetworkJobs = typeof jobs;

const routes: Record<string, RequestListener> = {
  /** `/content?bytes=1000&seed=1` */
  '/content': (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://origin');
    const [bytes, seed] = [Number(searchParams.get('bytes')), Number(searchParams.get('seed'))];
    response.setHeader('content-length', bytes);
    // A client that goes away meanwhile is its own affair.
    pipeline(contentPieces(bytes, seed), response).catch(() => {});
  },
  /** The SHA-256 of what was sent. */
  '/digest': async (request, response) => {
    const hash = createHash('sha256');
    // As above.
    await pipeline(request, hash).then(
      () => response.end(hash.digest('hex')),
      () => {},
    );
  },
};

const hosts = process.argv.slice(2);
const authority = await createAuthority();
const origin = await startOrigin({ certificate: await authority.issue({ hosts }), routes });
const devnet = await startDevnet({
  hosts: {
    ...Object.fromEntries(hosts.map(host => [host, origin.port])),
    'echo.test': { serve: socket => void socket.on('error', () => {}).pipe(socket) },
  },
});

const jobs = {
  entrance: () => ({
    api: devnet.api,
    ca: authority.certificate,
    gateways: devnet.gateways.map(({ identity }) => identity),
  }),

  /** Takes a gateway away for so long: its clients lose their connections. */
  async restart(gateway: number, seconds: number): Promise<void> {
    await devnet.gateways[gateway]?.kill();
    await sleep(seconds * 1000);
    await devnet.gateways[gateway]?.revive();
  },

  lose(share: number): void {
    devnet.faults.loss = share;
  },

  /** Packets lost so far, acknowledgements included. */
  lost(): number {
    const { data, acks } = devnet.stats().packets.lost;
    return data + acks;
  },

  /** Used so far by all nodes, the exit and the web server. */
  cpuSeconds(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },

  async stop(): Promise<void> {
    await devnet.close();
    await origin.close();
  },
};

serve(jobs);
