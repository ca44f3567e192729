/** The platform of browsers, workers and edge runtimes: `#platform` resolves to this file wherever Node is not. */

import { MixnetError } from '../errors.ts';
import { longestTimer, type Platform, type Timer, type WebSocketHandlers } from './platform.ts';
import { fromReserve } from './random-reserve.ts';

// Taken when the module loads, before a polyfill of ours, or of anybody, can stand in their place.
const { WebSocket, Request, crypto, performance, setTimeout, clearTimeout, MessageChannel } = globalThis;
const fetch = globalThis.fetch?.bind(globalThis);

/** The longest array that `crypto.getRandomValues` fills (Web Cryptography, §10.1.1). */
const RANDOM_QUOTA = 65_536;

export interface WebPlatformOptions {
  /** Not possible here, where the browser alone decides whom it trusts: anything but `undefined` is refused. */
  readonly ca?: readonly string[];
}

export function createWebPlatform({ ca }: WebPlatformOptions = {}): Platform {
  if (ca !== undefined) {
    throw new MixnetError('ERR_MIX_USAGE_OPTION', { message: 'This runtime does not take certificate authorities.' });
  }
  return {
    now: () => performance.now(),
    wallTime: () => Date.now(),
    setTimer(callback, delay) {
      if (delay <= 0 && MessageChannel !== undefined) return nextTask(callback);
      const timer = setTimeout(callback, Math.min(delay, longestTimer));
      return { cancel: () => clearTimeout(timer) };
    },
    randomBytes: fromReserve(fillRandom),
    openWebSocket,
    directoryFetch: (url, { headers, signal }) => fetch(url, { ...withoutTraces(), headers, signal }),
    hold: () => () => {},
  };
}

export { createWebPlatform as createPlatform };

function fillRandom(bytes: Uint8Array<ArrayBuffer>): void {
  for (let start = 0; start < bytes.length; start += RANDOM_QUOTA) {
    crypto.getRandomValues(bytes.subarray(start, Math.min(start + RANDOM_QUOTA, bytes.length)));
  }
}

/** After what the page has to do just now, and no later: a timer that follows others waits for 4 ms (HTML, §8.7). */
function nextTask(callback: () => void): Timer {
  const { port1, port2 } = new MessageChannel();
  let isDue = true;
  const cancel = () => {
    isDue = false;
    port1.close();
  };
  port1.onmessage = () => {
    if (!isDue) return;
    cancel();
    callback();
  };
  port2.postMessage(undefined);
  return { cancel };
}

function openWebSocket(url: string, handlers: WebSocketHandlers) {
  if (WebSocket === undefined) {
    throw new MixnetError('ERR_MIX_GATEWAY_UNREACHABLE', { message: 'This runtime has no WebSocket.' });
  }
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  let closed = false;
  const close = (reason: string) => {
    if (closed) return;
    closed = true;
    handlers.close(reason);
  };
  socket.onopen = () => handlers.open();
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'string') handlers.message(data);
    else if (data instanceof ArrayBuffer) handlers.message(new Uint8Array(data));
  };
  socket.onclose = event => close(`closed with code ${event.code}`);
  // Some runtimes report a connection that never opened by an error alone; in browsers the close event follows at once.
  socket.onerror = () => {
    if (socket.readyState === 3) close('failed');
  };
  return {
    send: (data: string | Uint8Array) => socket.send(typeof data === 'string' ? data : new Uint8Array(data)),
    get bufferedBytes() {
      return socket.bufferedAmount ?? 0;
    },
    close: () => socket.close(),
  };
}

/**
 * No cookies, no cache, no referrer, no redirect to another host. Edge runtimes throw on the members that their Request
 * does not have.
 */
function withoutTraces(): RequestInit {
  const wanted: RequestInit = { credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer' };
  const known = Object.entries(wanted).filter(([name]) => name in Request.prototype);
  return { ...Object.fromEntries(known), redirect: 'manual' };
}
