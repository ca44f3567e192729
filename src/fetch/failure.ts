/** What a failed fetch rejects with, and what a failed body ends with. */

import { MixnetError, type MixnetErrorCode } from '../errors.ts';
import type { Deadlines } from './deadlines.ts';

/**
 * The rejection of `fetch()`: the caller's own reason after an abort, otherwise `TypeError('fetch failed')` whose cause
 * says who is to blame. An error thrown by the caller's own body stream is such a cause too.
 */
export function fetchFailed(error: unknown, deadlines: Deadlines): unknown {
  return failure('fetch failed', error, deadlines);
}

/** The same for a body that breaks off: `TypeError('terminated')`, as Node's fetch has it. */
export function terminated(error: unknown, deadlines: Deadlines): unknown {
  return failure('terminated', error, deadlines);
}

/** An error of ours as it is; anything else, from a stream of somebody else's say, as the cause of `code`. */
export function asMixnetError(error: unknown, code: MixnetErrorCode): MixnetError {
  return error instanceof MixnetError ? error : new MixnetError(code, { cause: error });
}

function failure(message: string, error: unknown, deadlines: Deadlines): unknown {
  if (deadlines.callerAborted) return deadlines.signal.reason;
  return new TypeError(message, { cause: deadlines.signal.aborted ? deadlines.signal.reason : error });
}
