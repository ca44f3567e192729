/**
 * What the client takes from the machine it runs on: clock, timers, randomness, websockets, and the directory's fetch.
 * Everything else is pure. Tests pass a virtual clock and a seeded generator.
 *
 * @module
 */

import * as limits from '../limits.ts';

/** Milliseconds, fractional where the platform has it. */
export type Milliseconds = number;

/** Fills and returns a fresh array of `length` bytes. Cryptographic, but for tests. */
export type RandomBytes = (length: number) => Uint8Array;

/** What `setTimer` waits at most: hosts count in a signed 32-bit integer and fire at once beyond it. */
export const longestTimer: Milliseconds = 2 ** 31 - 1;

/** No frame of the gateway protocol comes near it (the largest packet is 33 kB); a longer one ends the connection. */
export const longestGatewayFrame = limits.gatewayFrame;

export interface Timer {
  /** Idempotent. After it the callback is never called. */
  cancel(): void;
}

export interface WebSocketHandlers {
  open(): void;
  /** A text frame is a string, a binary frame is bytes. */
  message(data: string | Uint8Array): void;
  /** Called once, also when the connection was never open. Nothing is called after it. */
  close(reason: string): void;
}

/** The part of a websocket that the gateway link needs. */
export interface WebSocketConnection {
  send(data: string | Uint8Array): void;
  /** Bytes handed to `send` that the network has not taken yet. */
  readonly bufferedBytes: number;
  close(): void;
}

export interface Platform {
  /** Monotonic; the origin means nothing. */
  now(): Milliseconds;
  /** Since the Unix epoch. */
  wallTime(): Milliseconds;
  /** Calls `callback` once, `delay` (at most `longestTimer`) from now. The timer alone does not keep a process alive. */
  setTimer(callback: () => void, delay: Milliseconds): Timer;
  readonly randomBytes: RandomBytes;
  /** Opens a websocket to a gateway: the only sockets this package opens, beside the directory's. */
  openWebSocket(url: string, handlers: WebSocketHandlers): WebSocketConnection;
  /** The platform's own fetch, taken before any polyfill: only for the directory. */
  readonly directoryFetch: (
    url: string,
    init: { headers: Record<string, string>; signal: AbortSignal },
  ) => Promise<Response>;
  /** Keeps the process alive until the returned function is called (idempotent). No effect where nothing would end it. */
  hold(): () => void;
}
