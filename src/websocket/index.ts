/**
 * `WebSocket` through the mixnet.
 *
 * @module
 */

import { connectionsOf } from '../fetch/index.ts';
import { type MixFetch, mixFetch } from '../index.ts';
import { BoundWebSocket, checkOptions, type MixWebSocketOptions } from './mix-websocket.ts';

export { MixWebSocketErrorEvent } from './events.ts';
export type { MixWebSocketOptions } from './mix-websocket.ts';

/** A class that stands where `WebSocket` is expected. */
export interface MixWebSocketClass {
  /** @throws DOMException SyntaxError for a URL or for sub-protocols that cannot be. */
  new (url: string | URL, protocols?: string | string[]): WebSocket;
  readonly prototype: WebSocket;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

/**
 * A `WebSocket` class whose sockets go through the mixnet, and never around it, by the client of a `mixFetch`: with its
 * authorities and its TLS, and closed with it.
 *
 * ```ts
 * const WebSocket = createMixWebSocket(mixFetch);
 * const socket = new WebSocket('wss://rpc.example.org/');
 * ```
 *
 * - A failure is an event `error`, with the `MixnetError` in `event.error`, and then `close` with the code 1006.
 * - `bufferedAmount` counts what the stream into the mixnet has not taken: that one takes 64 KB ahead of acknowledgements.
 * - No extension is offered: no compression.
 * - A socket that is not closed keeps the process alive.
 *
 * @param fetch default: the shared `mixFetch`
 * @throws TypeError naming an option that does not exist, or has a value it cannot have.
 */
export function createMixWebSocket(fetch: MixFetch = mixFetch, options: MixWebSocketOptions = {}): MixWebSocketClass {
  const connections = connectionsOf(fetch);
  checkOptions(options);
  return class MixWebSocket extends BoundWebSocket {
    constructor(url: string | URL, protocols: string | string[] = []) {
      super(connections(), options, url, protocols);
    }
  };
}

/** Sockets by the shared `mixFetch`. */
export const MixWebSocket: MixWebSocketClass = /* @__PURE__ */ createMixWebSocket();
