/** Sockets over loopback streams, a server of the package `ws`, and a list of what happens; all gone when the test is. */

import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { type ServerOptions, type WebSocket as ServerSocket, WebSocketServer } from 'ws';
import { createFetch, type FetchContext, offerConnections } from '../../src/fetch/index.ts';
import type { MixFetch } from '../../src/index.ts';
import { createMixWebSocket, type MixWebSocketClass, type MixWebSocketOptions } from '../../src/websocket/index.ts';
import { LoopbackExit, type LoopbackOptions } from '../support/loopback-streams.ts';
import { type WatchedPlatform, watchedPlatform } from '../support/watched-platform.ts';

export interface Bed {
  readonly WebSocket: MixWebSocketClass;
  readonly exit: LoopbackExit;
  readonly platform: WatchedPlatform;
  readonly close: () => Promise<void>;
}

export interface BedOptions extends Partial<FetchContext> {
  readonly exit?: LoopbackOptions;
  readonly socket?: MixWebSocketOptions;
}

export function bed({ exit: exitOptions, socket, ...context }: BedOptions = {}): Bed {
  const platform = watchedPlatform();
  const exit = new LoopbackExit(exitOptions);
  const fetch = createFetch({ open: exit.openStream, platform, ...context });
  offerConnections(fetch, () => fetch.connections);
  onTestFinished(() => fetch.close());
  return {
    WebSocket: createMixWebSocket(fetch as unknown as MixFetch, socket),
    exit,
    platform,
    close: () => fetch.close(),
  };
}

/** Nothing is held any more. */
export async function expectQuiet({ exit, platform }: Bed): Promise<void> {
  await expect
    .poll(() => ({ open: exit.open, timers: platform.timers, holders: platform.holders }))
    .toEqual({ open: 0, timers: 0, holders: 0 });
}

export interface PeerOptions extends ServerOptions {
  readonly certificate?: { readonly key: string; readonly cert: string };
}

export interface Peer {
  readonly port: number;
  readonly url: string;
  readonly sockets: ServerSocket[];
  readonly server: WebSocketServer;
}

/** An echo, unless `greet` does something else. */
export async function startPeer(
  options: PeerOptions = {},
  greet: (socket: ServerSocket, path: string) => void = echo,
): Promise<Peer> {
  const { certificate, ...given } = options;
  const secure = certificate && createSecureServer(certificate);
  const server = new WebSocketServer({
    maxPayload: 2 ** 28,
    ...given,
    ...(secure ? { server: secure } : { port: 0, host: '127.0.0.1' }),
  });
  const sockets: ServerSocket[] = [];
  server.on('connection', (socket, request) => {
    sockets.push(socket);
    socket.on('error', () => {});
    greet(socket, request.url ?? '');
  });
  if (secure) secure.listen(0, '127.0.0.1');
  await new Promise<void>(resolve => (secure ?? server).once('listening', resolve));
  const { port } = (secure ?? server).address() as AddressInfo;
  onTestFinished(async () => {
    for (const socket of sockets) socket.terminate();
    server.close();
    secure?.closeAllConnections();
    secure?.close();
  });
  return { port, url: `${secure ? 'wss' : 'ws'}://127.0.0.1:${port}`, sockets, server };
}

export function echo(socket: ServerSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}

/** Everything that happens to a socket, as text that can be compared. */
export function logOf(socket: WebSocket): string[] {
  const log: string[] = [];
  socket.addEventListener('open', () => log.push(`open ${socket.readyState} ${JSON.stringify(socket.protocol)}`));
  socket.addEventListener('message', ({ data }) => log.push(`message ${describe(data)}`));
  socket.addEventListener('error', () => log.push(`error ${socket.readyState}`));
  socket.addEventListener('close', ({ code, reason, wasClean }) => {
    log.push(`close ${socket.readyState} ${code} ${JSON.stringify(reason)} ${wasClean ? 'clean' : 'unclean'}`);
  });
  return log;
}

function describe(data: unknown): string {
  if (typeof data === 'string') return data.length > 50 ? `text of ${data.length}` : JSON.stringify(data);
  if (data instanceof ArrayBuffer) return `buffer of ${data.byteLength}`;
  return data instanceof Blob ? `blob of ${data.size}` : 'something else';
}

export function happens<Type extends keyof WebSocketEventMap>(
  socket: WebSocket,
  type: Type,
): Promise<WebSocketEventMap[Type]> {
  return new Promise(resolve => socket.addEventListener(type, resolve, { once: true }));
}

/** The code behind the event `error`, once the socket is closed. */
export async function failureOf(socket: WebSocket): Promise<unknown> {
  let code: unknown = 'no error';
  socket.addEventListener('error', event => {
    code = (event as Event & { error: { code?: unknown; name: string } }).error.code;
  });
  await happens(socket, 'close');
  return code;
}
