import type { Milliseconds, Platform } from '../platform/platform.ts';

/** Resolves after so long, or rejects with the signal's reason; leaves neither timer nor listener behind. */
export function pause(platform: Platform, ms: Milliseconds, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      timer.cancel();
      reject(signal.reason);
    };
    const timer = platform.setTimer(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal.addEventListener('abort', abort, { once: true });
  });
}
