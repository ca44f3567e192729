/** HMAC and HKDF over any hash: that of packets, which is made many times for each, is in `sha256.ts`. */

import { concatBytes } from './bytes.ts';

export interface Hash {
  (data: Uint8Array): Uint8Array;
  readonly blockBytes: number;
  readonly digestBytes: number;
  /** Its own way to HMAC, for a key of at most a block. */
  readonly hmac?: (key: Uint8Array, data: Uint8Array) => Uint8Array;
}

/** RFC 2104 */
export function hmac(hash: Hash, key: Uint8Array, data: Uint8Array): Uint8Array {
  const short = key.length > hash.blockBytes ? hash(key) : key;
  if (hash.hmac) return hash.hmac(short, data);
  return hash(withPadded(hash, short, 0x5c, hash(withPadded(hash, short, 0x36, data))));
}

/** The key, filled up with zeros to a block and XORed with a byte, and what is behind it. */
function withPadded(hash: Hash, key: Uint8Array, pad: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(hash.blockBytes + data.length);
  bytes.set(key);
  for (let i = 0; i < hash.blockBytes; i++) bytes[i] = (bytes[i] ?? 0) ^ pad;
  bytes.set(data, hash.blockBytes);
  return bytes;
}

/** RFC 5869, section 2.2; an absent salt is one of zeros. */
export function extract(hash: Hash, ikm: Uint8Array, salt: Uint8Array = new Uint8Array(0)): Uint8Array {
  return hmac(hash, salt, ikm);
}

/** RFC 5869, section 2.3. */
export function expand(hash: Hash, key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (length > 255 * hash.digestBytes) throw new RangeError(`${length} bytes are more than HKDF gives`);
  const output = new Uint8Array(length);
  let block: Uint8Array = new Uint8Array(0);
  for (let i = 1, at = 0; at < length; i++, at += block.length) {
    block = hmac(hash, key, concatBytes(block, info, Uint8Array.of(i)));
    output.set(block.slice(0, length - at), at);
  }
  return output;
}
