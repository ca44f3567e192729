/** The machine as the virtual clock sees it in a page, which has nothing at work but promises and streams. */

import type { PendingWork } from '../../src/devnet/event-loop.ts';

export function pendingWork(): PendingWork {
  return { quietTurns: 4, requests: false };
}

/** A message to oneself: timers of pages are held back. */
export function turnOfTheLoop(): Promise<void> {
  return new Promise(resolve => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

export const realTime = (): number => performance.now();
