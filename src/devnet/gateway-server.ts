/** A gateway: clients on one side, the last hop of their packets on the other. */

import { ed25519PublicKey } from '#crypto';
import { encodeBase58 } from '../crypto/base58.ts';
import { GatewayClients, GatewaySession, type Identity, type SessionOutput } from '../gateway/index.ts';
import { splitAckBlock } from '../message/index.ts';
import type { Milliseconds, Platform, WebSocketConnection, WebSocketHandlers } from '../platform/platform.ts';
import type { FinalPacket } from '../sphinx/index.ts';
import type { IssuedCertificate } from './certificates.ts';
import type { ClientSocket, ClientSocketHandlers } from './client-socket.ts';
import type { Entrance } from './entrance.ts';
import { InProcessSocket } from './in-process-socket.ts';
import type { Lifetime } from './lifetime.ts';
import type { CarriedPacket } from './links.ts';
import { isAck, MixNode, type MixNodeOptions } from './mix-node.ts';
import type { PacketCounters } from './node-stats.ts';
import type { PartState, Switchable } from './switch.ts';
import { GatewayWebSockets } from './websocket-server.ts';

/** One websocket frame between a client and its gateway. */
export interface ObservedFrame {
  /** When it reached the gateway, or left it, on the platform's clock. */
  readonly at: Milliseconds;
  readonly direction: 'from-client' | 'to-client';
  /** The client's identity in base58, once it is known. */
  readonly client: string | undefined;
  readonly gateway: string;
  /** Packets are binary, everything else is text. */
  readonly kind: 'packet' | 'control';
  /** Of the payload of the frame. */
  readonly bytes: number;
}

export interface GatewayServerOptions {
  readonly platform: Platform;
  readonly node: Omit<MixNodeOptions, 'deliver'>;
  readonly identitySeed: Uint8Array;
  readonly entrance: Entrance;
  readonly counters: PacketCounters;
  readonly observed: (frame: ObservedFrame) => void;
  readonly requireTickets: boolean;
  /** Absent: clients connect in-process only. */
  readonly listen?: { readonly certificate?: IssuedCertificate };
}

/** Connections of clients at a time, as in real gateways: more are dropped. */
const MAX_CONNECTIONS = 8_192;
/** What clients send to a stalled gateway and is still kept for it. */
const MAX_STALLED_MESSAGES = 10_000;

export class GatewayServer implements Switchable {
  readonly identity: Identity;
  readonly #name: string;
  readonly #options: GatewayServerOptions;
  readonly #lifetime: Lifetime;
  readonly #clients = new GatewayClients<GatewaySession>();
  readonly #connections = new Map<GatewaySession, Connection>();
  readonly #webSockets: { plain: GatewayWebSockets; secure?: GatewayWebSockets } | undefined;
  readonly #opening = new Set<InProcessSocket>();
  #node: MixNode | undefined;

  private constructor(options: GatewayServerOptions) {
    const { platform, listen, identitySeed, node } = options;
    this.#options = options;
    this.#lifetime = node.lifetime;
    this.identity = { seed: identitySeed, publicKey: ed25519PublicKey(identitySeed) };
    const accept = (socket: ClientSocket) => this.#accept(socket);
    this.#name = encodeBase58(this.identity.publicKey);
    if (listen === undefined) return;
    const plain = new GatewayWebSockets(platform, accept);
    const { certificate } = listen;
    this.#webSockets = certificate
      ? { plain, secure: new GatewayWebSockets(platform, accept, certificate) }
      : { plain };
  }

