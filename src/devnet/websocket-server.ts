/** Where clients of a gateway connect over real sockets. */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Platform } from '../platform/platform.ts';
import type { IssuedCertificate } from './certificates.ts';
import type { Accept } from './client-socket.ts';
import { closeServer, listenOnLoopback } from './loopback-server.ts';

/** The largest frame that real gateways take. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
const PONG_WITHIN = 1_000;

export class GatewayWebSockets {
  readonly #platform: Platform;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    autoPong: false,
    maxPayload: MAX_FRAME_BYTES,
  });
  readonly #accept: Accept;
  /** Connections that wait for an answer. */
  readonly #waiting = new Map<Duplex, () => void>();
  #stalled = false;
  #port = 0;

  constructor(platform: Platform, accept: Accept, certificate?: IssuedCertificate) {
    this.#platform = platform;
    this.#accept = accept;
    this.#server = certificate === undefined ? createServer() : createTlsServer(certificate);
    this.#server.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
  }

  get port(): number {
    return this.#port;
  }

  /** The first time at any free port, later at the same. */
  async open(): Promise<void> {
    this.#port = await listenOnLoopback(this.#server, this.#port);
  }

  /** The connections that were taken are for the gateway to cut. */
  async close(): Promise<void> {
    for (const stream of this.#waiting.keys()) stream.destroy();
    this.#waiting.clear();
    await closeServer(this.#server);
  }

  /** New connections are left without an answer until it ends. */
  set stalled(stalled: boolean) {
    this.#stalled = stalled;
    if (stalled) return;
    for (const upgrade of this.#waiting.values()) upgrade();
    this.#waiting.clear();
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => {});
    const upgrade = () => this.#sockets.handleUpgrade(request, stream, head, socket => this.#take(socket));
    if (!this.#stalled) {
      upgrade();
      return;
    }
    this.#waiting.set(stream, upgrade);
    stream.once('close', () => this.#waiting.delete(stream));
  }

  #take(socket: WebSocket): void {
    const handlers = this.#accept({
      send: data => socket.send(data, () => {}),
      ping: () => this.#ping(socket),
      // What was sent is handed to the network within this turn of the event loop.
      cut: () => void setImmediate(() => socket.terminate()),
    });
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      handlers.message(isBinary ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data.toString());
    });
    socket.on('ping', (data: Buffer) => {
      if (handlers.pinged()) socket.pong(data, undefined, () => {});
    });
    socket.on('error', () => {});
    socket.once('close', () => handlers.closed());
  }

  #ping(socket: WebSocket): Promise<boolean> {
    return new Promise(resolve => {
      const settle = (alive: boolean) => {
        timer.cancel();
        socket.off('pong', answered);
        resolve(alive);
      };
      const answered = () => settle(true);
      const timer = this.#platform.setTimer(() => settle(false), PONG_WITHIN);
      socket.once('pong', answered);
      socket.ping(this.#platform.randomBytes(8), undefined, () => {});
    });
  }
}
