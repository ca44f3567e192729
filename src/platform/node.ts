/** The platform of Node, and of runtimes that carry Node's modules: `#platform` resolves to this file there. */

import { randomFillSync } from 'node:crypto';
import { nodeDirectoryFetch } from './node-directory-fetch.ts';
import { openNodeWebSocket } from './node-websocket.ts';
import { longestTimer, type Platform } from './platform.ts';
import { fromReserve } from './random-reserve.ts';

export interface NodePlatformOptions {
  /**
   * PEM certificates that replace the authorities Node trusts, for the directory and for `wss:` gateways. Default: those
   * of Node.
   */
  readonly ca?: readonly string[];
}

export function createNodePlatform({ ca }: NodePlatformOptions = {}): Platform {
  const hold = countedHold();
  const randomBytes = fromReserve(randomFillSync);
  return {
    now: () => performance.now(),
    wallTime: () => Date.now(),
    setTimer(callback, delay) {
      const timer = setTimeout(callback, Math.min(delay, longestTimer)).unref();
      return { cancel: () => clearTimeout(timer) };
    },
    randomBytes,
    openWebSocket: (url, handlers) => openNodeWebSocket(url, handlers, { ca, randomBytes }),
    directoryFetch: nodeDirectoryFetch(ca),
    hold,
  };
}

export { createNodePlatform as createPlatform };

/** One ref'ed timer for any number of holders: only a timer, a socket or a server keeps a Node process alive. */
function countedHold(): () => () => void {
  let holders = 0;
  let timer: NodeJS.Timeout | undefined;
  return () => {
    let holding = true;
    holders += 1;
    timer ??= setInterval(() => {}, longestTimer);
    return () => {
      if (!holding) return;
      holding = false;
      holders -= 1;
      if (holders > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  };
}
