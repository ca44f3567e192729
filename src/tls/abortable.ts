/** A signal ends a handshake, and with it the stream below. */

import type { ByteStream } from './secure-stream.ts';

/** To be called before anything is written. */
export function closeIfAborted(stream: ByteStream, signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  stream.close(signal.reason).catch(() => {});
  throw signal.reason;
}

/** Gives the stream when its handshake is done. */
export async function unlessAborted<Secured extends { fail(error: unknown): void }>(
  secured: Secured,
  handshake: Promise<void>,
  signal: AbortSignal | undefined,
): Promise<Secured> {
  const onAbort = (): void => secured.fail(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  try {
    await handshake;
    return secured;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
