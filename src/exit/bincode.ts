/**
 * The part of bincode 1.x (big-endian, varint) that query messages use.
 *
 * | type | bytes |
 * |---|---|
 * | unsigned integer, length, variant | below 251 one byte; else `fb` + 2, `fc` + 4, `fd` + 8 |
 * | bool | 0 or 1 |
 * | string, vector | length, elements |
 * | option | 0, or 1 and the value |
 */

import { ByteReader } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';

/** Reads front to back; every error is `ERR_MIX_EXIT_MALFORMED`. */
export class BincodeReader {
  readonly #bytes: ByteReader;

  constructor(bytes: Uint8Array) {
    this.#bytes = new ByteReader(bytes, () => malformed('ends early'));
  }

  /** Longer encodings than needed are read too, as upstream does. */
  uint(highest: number): number {
    const first = this.#bytes.u8();
    const value = first < 251 ? first : this.#wide(first);
    if (value > highest) throw malformed('holds a number out of range');
    return Number(value);
  }

  bool(): boolean {
    const byte = this.#bytes.u8();
    if (byte > 1) throw malformed('holds a boolean that is neither');
    return byte === 1;
  }

  string(): string {
    const bytes = this.#bytes.bytes(this.uint(this.#bytes.remaining));
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw malformed('holds a string that is not UTF-8', cause);
    }
  }

  option<T>(read: () => T): T | undefined {
    return this.bool() ? read() : undefined;
  }

  /** Every element takes at least one byte, so that a length beyond what is left is refused before anything is read. */
  vector<T>(read: () => T): T[] {
    const length = this.uint(this.#bytes.remaining);
    return Array.from({ length }, read);
  }

  end(): void {
    if (this.#bytes.remaining > 0) throw malformed('goes on after its end');
  }

  #wide(marker: number): number | bigint {
    if (marker === 251) return this.#bytes.u16();
    if (marker === 252) return this.#bytes.u32();
    if (marker === 253) return this.#bytes.u64();
    throw malformed('holds a number too wide');
  }
}

export class BincodeWriter {
  readonly #bytes: number[] = [];

  uint(value: number): this {
    if (value < 251) this.#bytes.push(value);
    else if (value <= 0xffff) this.#bytes.push(251, value >> 8, value & 0xff);
    else this.#bytes.push(252, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
    return this;
  }

  bool(value: boolean): this {
    this.#bytes.push(value ? 1 : 0);
    return this;
  }

  string(value: string): this {
    const bytes = new TextEncoder().encode(value);
    this.uint(bytes.length);
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes);
  }
}

function malformed(how: string, cause?: unknown): MixnetError {
  return new MixnetError('ERR_MIX_EXIT_MALFORMED', { message: `A query message ${how}.`, cause });
}
