/** The errors of TLS, whichever implementation it is. `why` is a fixed text and a code, never the names in a certificate. */

import { MixnetError } from '../errors.ts';

export interface Cause {
  readonly cause?: unknown;
}

export function certificateRefused(why: string, cause: Cause): MixnetError {
  const message = `The certificate of the destination was not accepted: ${why}.`;
  return new MixnetError('ERR_MIX_TLS_CERTIFICATE', { message, ...cause });
}

/** Before the handshake was complete. */
export function handshakeFailed(why: string, cause: Cause = {}): MixnetError {
  const message = `The TLS handshake with the destination failed: ${why}.`;
  return new MixnetError('ERR_MIX_TLS_HANDSHAKE', { message, ...cause });
}

/** After the handshake: an alert, or a record that was tampered with. */
export function connectionFailed(why: string, cause: Cause = {}): MixnetError {
  return new MixnetError('ERR_MIX_TLS_FAILED', { message: `The TLS connection failed: ${why}.`, ...cause });
}

/** What a handshake fails with when the stream below is over. */
export const CONNECTION_ENDED = 'the connection ended';
