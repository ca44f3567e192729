/** One mixnet, one service behind its exit by http and https, and the ways into it; made once for a file of tests. */

import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Devnet, type DevnetOptions, startDevnet } from '../../src/devnet/index.ts';
import { createMixFetch, type MixFetch } from '../../src/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { type WatchedPlatform, watchedPlatform } from '../support/watched-platform.ts';
import { answer } from './service.ts';

export const secure = 'https://shop.test';
export const plain = 'http://shop.test';

export interface World {
  readonly devnet: Devnet;
  readonly mixFetch: MixFetch;
  readonly platform: WatchedPlatform;
  readonly ca: string;
  readonly servers: { readonly http: ServiceServer; readonly https: ServiceServer };
}

export interface ServiceServer {
  readonly server: Server;
  readonly port: number;
  /** Connections over which requests to `host` have come. */
  connectionsTo(host: string): number;
  /** Those that are open now. */
  openTo(host: string): number;
}

/** Pacing and cover are proved elsewhere, and would take most of the time here. */
export const traffic = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };

export function packageWorld(options: DevnetOptions = {}): World {
  const world: Partial<{ -readonly [K in keyof World]: World[K] }> = {};
  beforeAll(async () => Object.assign(world, await start(options)));
  afterAll(async () => {
    const { mixFetch, devnet, servers } = world as World;
    await mixFetch.close();
    await devnet.close();
    for (const { server } of Object.values(servers)) {
      server.closeAllConnections();
      server.close();
    }
  });
  return world as World;
}

/** Nothing is held, and the connections to the server of that host are over: what was begun is over, or given up. */
export async function quiet({ platform, servers }: World, host: string): Promise<void> {
  await expect.poll(() => platform.holders, { timeout: 5_000 }).toBe(0);
  const open = () => servers.http.openTo(host) + servers.https.openTo(host);
  await expect.poll(open, { timeout: 20_000 }).toBe(0);
}

async function start(options: DevnetOptions): Promise<World> {
  const authority = await createAuthority();
  const certificate = await authority.issue({ hosts: ['shop.test', 'ending.test'] });
  const servers = {
    http: await listen(createServer(listener)),
    https: await listen(createSecureServer(certificate, listener)),
  };
  const hosts = ['shop.test', 'ending.test'].flatMap(host => [
    [`${host}:80`, servers.http.port],
    [`${host}:443`, servers.https.port],
  ]);
  const devnet = await startDevnet({
    transport: 'in-process',
    delayScale: 0,
    hosts: { ...Object.fromEntries(hosts), 'impostor.test': servers.https.port },
    ...options,
  });
  // Timers of the devnet are its own: only those of the client count.
  const watched = watchedPlatform();
  const { openWebSocket, directoryFetch } = devnet.clientPlatform();
  const platform = Object.defineProperties(
    { ...watched, openWebSocket, directoryFetch },
    {
      timers: { get: () => watched.timers },
      holders: { get: () => watched.holders },
    },
  );
  const mixFetch = createMixFetch({
    api: devnet.api,
    platform,
    extraCa: [authority.certificate],
    traffic,
  });
  await mixFetch.ready();
  return { devnet, mixFetch, platform, ca: authority.certificate, servers };
}

/** Every request to the handlers, every answer as it comes. */
const listener: RequestListener = async (request, response) => {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const answered = await Promise.race([answer(asRequest(request)), aborted(gone.signal)]);
    response.writeHead(answered.status, Object.fromEntries(answered.headers));
    if (answered.body === null) response.end();
    else
      Readable.fromWeb(answered.body as never)
        .on('error', () => response.destroy())
        .pipe(response);
  } catch {
    response.destroy();
  }
};

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

function asRequest(request: IncomingMessage): Request {
  const { method = 'GET', url = '/', headers } = request;
  return new Request(new URL(url, `http://${headers.host}`), {
    method,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    ...(method !== 'GET' && method !== 'HEAD' && { body: Readable.toWeb(request) as ReadableStream, duplex: 'half' }),
  });
}

async function listen(server: Server): Promise<ServiceServer> {
  const connections = new Map<string, Set<Socket>>();
  server.on('request', ({ socket, headers: { host = '' } }) => {
    connections.set(host, (connections.get(host) ?? new Set()).add(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    port: (server.address() as AddressInfo).port,
    connectionsTo: host => connections.get(host)?.size ?? 0,
    openTo: host => [...(connections.get(host) ?? [])].filter(({ destroyed }) => !destroyed).length,
  };
}
