/** What a close frame says (RFC 6455, sections 5.5.1 and 7.4). */

import { concatBytes } from '../crypto/bytes.ts';
import { malformed, notUtf8 } from './failures.ts';
import { utf8Decoder } from './payloads.ts';

export interface CloseStatus {
  /** `undefined`: none was given. */
  readonly status: number | undefined;
  readonly reason: string;
}

/** Sent or told for a connection that ended without a status, or without a close frame; never in a frame. */
export const NO_STATUS = 1005;
export const ABNORMAL = 1006;

export const maxReasonBytes = 123;

/** | status (2, big-endian) | reason (UTF-8) |, or nothing. `reason` has at most `maxReasonBytes`. */
export function encodeCloseStatus({ status, reason }: CloseStatus): Uint8Array<ArrayBuffer> {
  if (status === undefined) return new Uint8Array(0);
  return concatBytes(Uint8Array.of(status >> 8, status & 0xff), new TextEncoder().encode(reason));
}

/** @throws MixnetError for a status that no frame may carry, and for a reason that is not UTF-8. */
export function decodeCloseStatus(payload: Uint8Array): CloseStatus {
  const [high, low] = payload;
  if (high === undefined) return { status: undefined, reason: '' };
  if (low === undefined) throw malformed('a close frame has half a status');
  const status = high * 256 + low;
  if (!maySend(status)) throw malformed('a close frame has a status that none may have');
  try {
    return { status, reason: utf8Decoder().decode(payload.subarray(2)) };
  } catch {
    throw notUtf8();
  }
}

/** Those of section 7.4.1 and of the registry it makes; 3000 to 4999 are for libraries and programs. */
function maySend(status: number): boolean {
  if (status >= 3000) return status <= 4999;
  return (status >= 1000 && status <= 1003) || (status >= 1007 && status <= 1014);
}
