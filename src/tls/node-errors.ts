/** What `node:tls` reports, in this package's words: codes and fixed texts, never the names in a certificate. */

import type { TLSSocket } from 'node:tls';
import type { MixnetError } from '../errors.ts';
import { type Cause, CONNECTION_ENDED, certificateRefused, connectionFailed, handshakeFailed } from './failures.ts';

/** Of an error before the handshake was complete; none, if the connection just ended. */
export function handshakeError(error?: Error, socket?: TLSSocket): MixnetError {
  // Set exactly when verification failed: to the code, whatever the type says.
  if (socket?.authorizationError) return certificateError(error);
  return handshakeFailed(error === undefined ? CONNECTION_ENDED : reasonOf(error), causedBy(error));
}

export function sessionError(error?: Error): MixnetError {
  return connectionFailed(error === undefined ? 'it was closed' : reasonOf(error), causedBy(error));
}

function certificateError(error: Error | undefined): MixnetError {
  const code = codeOf(error);
  const why = code === undefined || code === 'UNSPECIFIED' ? error?.message : `${error?.message} (${code})`;
  return certificateRefused(`${why}`, { cause: error });
}

function causedBy(error: Error | undefined): Cause {
  return error === undefined ? {} : { cause: error };
}

/** OpenSSL's reason, such as "wrong version number", and Node's code for it. */
function reasonOf(error: Error): string {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined;
  const code = codeOf(error);
  if (reason === undefined) return code === 'ECONNRESET' ? CONNECTION_ENDED : (code ?? error.message);
  return code === undefined ? reason : `${reason} (${code})`;
}

function codeOf(error: Error | undefined): string | undefined {
  return error !== undefined && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
