/** The HTTP side of the service: who may connect does so within its time, and everybody else is told that they may not. */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import * as limits from '../../limits.ts';
import type { Milliseconds, Platform, Timer } from '../../platform/platform.ts';
import { type Admission, type AdmissionRules, admissionOf } from './admission.ts';
import type { Form } from './program.ts';

export interface DoorOptions {
  readonly rules: AdmissionRules;
  readonly platform: Pick<Platform, 'setTimer'>;
  /** `socket` is what the websocket is on. */
  readonly entered: (webSocket: WebSocket, socket: Socket, form: Form) => void;
}

/** What a program may take from its connection to the end of the handshake. */
const HANDSHAKE_TIME: Milliseconds = 10_000;

export class Door {
  readonly server: Server;
  readonly #options: DoorOptions;
  readonly #handshakes = new Map<Socket, Timer>();
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // The length of what is compressed would tell of its content, and its expansion be another thing to limit.
    perMessageDeflate: false,
    maxPayload: limits.serviceRequest,
  });

  constructor(options: DoorOptions) {
    this.#options = options;
    this.server = createServer((_, response) => {
      response.writeHead(426, { connection: 'Upgrade', upgrade: 'websocket' }).end('Here is a websocket.\n');
    });
    // One more is closed as soon as it is accepted.
    this.server.maxConnections = limits.servicePrograms;
    this.server.on('connection', socket => this.#onConnection(socket));
    this.server.on('upgrade', (request, socket: Socket, head) => this.#onUpgrade(request, socket, head));
  }

  get handshakes(): number {
    return this.#handshakes.size;
  }

  endHandshakes(): void {
    for (const socket of this.#handshakes.keys()) socket.destroy();
  }

  #onConnection(socket: Socket): void {
    this.#handshakes.set(
      socket,
      this.#options.platform.setTimer(() => socket.destroy(), HANDSHAKE_TIME),
    );
    socket.once('close', () => this.#handshakeEnded(socket));
  }

  #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', () => {});
    const admission = admissionOf(request, this.#options.rules);
    if (!admission.admitted) socket.end(refusal(admission));
    else {
      this.#webSockets.handleUpgrade(request, socket, head, webSocket => {
        this.#handshakeEnded(socket);
        this.#options.entered(webSocket, socket, admission.form);
      });
    }
  }

  #handshakeEnded(socket: Socket): void {
    this.#handshakes.get(socket)?.cancel();
    this.#handshakes.delete(socket);
  }
}

function refusal({ status, headers = '' }: Exclude<Admission, { readonly admitted: true }>): string {
  return `HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`;
}
