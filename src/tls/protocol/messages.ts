/**
 * Messages of the handshake, cut out of records: RFC 8446, section 4.
 *
 * | bytes | field |
 * |---|---|
 * | 1 | type |
 * | 3 | length |
 * | n | body |
 */

import { concatBytes } from '../../crypto/bytes.ts';
import * as limits from '../../limits.ts';
import { TlsError } from './alert.ts';
import { prefixed24, u8 } from './wire.ts';

export interface Message {
  readonly type: number;
  readonly body: Uint8Array;
  /** With its header, as it goes into the transcript. */
  readonly bytes: Uint8Array;
}

const HEADER_BYTES = 4;

export function encodeMessage(type: number, ...body: readonly Uint8Array[]): Uint8Array {
  return concatBytes(u8(type), prefixed24(...body));
}

/** A message may be spread over records, and a record may hold several. */
export class MessageReader {
  #pending: Uint8Array = new Uint8Array(0);

  /** Whether it holds the beginning of a message, or whole ones that were not taken yet. */
  get isEmpty(): boolean {
    return this.#pending.length === 0;
  }

  push(bytes: Uint8Array): void {
    this.#pending = concatBytes(this.#pending, bytes);
  }

  next(): Message | undefined {
    const [type = 0, high = 0, middle = 0, low = 0] = this.#pending;
    if (this.#pending.length < HEADER_BYTES) return undefined;
    const end = HEADER_BYTES + ((high << 16) | (middle << 8) | low);
    if (end > limits.handshakeMessage) {
      throw new TlsError('illegal_parameter', 'a message of the handshake is too long');
    }
    if (this.#pending.length < end) return undefined;
    const bytes = this.#pending.slice(0, end);
    this.#pending = this.#pending.subarray(end);
    return { type, body: bytes.subarray(HEADER_BYTES), bytes };
  }
}
