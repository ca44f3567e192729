/**
 * Frames over TCP, as between real nodes: one connection for each sender and receiver, opened when there is something to
 * send, on which the receiver never writes (`nymtech/nym common/client-libs/mixnet-client`).
 *
 * @module
 */

import { connect, createServer, type Server, type Socket } from 'node:net';
import { encodeFrame, FrameDecoder, type FrameVersion, type NodeAddress, parseNodeAddress } from '../sphinx/index.ts';
import { type Attachment, addressName, type CarriedPacket, type Links } from './links.ts';
import { closeServer, listenOnLoopback } from './loopback-server.ts';

/** Packets that wait for one peer; more are dropped, as in real nodes. */
const MAX_WAITING_PACKETS = 2_000;
const REGULAR_FRAME_BYTES = 2_416;
const MAX_WAITING_BYTES = MAX_WAITING_PACKETS * REGULAR_FRAME_BYTES;

export class TcpLinks implements Links {
  readonly #version: FrameVersion;
  readonly #known = new Set<string>();

  constructor(version: FrameVersion) {
    this.#version = version;
  }

  async attach(receive: (carried: CarriedPacket) => void): Promise<Attachment> {
    const ear = new Ear(receive);
    const address = parseNodeAddress('127.0.0.1', await listenOnLoopback(ear.server));
    this.#known.add(addressName(address));
    const mouth = new Mouth(this.#version);
    return {
      address,
      send: (to, carried) => this.#known.has(addressName(to)) && mouth.send(to, carried),
      async detach() {
        mouth.close();
        await ear.close();
      },
      async reattach() {
        await listenOnLoopback(ear.server, address.port);
        mouth.open();
      },
    };
  }
}

class Ear {
  readonly server: Server;
  readonly #connections = new Set<Socket>();

  constructor(receive: (carried: CarriedPacket) => void) {
    this.server = createServer(socket => {
      const decoder = new FrameDecoder();
      this.#connections.add(socket);
      socket.on('close', () => this.#connections.delete(socket));
      socket.on('error', () => {});
      socket.on('data', chunk => {
        try {
          for (const { packet, rotation } of decoder.push(chunk)) receive({ packet, rotation });
        } catch {
          // Whoever sends what is no frame is cut off.
          socket.destroy();
        }
      });
    });
  }

  async close(): Promise<void> {
    const closed = closeServer(this.server);
    for (const socket of this.#connections) socket.destroy();
    await closed;
  }
}

class Mouth {
  readonly #version: FrameVersion;
  readonly #connections = new Map<string, Socket>();
  #open = true;

  constructor(version: FrameVersion) {
    this.#version = version;
  }

  send(to: NodeAddress, { packet, rotation }: CarriedPacket): boolean {
    if (!this.#open) return false;
    const socket = this.#connection(to);
    // Node keeps what is written before the connection is made.
    if (socket.writableLength <= MAX_WAITING_BYTES)
      socket.write(encodeFrame({ packet, rotation, version: this.#version }));
    return true;
  }

  open(): void {
    this.#open = true;
  }

  close(): void {
    this.#open = false;
    for (const socket of this.#connections.values()) socket.destroy();
  }

  /** Real nodes wait longer and longer before they try a dead peer again; over loopback there is no reason to. */
  #connection(to: NodeAddress): Socket {
    const name = addressName(to);
    const existing = this.#connections.get(name);
    if (existing !== undefined && !existing.destroyed) return existing;
    const socket = connect({ host: to.ip, port: to.port, noDelay: true });
    this.#connections.set(name, socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#connections.get(name) === socket) this.#connections.delete(name);
    });
    return socket;
  }
}
