/** Byte strings: joining, comparing, and bounds-checked reading of big-endian wire structs. */

declare const unit: unique symbol;

/** A byte string with a meaning: `Named<'X25519PublicKey'>` is not interchangeable with another name. */
export type Named<Name extends string> = Uint8Array & { readonly [unit]: Name };

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Takes the same time wherever the difference is; the lengths are not secret. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** XORs `mask` into `target` in place, over the length of `mask`. */
export function xorInto(target: Uint8Array, mask: Uint8Array): void {
  if (mask.length > target.length) throw new RangeError(`mask of ${mask.length} bytes over ${target.length}`);
  for (let i = 0; i < mask.length; i++) target[i] = (target[i] ?? 0) ^ (mask[i] ?? 0);
}

/**
 * Reads a wire struct front to back. Running past the end throws what `truncated` makes, so that a parser's every error
 * is its room's own.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #truncated: () => Error;
  #offset = 0;

  constructor(bytes: Uint8Array, truncated: () => Error) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#truncated = truncated;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#advance(8));
  }

  /** A view, not a copy. */
  bytes(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A view of all that is left; may be empty. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  #advance(length: number): number {
    if (length > this.remaining) throw this.#truncated();
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}