  static async start(options: GatewayServerOptions): Promise<GatewayServer> {
    const gateway = new GatewayServer(options);
    gateway.#node = await MixNode.start({ ...options.node, deliver: (...final) => gateway.#deliver(...final) });
    await Promise.all(gateway.#listeners.map(listener => listener.open()));
    return gateway;
  }

  /** Its part as the last hop of packets. */
  get node(): MixNode {
    if (this.#node === undefined) throw new Error('a gateway that is not started');
    return this.#node;
  }

  /** Ports of its websockets; `undefined` in-process. */
  get ports(): { readonly ws: number; readonly wss?: number } | undefined {
    if (this.#webSockets === undefined) return undefined;
    const { plain, secure } = this.#webSockets;
    return { ws: plain.port, ...(secure === undefined ? {} : { wss: secure.port }) };
  }

  get state(): PartState {
    return this.node.state;
  }

  async kill(): Promise<void> {
    if (this.state === 'dead') return;
    this.disconnectClients();
    for (const socket of this.#opening) socket.end('ECONNRESET');
    this.#opening.clear();
    await Promise.all([this.node.kill(), ...this.#listeners.map(listener => listener.close())]);
  }

  stall(): void {
    this.node.stall();
    if (this.state === 'stalled') for (const listener of this.#listeners) listener.stalled = true;
  }

  async revive(): Promise<void> {
    if (this.state === 'dead') await Promise.all(this.#listeners.map(listener => listener.open()));
    await this.node.revive();
    for (const listener of this.#listeners) listener.stalled = false;
    for (const socket of this.#opening) socket.open(server => this.#accept(server));
    this.#opening.clear();
    for (const connection of this.#connections.values()) {
      for (const data of connection.stalled.splice(0)) this.#hear(connection, data);
    }
  }

  /** Cuts the connection of every client, as when the gateway's network fails for a moment. */
  disconnectClients(): void {
    for (const { socket } of this.#connections.values()) socket.cut();
  }

  /** Loses keys, bandwidth and messages of all clients, as a gateway does that is set up anew. */
  forgetClients(): void {
    this.#clients.forgetAll();
  }

  /** A client's `openWebSocket`, without a socket. */
  connectInProcess(handlers: WebSocketHandlers): WebSocketConnection {
    const socket = new InProcessSocket(handlers);
    if (this.state === 'dead') socket.end('ECONNREFUSED');
    else if (this.state === 'stalled') this.#opening.add(socket);
    else socket.open(server => this.#accept(server));
    return socket;
  }

  get #listeners(): GatewayWebSockets[] {
    return Object.values(this.#webSockets ?? {});
  }

  #accept(socket: ClientSocket): ClientSocketHandlers {
    const { platform, requireTickets } = this.#options;
    const session = new GatewaySession({
      identity: this.identity,
      clients: this.#clients,
      random: platform.randomBytes,
      now: platform.wallTime(),
      requireTickets,
    });
    const connection: Connection = { socket, session, stalled: [], client: undefined };
    if (this.#connections.size >= MAX_CONNECTIONS) socket.cut();
    this.#connections.set(session, connection);
    this.#expireInTime(connection);
    return {
      message: data => {
        this.#observe(connection, 'from-client', data);
        if (this.state !== 'stalled') this.#hear(connection, data);
        else if (connection.stalled.length < MAX_STALLED_MESSAGES) connection.stalled.push(data);
      },
      pinged: () => {
        // Real gateways do not know pings from strangers; published clients that send one find out.
        if (session.client === undefined) this.#apply(connection, session.text('', platform.wallTime()));
        return session.client !== undefined && this.state === 'up';
      },
      closed: () => {
        this.#connections.delete(session);
        session.closed();
      },
    };
  }

  #hear(connection: Connection, data: string | Uint8Array): void {
    const now = this.#options.platform.wallTime();
    const { session } = connection;
    this.#apply(connection, typeof data === 'string' ? session.text(data, now) : session.frame(data, now));
  }

  #apply(connection: Connection, output: SessionOutput): void {
    const { platform, entrance } = this.#options;
    const client = output.registered ?? output.authenticated;
    if (client !== undefined) connection.client = encodeBase58(client);
    for (const data of output.send) this.#send(connection, data);
    if (output.forward !== undefined) {
      const { packet, firstHop, rotation } = output.forward;
      entrance.enter(this.node, firstHop, { packet, rotation });
    }
    const holder = output.challenge && this.#connections.get(output.challenge);
    if (output.challenge !== undefined) {
      void (holder?.socket.ping() ?? Promise.resolve(false)).then(alive => {
        this.#apply(connection, connection.session.challenged(alive, platform.wallTime()));
      });
    }
    if (output.replaced !== undefined) this.#connections.get(output.replaced)?.socket.cut();
    if (output.drop === true) connection.socket.cut();
  }

  #expireInTime(connection: Connection): void {
    const { platform } = this.#options;
    const { deadline } = connection.session;
    if (deadline === undefined) return;
    this.#lifetime.after(Math.max(1, deadline - platform.wallTime()), () => {
      this.#apply(connection, connection.session.expire(platform.wallTime()));
      if (this.#connections.has(connection.session)) this.#expireInTime(connection);
    });
  }

  /** An acknowledgement goes to the client; of anything else the client gets the message, and the sender its acknowledgement. */
  #deliver({ destination, plaintext }: FinalPacket, carried: CarriedPacket): void {
    if (isAck(carried)) {
      this.#push(destination, plaintext, 'acks');
      return;
    }
    try {
      const { firstHop, ackPacket, message } = splitAckBlock(plaintext);
      this.#push(destination, message, 'data');
      this.#options.entrance.enter(this.node, firstHop, { packet: ackPacket, rotation: carried.rotation });
    } catch {
      // Without a readable acknowledgement a real gateway drops the packet too.
    }
  }

  #push(destination: Uint8Array, message: Uint8Array, kind: 'data' | 'acks'): void {
    const { entrance, counters, platform } = this.#options;
    counters.count('delivered', kind);
    for (let copies = entrance.copies(kind); copies > 0; copies--) {
      const session = this.#clients.active(destination);
      const connection = session && this.#connections.get(session);
      const frame = session?.push(message);
      if (connection !== undefined && frame !== undefined) this.#send(connection, frame);
      else if (this.#clients.store(destination, message, platform.wallTime())) counters.count('stored', kind);
    }
  }

  #send(connection: Connection, data: string | Uint8Array): void {
    this.#observe(connection, 'to-client', data);
    connection.socket.send(data);
  }

  #observe({ client }: Connection, direction: ObservedFrame['direction'], data: string | Uint8Array): void {
    const { observed, platform } = this.#options;
    observed({
      at: platform.now(),
      direction,
      client,
      gateway: this.#name,
      kind: typeof data === 'string' ? 'control' : 'packet',
      bytes: typeof data === 'string' ? Buffer.byteLength(data) : data.length,
    });
  }
}

interface Connection {
  readonly socket: ClientSocket;
  readonly session: GatewaySession;
  /** What came while the gateway was stalled. */
  readonly stalled: (string | Uint8Array)[];
  client: string | undefined;
}
