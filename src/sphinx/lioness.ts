/**
 * LIONESS (Anderson and Biham, "Two practical and provably secure block ciphers: BEAR and LION", 1996): a block cipher
 * over the whole payload, so that a single changed bit leaves nothing of it. Here with ChaCha20 and keyed BLAKE2b
 * (crate `lioness`).
 *
 * | key offset | length | use                     |
 * |------------|--------|-------------------------|
 * | 0          | 32     | k1, stream              |
 * | 32         | 64     | k2, hash                |
 * | 96         | 32     | k3, stream              |
 * | 128        | 64     | k4, hash                |
 *
 * @module
 */

import { blake2bMac, chacha20 } from '#crypto';
import { xorInto } from '../crypto/bytes.ts';

/** Blocks must be longer than this: it is the left side. */
export const LIONESS_LEFT_BYTES = 32;

/** A new block; `key` is 192 bytes. */
export function lionessEncrypt(key: Uint8Array, block: Uint8Array): Uint8Array {
  const left = block.slice(0, LIONESS_LEFT_BYTES);
  const k = split(key);
  let right = stream(left, k.k1, block.subarray(LIONESS_LEFT_BYTES));
  xorInto(left, blake2bMac(k.k2, right));
  right = stream(left, k.k3, right);
  xorInto(left, blake2bMac(k.k4, right));
  return join(left, right);
}

/** The inverse of `lionessEncrypt`. */
export function lionessDecrypt(key: Uint8Array, block: Uint8Array): Uint8Array {
  const left = block.slice(0, LIONESS_LEFT_BYTES);
  const k = split(key);
  let right = block.subarray(LIONESS_LEFT_BYTES);
  xorInto(left, blake2bMac(k.k4, right));
  right = stream(left, k.k3, right);
  xorInto(left, blake2bMac(k.k2, right));
  right = stream(left, k.k1, right);
  return join(left, right);
}

function split(key: Uint8Array): { k1: Uint8Array; k2: Uint8Array; k3: Uint8Array; k4: Uint8Array } {
  return { k1: key.subarray(0, 32), k2: key.subarray(32, 96), k3: key.subarray(96, 128), k4: key.subarray(128, 192) };
}

function stream(left: Uint8Array, key: Uint8Array, right: Uint8Array): Uint8Array {
  const streamKey = key.slice();
  xorInto(streamKey, left);
  return chacha20(streamKey, right);
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  const block = new Uint8Array(left.length + right.length);
  block.set(left);
  block.set(right, left.length);
  return block;
}
