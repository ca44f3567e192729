import type { Milliseconds, Platform } from '../platform/platform.ts';

export interface DeadlineOptions<T> {
  readonly ms: Milliseconds;
  /** What the wait then rejects with. */
  readonly error: () => Error;
  readonly signal?: AbortSignal | undefined;
  /** What to do with a result that comes when nobody waits for it any more. */
  readonly discard?: (result: T) => void;
}

/**
 * Gives an operation a deadline and the caller's signal: whichever comes first ends the wait, also for an operation that
 * does not heed the signal it gets. Leaves no timer and no listener behind.
 */
export async function withDeadline<T>(
  platform: Platform,
  { ms, error, signal, discard = () => {} }: DeadlineOptions<T>,
  operation: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const passOn = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', passOn, { once: true });
  const timer = platform.setTimer(() => controller.abort(error()), ms);
  const ended = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
  });
  const result = operation(controller.signal);
  try {
    return await Promise.race([result, ended]);
  } catch (error) {
    result.then(discard, () => {});
    throw error;
  } finally {
    timer.cancel();
    signal?.removeEventListener('abort', passOn);
  }
}
