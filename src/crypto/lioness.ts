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

import { blake2b } from './blake2b.ts';
import { concatBytes, xorInto } from './bytes.ts';
import { chacha20 } from './chacha20.ts';
import { expectLength, type Primitives } from './primitives.ts';

export const LIONESS_KEY_BYTES = 192;
/** The left side of a block, and the length of a hash and of a key of the stream. */
export const LIONESS_LEFT_BYTES = 32;

export const lionessEncrypt: Primitives['lionessEncrypt'] = (keys, block) => keys.reduce(encrypted, block);

function encrypted(block: Uint8Array, key: Uint8Array): Uint8Array {
  const { k1, k2, k3, k4 } = splitLionessKey(key);
  const left = block.slice(0, LIONESS_LEFT_BYTES);
  let right = stream(left, k1, block.subarray(LIONESS_LEFT_BYTES));
  xorInto(left, hash(k2, right));
  right = stream(left, k3, right);
  xorInto(left, hash(k4, right));
  return concatBytes(left, right);
}

export const lionessDecrypt: Primitives['lionessDecrypt'] = (key, block) => {
  const { k1, k2, k3, k4 } = splitLionessKey(key);
  const left = block.slice(0, LIONESS_LEFT_BYTES);
  let right = block.subarray(LIONESS_LEFT_BYTES);
  xorInto(left, hash(k4, right));
  right = stream(left, k3, right);
  xorInto(left, hash(k2, right));
  right = stream(left, k1, right);
  return concatBytes(left, right);
};

/** Throws a `RangeError` for a key of another length. */
export function splitLionessKey(key: Uint8Array): Record<'k1' | 'k2' | 'k3' | 'k4', Uint8Array> {
  expectLength('LIONESS key', key, LIONESS_KEY_BYTES);
  return { k1: key.subarray(0, 32), k2: key.subarray(32, 96), k3: key.subarray(96, 128), k4: key.subarray(128) };
}

function hash(key: Uint8Array, right: Uint8Array): Uint8Array {
  return blake2b(key, right, LIONESS_LEFT_BYTES);
}

function stream(left: Uint8Array, key: Uint8Array, right: Uint8Array): Uint8Array {
  const streamKey = key.slice();
  xorInto(streamKey, left);
  return chacha20(streamKey, zeroNonce, right);
}

const zeroNonce = /* @__PURE__ */ new Uint8Array(8);
