/** One websocket to the gateway, from its opening to its end. It opens once; whoever wants another makes another. */

import { MixnetError } from '../errors.ts';
import * as limits from '../limits.ts';
import {
  longestGatewayFrame,
  type Milliseconds,
  type Platform,
  type Timer,
  type WebSocketConnection,
} from '../platform/platform.ts';
import type { MixPacket } from '../sphinx/index.ts';
import { ClientSession, type ClientSessionOptions, type ClientStep, type Failure } from './client-session.ts';

/** The way to the gateway, its TLS and the upgrade to a websocket. */
const OPENING_DEADLINE: Milliseconds = 15_000;
/** Each control answer. The reference waits for five minutes, which no user does. */
const ANSWER_DEADLINE: Milliseconds = 15_000;
/** After so long without a word the gateway is asked for its version, which costs it nothing and us one small text. */
const SILENCE: Milliseconds = 30_000;
/** After so long in which it took nothing of what waits for it, a gateway that still talks is as good as none. */
const STANDSTILL: Milliseconds = 30_000;
/** More than a minute of traffic at its usual rate: a gateway that takes nothing is given nothing more. */
const MAX_BUFFERED_BYTES = limits.gatewayBuffer;

export interface ConnectionHandlers {
  push(bytes: Uint8Array): void;
  sharedKey(key: Uint8Array): void;
  ready(): void;
  /** Once, and nothing after it. Not called when the connection is closed from this side. */
  ended(failure: Failure): void;
}

export class GatewayConnection {
  readonly #platform: Platform;
  readonly #session: ClientSession;
  readonly #handlers: ConnectionHandlers;
  #socket: WebSocketConnection | undefined;
  #timer: Timer | undefined;
  #opened = false;
  #ended = false;
  #probing = false;
  #lastHeard: Milliseconds = 0;
  /** Bytes and characters handed to the socket. */
  #handed = 0;
  /** Of those, the ones it had passed on when last looked at, and when they became more, or none was left. */
  #taken = 0;
  #lastTaken: Milliseconds = 0;

  constructor(
    url: string,
    platform: Platform,
    session: Omit<ClientSessionOptions, 'random'>,
    handlers: ConnectionHandlers,
  ) {
    this.#platform = platform;
    this.#session = new ClientSession({ ...session, random: platform.randomBytes });
    this.#handlers = handlers;
    this.#expect(OPENING_DEADLINE, 'The gateway could not be reached in time.');
    try {
      this.#socket = platform.openWebSocket(url, {
        open: () => this.#open(),
        message: data => this.#hear(data),
        close: reason => this.#closedByPeer(reason),
      });
    } catch (cause) {
      // Later, as every other end, so that nobody is called back from within this constructor.
      queueMicrotask(() => this.#end({ error: unreachable(cause) }));
    }
  }

  get bufferedBytes(): number {
    return this.#socket?.bufferedBytes ?? 0;
  }

  /** False when the packet was not taken: the connection is not ready, or the network takes nothing. */
  send(packet: Omit<MixPacket, 'packetType'>): boolean {
    if (this.#ended || !this.#session.ready || this.bufferedBytes > MAX_BUFFERED_BYTES) return false;
    const { frame, send } = this.#session.forward(packet, this.#platform.now());
    return this.#sendAll([frame, ...send]);
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer?.cancel();
    this.#socket?.close();
  }

  #open(): void {
    if (this.#ended) return;
    this.#opened = true;
    this.#expect(ANSWER_DEADLINE, 'The gateway did not answer in time.');
    this.#sendAll([this.#session.opening]);
  }

  #hear(data: string | Uint8Array): void {
    if (this.#ended) return;
    this.#lastHeard = this.#platform.now();
    this.#probing = false;
    if (typeof data === 'string') this.#follow(this.#session.text(data, this.#lastHeard));
    else if (data.length <= longestGatewayFrame) {
      const pushed = this.#session.frame(data);
      if (pushed !== undefined) this.#handlers.push(pushed);
    }
  }

  #follow({ send, sharedKey, ready, failure }: ClientStep): void {
    if (failure !== undefined) {
      this.#end(failure);
      return;
    }
    if (send.length > 0 && !this.#session.ready) this.#expect(ANSWER_DEADLINE, 'The gateway did not answer in time.');
    if (!this.#sendAll(send)) return;
    if (sharedKey !== undefined) this.#handlers.sharedKey(sharedKey);
    if (ready !== true || this.#ended) return;
    this.#lastTaken = this.#platform.now();
    this.#watch(SILENCE);
    this.#handlers.ready();
  }

  #sendAll(frames: readonly (string | Uint8Array)[]): boolean {
    try {
      for (const frame of frames) {
        this.#socket?.send(frame);
        this.#handed += frame.length;
      }
      return true;
    } catch (cause) {
      this.#end({ error: new MixnetError('ERR_MIX_GATEWAY_CLOSED', { cause }) });
      return false;
    }
  }

  #expect(within: Milliseconds, otherwise: string): void {
    this.#timer?.cancel();
    this.#timer = this.#platform.setTimer(
      () => this.#end({ error: new MixnetError('ERR_MIX_GATEWAY_UNREACHABLE', { message: otherwise }) }),
      within,
    );
  }

  /** A dead TCP connection can look open for a quarter of an hour. */
  #watch(within: Milliseconds): void {
    this.#timer?.cancel();
    this.#timer = this.#platform.setTimer(() => this.#probe(), within);
  }

  #probe(): void {
    const silent = this.#platform.now() - this.#lastHeard;
    if (this.#standsStill()) {
      this.#end({ error: new MixnetError('ERR_MIX_GATEWAY_CLOSED', { message: 'The gateway takes nothing.' }) });
      return;
    }
    // Whole milliseconds: a fraction can be too small to add to the clock, and the timer would fire for ever.
    if (silent < SILENCE) this.#watch(Math.ceil(SILENCE - silent));
    else if (this.#probing) {
      this.#end({ error: new MixnetError('ERR_MIX_GATEWAY_CLOSED', { message: 'The gateway fell silent.' }) });
    } else {
      this.#probing = true;
      if (this.#sendAll([this.#session.opening])) this.#watch(ANSWER_DEADLINE);
    }
  }

  #standsStill(): boolean {
    const now = this.#platform.now();
    const taken = this.#handed - this.bufferedBytes;
    if (taken !== this.#taken || this.bufferedBytes === 0) this.#lastTaken = now;
    this.#taken = taken;
    return now - this.#lastTaken >= STANDSTILL;
  }

  #closedByPeer(reason: string): void {
    const cause = new Error(reason);
    this.#end({ error: this.#opened ? new MixnetError('ERR_MIX_GATEWAY_CLOSED', { cause }) : unreachable(cause) });
  }

  #end(failure: Failure): void {
    if (this.#ended) return;
    this.close();
    this.#handlers.ended(failure);
  }
}

function unreachable(cause: unknown): MixnetError {
  return cause instanceof MixnetError ? cause : new MixnetError('ERR_MIX_GATEWAY_UNREACHABLE', { cause });
}
