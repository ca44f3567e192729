/**
 * The part of bincode 1.x (varint) that Nym's answers use. Which end of a number comes first is the user's choice, and the
 * network makes both: requesters write big-endian (`nymtech/nym common/socks5/requests/src`), the directory little-endian
 * (`common/http-api-common/src/lib.rs`).
 *
 * | type | bytes |
 * |---|---|
 * | unsigned integer, length, variant | below 251 one byte; else `fb` + 2, `fc` + 4, `fd` + 8 |
 * | bool | 0 or 1 |
 * | string, vector | length, elements |
 * | option | 0, or 1 and the value |
 */

import { ByteReader } from './crypto/bytes.ts';

export type ByteOrder = 'big-endian' | 'little-endian';

/** Reads front to back; every error is what `malformed` makes of a few words that say what is wrong. */
export class BincodeReader {
  readonly #bytes: ByteReader;
  readonly #order: ByteOrder;
  readonly #malformed: (how: string, cause?: unknown) => Error;

  constructor(bytes: Uint8Array, order: ByteOrder, malformed: (how: string, cause?: unknown) => Error) {
    this.#bytes = new ByteReader(bytes, () => malformed('ends early'));
    this.#order = order;
    this.#malformed = malformed;
  }

  /** Longer encodings than needed are read too, as upstream does. `highest` is exact, 2^53 − 1 at most. */
  uint(highest: number): number {
    const first = this.#bytes.u8();
    const value = first < 251 ? first : this.#wide(first);
    if (value > highest) throw this.#malformed('holds a number out of range');
    return value;
  }

  bool(): boolean {
    const byte = this.#bytes.u8();
    if (byte > 1) throw this.#malformed('holds a boolean that is neither');
    return byte === 1;
  }

  /** A view of so many bytes, which have no length before them. */
  bytes(length: number): Uint8Array {
    return this.#bytes.bytes(length);
  }

  string(): string {
    const bytes = this.#bytes.bytes(this.uint(this.#bytes.remaining));
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw this.#malformed('holds a string that is not UTF-8', cause);
    }
  }

  option<T>(read: () => T): T | undefined {
    return this.bool() ? read() : undefined;
  }

  /**
   * Of `most` elements. Every element takes at least one byte, so that a length beyond what is left is refused before
   * anything is read.
   */
  vector<T>(read: () => T, most: number = Number.POSITIVE_INFINITY): T[] {
    const length = this.uint(Math.min(most, this.#bytes.remaining));
    return Array.from({ length }, read);
  }

  end(): void {
    if (this.#bytes.remaining > 0) throw this.#malformed('goes on after its end');
  }

  /** Above 2^53 the sum is not exact, but never less than 2^53. */
  #wide(marker: number): number {
    const width = WIDTHS.get(marker);
    if (width === undefined) throw this.#malformed('holds a number too wide');
    const bytes = this.#bytes.bytes(width);
    const append = (value: number, byte: number) => value * 256 + byte;
    return this.#order === 'big-endian' ? bytes.reduce(append, 0) : bytes.reduceRight(append, 0);
  }
}

export class BincodeWriter {
  readonly #bytes: number[] = [];
  readonly #order: ByteOrder;

  constructor(order: ByteOrder) {
    this.#order = order;
  }

  /** Up to 2^53 − 1. */
  uint(value: number): this {
    if (value < 251) this.#bytes.push(value);
    else if (value <= 0xffff) this.#wide(251, 2, value);
    else if (value <= 0xffff_ffff) this.#wide(252, 4, value);
    else this.#wide(253, 8, value);
    return this;
  }

  bool(value: boolean): this {
    this.#bytes.push(value ? 1 : 0);
    return this;
  }

  bytes(bytes: Iterable<number>): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  string(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.uint(bytes.length).bytes(bytes);
  }

  option<T>(value: T | undefined, write: (value: T) => void): this {
    this.bool(value !== undefined);
    if (value !== undefined) write(value);
    return this;
  }

  vector<T>(values: readonly T[], write: (value: T) => void): this {
    this.uint(values.length);
    for (const value of values) write(value);
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes);
  }

  #wide(marker: number, width: number, value: number): void {
    const bytes = Array.from({ length: width }, (_, i) => Math.floor(value / 256 ** i) % 256);
    this.#bytes.push(marker, ...(this.#order === 'big-endian' ? bytes.reverse() : bytes));
  }
}

/** How many bytes follow a marker. */
const WIDTHS: ReadonlyMap<number, number> = new Map([
  [251, 2],
  [252, 4],
  [253, 8],
]);
