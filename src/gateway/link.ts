/**
 * The client's lasting link to its one gateway: it connects, registers or authenticates, and when an established
 * connection is lost it tries for ever to get it back. It never turns to another gateway: that would change the client's
 * address and show it to somebody else.
 */

import { MixnetError } from '../errors.ts';
import type { Milliseconds, Platform, Timer } from '../platform/platform.ts';
import type { MixPacket } from '../sphinx/index.ts';
import { exponentialBackoff } from './backoff.ts';
import type { Failure } from './client-session.ts';
import { GatewayConnection } from './connection.ts';
import type { Identity } from './identity.ts';

export type LinkState = 'connecting' | 'connected' | 'reconnecting' | 'closed';

export interface GatewayLinkOptions {
  readonly platform: Platform;
  readonly gateway: {
    readonly identity: Uint8Array;
    /** `ws:` or `wss:`. */
    readonly url: string;
  };
  readonly identity: Identity;
  /** From an earlier link with this gateway. Default: register. */
  readonly registration?: Registration;
  /** Where the gateway is by what is known now; asked when a connection could not be had again at once. */
  readonly presentUrl?: () => string | undefined;
  readonly on: {
    /** What a final packet held for this client. May be called before `connect` has resolved. */
    push(bytes: Uint8Array): void;
    state(state: LinkState): void;
    /** The gateway has let the client in, for the first time or again; `state` follows. */
    admitted?(admission: Admission): void;
  };
}

/** What lets a client in without registering. */
export interface Registration {
  readonly sharedKey: Uint8Array;
  /** Of the last authentication, or of the registration, in seconds since 1970: the gateway accepts none but later ones. */
  readonly lastTimestamp: number;
}

export interface Admission extends Registration {
  /** Where the gateway was reached. */
  readonly url: string;
}

/** A packet and where its first hop is; `MixPacket` without what the link knows itself. */
export type OutgoingPacket = Omit<MixPacket, 'packetType'>;

/** Timestamps of authentications must differ, and count in seconds. */
const NEXT_TIMESTAMP: Milliseconds = 1_000;
/** How often the first set-up starts over where the gateway says what would help. */
const MAX_REMEDIES = 3;
/** A connection that lasted so long starts the back-off from its beginning. */
const STABLE: Milliseconds = 60_000;

export class GatewayLink {
  readonly #options: GatewayLinkOptions;
  readonly #platform: Platform;
  #state: LinkState = 'closed';
  #used = false;
  #sharedKey: Uint8Array | undefined;
  #connection: GatewayConnection | undefined;
  #retry: Timer | undefined;
  #failures = 0;
  #readyAt: Milliseconds = 0;
  #lastTimestamp: number;
  #url: string;
  #admission: Admission | undefined;
  #lastError: MixnetError | undefined;
  /** Of the first set-up, while it goes on. */
  #setUp: { resolve(): void; reject(reason: unknown): void } | undefined;

