/** A gateway for tests: our own gateway-side state machine, behind websockets in memory or, by `listen.ts`, real ones. */

import { ed25519PublicKey } from '#crypto';
import {
  GatewayClients,
  type GatewayClientsOptions,
  GatewaySession,
  type GatewaySessionOptions,
  type Identity,
  type SessionOutput,
} from '../../src/gateway/index.ts';
import type { WebSocketConnection, WebSocketHandlers } from '../../src/platform/platform.ts';
import type { MixPacket } from '../../src/sphinx/index.ts';
import { seededRandom } from '../support/seeded-random.ts';

export function identityOf(name: string): Identity {
  const seed = seededRandom(name)(32);
  return { seed, publicKey: ed25519PublicKey(seed) };
}

/** How a session reaches its client. */
export interface Peer {
  send(data: string | Uint8Array): void;
  cut(): void;
  /** Whether a pong comes back. */
  ping(): Promise<boolean>;
}

type HostOptions = Partial<Omit<GatewaySessionOptions, 'identity' | 'clients' | 'now'>> & GatewayClientsOptions;

export class GatewayHost {
  readonly identity = identityOf('gateway');
  readonly clients: GatewayClients<GatewaySession>;
  readonly forwarded: MixPacket[] = [];
  /** What happened, in order: 'registered', 'authenticated'. */
  readonly log: string[] = [];
  readonly texts: string[] = [];
  /** Told each text before it is heeded. */
  onText: (text: string) => void = () => {};
  /** May be changed while it runs. */
  options: HostOptions;
  readonly #peers = new Map<GatewaySession, Peer>();
  readonly #wallTime: () => number;

  constructor(options: HostOptions = {}, wallTime: () => number = () => Date.now()) {
    this.options = options;
    this.clients = new GatewayClients(options);
    this.#wallTime = wallTime;
  }

  get connections(): number {
    return this.#peers.size;
  }

  accept(peer: Peer): { receive(data: string | Uint8Array): void; closed(): void } {
    const session = new GatewaySession({
      random: seededRandom(`session ${this.log.length}/${this.texts.length}`),
      ...this.options,
      identity: this.identity,
      clients: this.clients,
      now: this.#wallTime(),
    });
    this.#peers.set(session, peer);
    return {
      receive: data => {
        if (typeof data === 'string') {
          this.texts.push(data);
          this.onText(data);
        }
        const now = this.#wallTime();
        this.#carryOut(session, typeof data === 'string' ? session.text(data, now) : session.frame(data, now));
      },
      closed: () => {
        session.closed();
        this.#peers.delete(session);
      },
    };
  }

  /** To a client that is connected, or into its inbox. */
  deliver(client: Uint8Array, message: Uint8Array): void {
    const session = this.clients.active(client);
    const frame = session?.push(message);
    if (session !== undefined && frame !== undefined) this.#peers.get(session)?.send(frame);
    else this.clients.store(client, message, this.#wallTime());
  }

  /** Sends anything at all, as a gateway should not. */
  sendRaw(client: Uint8Array, ...data: (string | Uint8Array)[]): void {
    const session = this.clients.active(client);
    if (session !== undefined) for (const each of data) this.#peers.get(session)?.send(each);
  }

  cutAll(): void {
    for (const peer of this.#peers.values()) peer.cut();
  }

  #carryOut(session: GatewaySession, output: SessionOutput): void {
    const peer = this.#peers.get(session);
    for (const data of output.send) peer?.send(data);
    if (output.forward !== undefined) this.forwarded.push(output.forward);
    if (output.registered !== undefined) this.log.push('registered');
    if (output.authenticated !== undefined) this.log.push('authenticated');
    if (output.replaced !== undefined) this.#peers.get(output.replaced)?.cut();
    if (output.drop === true) peer?.cut();
    if (output.challenge !== undefined) {
      const pinged = this.#peers.get(output.challenge)?.ping() ?? Promise.resolve(false);
      pinged.then(alive => this.#carryOut(session, session.challenged(alive, this.#wallTime())));
    }
  }
}

/** Websockets in memory for a `VirtualPlatform`, with the ways in which a network fails. */
export class MemoryNetwork {
  /** 'refuse' closes at once, 'stall' never opens, 'mute' opens and swallows everything in both directions. */
  fault: 'refuse' | 'stall' | 'mute' | undefined;
  opened = 0;
  readonly #host: GatewayHost;

  constructor(host: GatewayHost) {
    this.#host = host;
  }

  readonly openWebSocket = (_url: string, handlers: WebSocketHandlers): WebSocketConnection => {
    this.opened += 1;
    const { fault } = this;
    let closed = false;
    let accepted: ReturnType<GatewayHost['accept']> | undefined;
    const close = (reason: string) => {
      if (closed) return;
      closed = true;
      accepted?.closed();
      handlers.close(reason);
    };
    const toClient = (data: string | Uint8Array) =>
      queueMicrotask(() => {
        if (!closed && this.fault !== 'mute') handlers.message(data);
      });
    queueMicrotask(() => {
      if (fault === 'refuse') close('ECONNREFUSED');
      if (fault === 'refuse' || fault === 'stall' || closed) return;
      accepted = this.#host.accept({
        send: toClient,
        cut: () => queueMicrotask(() => close('closed with code 1006')),
        ping: async () => this.fault !== 'mute',
      });
      handlers.open();
    });
    return {
      send: data => {
        if (this.fault !== 'mute') queueMicrotask(() => closed || accepted?.receive(data));
      },
      bufferedBytes: 0,
      close: () => queueMicrotask(() => close('closed with code 1000')),
    };
  };
}
