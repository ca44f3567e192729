/** What `node:tls` reports, in this package's words: codes and fixed texts, never the names in a certificate. */

import type { TLSSocket } from 'node:tls';
import { MixnetError } from '../errors.ts';

/** Of an error before the handshake was complete; none, if the connection just ended. */
export function handshakeError(error?: Error, socket?: TLSSocket): MixnetError {
  // Set exactly when verification failed: to the code, whatever the type says.
  if (socket?.authorizationError) return certificateError(error);
  const why = error === undefined ? 'the connection ended' : reasonOf(error);
  return new MixnetError('ERR_MIX_TLS_HANDSHAKE', {
    message: `The TLS handshake with the destination failed: ${why}.`,
    ...(error !== undefined && { cause: error }),
  });
}

/** Of an error after the handshake: an alert, or a record that was tampered with. */
export function sessionError(error?: Error): MixnetError {
  const why = error === undefined ? 'it was closed' : reasonOf(error);
  return new MixnetError('ERR_MIX_TLS_FAILED', {
    message: `The TLS connection failed: ${why}.`,
    ...(error !== undefined && { cause: error }),
  });
}

function certificateError(error: Error | undefined): MixnetError {
  const code = codeOf(error);
  const why = code === undefined || code === 'UNSPECIFIED' ? error?.message : `${error?.message} (${code})`;
  const message = `The certificate of the destination was not accepted: ${why}.`;
  return new MixnetError('ERR_MIX_TLS_CERTIFICATE', { message, cause: error });
}

/** OpenSSL's reason, such as "wrong version number", and Node's code for it. */
function reasonOf(error: Error): string {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined;
  const code = codeOf(error);
  if (reason === undefined) return code === 'ECONNRESET' ? 'the connection ended' : (code ?? error.message);
  return code === undefined ? reason : `${reason} (${code})`;
}

function codeOf(error: Error | undefined): string | undefined {
  return error !== undefined && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