  constructor(options: GatewayLinkOptions) {
    this.#options = options;
    this.#platform = options.platform;
    this.#sharedKey = options.registration?.sharedKey;
    this.#lastTimestamp = options.registration?.lastTimestamp ?? 0;
    this.#url = options.gateway.url;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** The last one; `undefined` before the first. */
  get admission(): Admission | undefined {
    return this.#admission;
  }

  /** Why the link is not connected, or was not the last time it was not. */
  get lastError(): MixnetError | undefined {
    return this.#lastError;
  }

  /** Bytes handed over that the network has not taken yet. */
  get bufferedBytes(): number {
    return this.#connection?.bufferedBytes ?? 0;
  }

  /**
   * Resolves when packets can be sent. Rejects with ERR_MIX_GATEWAY_UNREACHABLE, _REFUSED, _TICKETS, _VERSION,
   * _MISBEHAVED or _CLOSED, or the signal's reason; then nothing is left behind, and the link is closed for good. A link
   * connects once: a `TypeError` the second time.
   */
  async connect({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#used) throw new TypeError('a link connects once');
    signal?.throwIfAborted();
    this.#used = true;
    const release = this.#platform.hold();
    const abort = () => this.#setUp?.reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.#setUp = { resolve, reject };
        this.#enter('connecting');
        this.#open();
      });
      this.#setUp = undefined;
      this.#failures = 0;
    } catch (error) {
      this.#setUp = undefined;
      this.close();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      release();
    }
  }

  /** False where the packet was not taken: there is no connection now, or far too much waits in it. */
  send(packet: OutgoingPacket): boolean {
    return this.#state === 'connected' && this.#connection?.send(packet) === true;
  }

  /** Idempotent. */
  close(): void {
    this.#used = true;
    this.#retry?.cancel();
    this.#connection?.close();
    this.#connection = undefined;
    this.#setUp?.reject(new MixnetError('ERR_MIX_GATEWAY_CLOSED', { message: 'The link was closed.' }));
    this.#enter('closed');
  }

  #open(): void {
    const { gateway, identity, on } = this.#options;
    const url = this.#urlToTry();
    let timestamp = 0;
    const session = {
      gatewayIdentity: gateway.identity,
      identity,
      sharedKey: this.#sharedKey,
      timestamp: () => {
        timestamp = this.#nextTimestamp();
        return timestamp;
      },
    };
    this.#connection = new GatewayConnection(url, this.#platform, session, {
      push: bytes => on.push(bytes),
      sharedKey: key => {
        this.#sharedKey = key;
        // The gateway notes the time of a registration as well.
        timestamp = Math.ceil(this.#platform.wallTime() / 1_000);
      },
      ready: () => {
        this.#readyAt = this.#platform.now();
        this.#lastTimestamp = Math.max(this.#lastTimestamp, timestamp);
        this.#admitted(url);
        this.#enter('connected');
        this.#setUp?.resolve();
      },
      ended: failure => this.#ended(failure),
    });
  }

  #admitted(url: string): void {
    if (this.#sharedKey === undefined) return;
    this.#url = url;
    this.#admission = { sharedKey: this.#sharedKey, lastTimestamp: this.#lastTimestamp, url };
    this.#options.on.admitted?.(this.#admission);
  }

  /** Where it was last, and every second time after a failure where it is said to be now: either can be out of date. */
  #urlToTry(): string {
    const asks = this.#setUp === undefined && this.#failures > 0 && this.#failures % 2 === 0;
    return (asks ? this.#options.presentUrl?.() : undefined) ?? this.#url;
  }

  #ended({ error, remedy }: Failure): void {
    const wasConnected = this.#state === 'connected';
    this.#connection = undefined;
    this.#lastError = error;
    if (remedy === 'register') this.#sharedKey = undefined;
    if (this.#setUp !== undefined && !wasConnected) {
      this.#failures += 1;
      if (remedy === undefined || this.#failures > MAX_REMEDIES) this.#setUp.reject(error);
      else this.#openAfter(remedy === 'wait' ? NEXT_TIMESTAMP : 0);
      return;
    }
    if (wasConnected && this.#platform.now() - this.#readyAt > STABLE) this.#failures = 0;
    this.#enter('reconnecting');
    this.#openAfter(exponentialBackoff(this.#failures, this.#platform.randomBytes));
    this.#failures += 1;
  }

  #openAfter(delay: Milliseconds): void {
    this.#retry = this.#platform.setTimer(() => this.#open(), delay);
  }

  /**
   * Later than any that the gateway has accepted, by a second at least, whatever the clock was set to in between. Those it
   * refused do not count: they may be of a clock that was far ahead.
   */
  #nextTimestamp(): number {
    return Math.max(Math.floor(this.#platform.wallTime() / 1_000), this.#lastTimestamp + 1);
  }

  #enter(state: LinkState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.on.state(state);
  }
}
