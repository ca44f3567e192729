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

/** A key for maps: one character a byte. */
export function mapKey(bytes: Uint8Array): string {
  // Four times as fast as to spread them.
  return Reflect.apply(String.fromCharCode, undefined, bytes);
}

/**
 * Reads a wire struct front to back. Running past the end throws what `truncated` makes, so that a parser's every error
 * is its room's own.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #truncated: () => Error;
  #offset = 0;

  constructor(bytes: Uint8Array, truncated: () => Error) {
    this.#bytes = bytes;
    this.#truncated = truncated;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#bytes[this.#advance(1)] ?? 0;
  }

  u16(): number {
    const at = this.#advance(2);
    return ((this.#bytes[at] ?? 0) << 8) | (this.#bytes[at + 1] ?? 0);
  }

  u32(): number {
    return u32(this.#bytes, this.#advance(4));
  }

  u64(): bigint {
    const at = this.#advance(8);
    return (BigInt(u32(this.#bytes, at)) << 32n) | BigInt(u32(this.#bytes, at + 4));
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

/*
 * Engines keep short arrays with the object, until somebody wants their buffer: a `DataView`, or a part that is a view of the
 * same bytes. Then there has to be one, which takes longer than to copy them. Numbers in short arrays are read and written here.
 */

/** Writes a whole number below 2⁵³ in so many bytes, big-endian. */
export function putUint(target: Uint8Array, at: number, length: number, value: number): void {
  let rest = value;
  for (let i = at + length - 1; i >= at; i--) {
    target[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

/** Big-endian. */
export function u32(bytes: Uint8Array, at = 0): number {
  const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16);
  return (high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}
