/** What the virtual clock has to know of the machine: whether something is at work that it cannot see. */

import { createNodePlatform } from '../platform/node.ts';
import type { Milliseconds } from '../platform/platform.ts';

/** An echo over loopback takes about four turns of the event loop; a chain of promises or in-process streams fewer. */
const QUIET_TURNS = { withSockets: 10, without: 4 };

export interface PendingWork {
  /** Turns of the event loop without any call of the platform, after which nothing is at work. */
  readonly quietTurns: number;
  /** Whether files or names are being looked up. */
  readonly requests: boolean;
}

export function pendingWork(): PendingWork {
  const resources = process.getActiveResourcesInfo();
  return {
    quietTurns: resources.some(kind => kind.startsWith('TCP')) ? QUIET_TURNS.withSockets : QUIET_TURNS.without,
    requests: resources.some(kind => /^(GetAddrInfo|FSReq|ConnectWrap|TCPConnectWrap|QueryReqWrap)/.test(kind)),
  };
}

export function turnOfTheLoop(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

/** Real, for work outside of this thread. */
export const realTime: () => Milliseconds = createNodePlatform().now;
