import type { Platform } from '../platform/platform.ts';

/**
 * Makes `count` things without holding the thread: after every few milliseconds of work other tasks have their turn, so
 * that a hundred reply blocks do not delay a slot of the traffic streams. Rejects with `signal.reason`.
 */
export async function inSlices<T>(
  platform: Platform,
  count: number,
  make: () => T,
  signal?: AbortSignal,
): Promise<T[]> {
  const made: T[] = [];
  for (;;) {
    const start = platform.now();
    for (let i = 0; i < MAX_SLICE && made.length < count && platform.now() - start < SLICE_MS; i++) made.push(make());
    if (made.length >= count) return made;
    await nextTask(platform, signal);
  }
}

/** Resolves in a task of its own. */
function nextTask(platform: Platform, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = platform.setTimer(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, 0);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** A frame of a page has 16 ms, and a gap of the main stream 20 on average. */
const SLICE_MS = 5;
/** For a clock that stands still while code runs. */
const MAX_SLICE = 16;
