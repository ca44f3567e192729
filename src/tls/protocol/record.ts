/**
 * Records: RFC 8446, section 5.1; RFC 5246, section 6.2.
 *
 * | bytes | field |
 * |---|---|
 * | 1 | content type |
 * | 2 | version; 0x0303, whatever is spoken |
 * | 2 | length |
 * | n | fragment, protected once there are keys |
 */

import { concatBytes } from '../../crypto/bytes.ts';
import { TlsError } from './alert.ts';
import { contentTypes, versions } from './codes.ts';
import { u16 } from './wire.ts';

export const HEADER_BYTES = 5;
/** RFC 8446, section 5.1: of plain content. */
export const LONGEST_CONTENT = 2 ** 14;
/** RFC 8446, section 5.2. TLS 1.2 allows more for ciphers that are not spoken here. */
export const LONGEST_FRAGMENT = LONGEST_CONTENT + 256;

export interface RecordBytes {
  readonly type: number;
  /** The five bytes before the fragment: what TLS 1.3 authenticates beside it. */
  readonly header: Uint8Array;
  readonly fragment: Uint8Array;
}

export function encodeRecord(type: number, fragment: Uint8Array, version: number = versions.tls12): Uint8Array {
  return concatBytes(Uint8Array.of(type), u16(version, fragment.length), fragment);
}

/** Cuts what comes into records. Holds less than one of them. */
export class RecordReader {
  #pending: Uint8Array = new Uint8Array(0);

  push(bytes: Uint8Array): void {
    this.#pending = this.#pending.length === 0 ? bytes : concatBytes(this.#pending, bytes);
  }

  /** `undefined` until the next one is complete. What cannot be one is refused by its header. */
  next(): RecordBytes | undefined {
    const [type = 0, major = versions.tls12 >> 8, , high = 0, low = 0] = this.#pending;
    if (this.#pending.length > 0 && !Object.values<number>(contentTypes).includes(type)) throw notTls();
    // RFC 8446, section 5.1: the version is ignored; but what has another first byte is no TLS.
    if (major !== versions.tls12 >> 8) throw notTls();
    if (this.#pending.length < HEADER_BYTES) return undefined;
    const end = HEADER_BYTES + ((high << 8) | low);
    if (end > HEADER_BYTES + LONGEST_FRAGMENT) throw tooLong();
    if (this.#pending.length < end) return undefined;
    const header = this.#pending.subarray(0, HEADER_BYTES);
    const fragment = this.#pending.subarray(HEADER_BYTES, end);
    this.#pending = this.#pending.subarray(end);
    return { type, header, fragment };
  }
}

export function tooLong(): TlsError {
  return new TlsError('record_overflow', 'a record is too long');
}

/** By the code that Node has for it. */
function notTls(): TlsError {
  return new TlsError('protocol_version', 'wrong version number', 'ERR_SSL_WRONG_VERSION_NUMBER');
}
