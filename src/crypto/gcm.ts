/**
 * AES-GCM (NIST SP 800-38D) with nonces of 12 bytes, over any AES in counter mode. GHASH is POLYVAL with the bytes of every
 * block the other way round, and the key times x: RFC 8452, appendix A.
 *
 * @module
 */

import { concatBytes, equalBytes, xorInto } from './bytes.ts';
import { polyval } from './polyval.ts';

/** The counter is the whole 16-byte block, big-endian. */
export type CounterMode = (key: Uint8Array, counter: Uint8Array, data: Uint8Array) => Uint8Array;

export interface AuthenticatedCipher {
  /** Ciphertext and 16-byte tag. */
  seal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array;
  /** `undefined` where the tag does not fit. */
  open(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}

const BLOCK = 16;

export function aesGcmBy(ctr: CounterMode): AuthenticatedCipher {
  function tagOf(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array {
    const zero = new Uint8Array(BLOCK);
    const tag = ghash(ctr(key, zero, zero), associated, sealed);
    xorInto(tag, ctr(key, counter(nonce, 1), zero));
    return tag;
  }
  return {
    seal(key, nonce, associated, plain) {
      const sealed = ctr(key, counter(nonce, 2), plain);
      return concatBytes(sealed, tagOf(key, nonce, associated, sealed));
    },
    open(key, nonce, associated, sealed) {
      if (sealed.length < BLOCK) return undefined;
      const inside = sealed.subarray(0, -BLOCK);
      if (!equalBytes(tagOf(key, nonce, associated, inside), sealed.subarray(-BLOCK))) return undefined;
      return ctr(key, counter(nonce, 2), inside);
    },
  };
}

/** Section 7.1: with such a nonce. No message here is so long that the 32 bits overflow. */
function counter(nonce: Uint8Array, start: number): Uint8Array {
  return concatBytes(nonce, Uint8Array.of(0, 0, 0, start));
}

/** Section 6.4, over both, each filled up to whole blocks, and a block of their lengths in bits. */
function ghash(key: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array {
  const start = wholeBlocks(associated.length);
  const end = start + wholeBlocks(sealed.length);
  const hashed = new Uint8Array(end + BLOCK);
  hashed.set(associated);
  hashed.set(sealed, start);
  const view = new DataView(hashed.buffer, end);
  view.setBigUint64(0, 8n * BigInt(associated.length));
  view.setBigUint64(8, 8n * BigInt(sealed.length));
  for (let at = 0; at < hashed.length; at += BLOCK) hashed.subarray(at, at + BLOCK).reverse();
  return polyval(timesX(key.slice().reverse()), hashed).reverse();
}

function wholeBlocks(length: number): number {
  return BLOCK * Math.ceil(length / BLOCK);
}

/** Modulo x¹²⁸ + x¹²⁷ + x¹²⁶ + x¹²¹ + 1; bit i of a little-endian number is the coefficient of xⁱ. */
function timesX(element: Uint8Array): Uint8Array {
  const highest = (element[BLOCK - 1] ?? 0) >> 7;
  const product = element.map((byte, i) => (byte << 1) | ((element[i - 1] ?? 0) >> 7));
  product[0] = (product[0] ?? 0) ^ highest;
  product[BLOCK - 1] = (product[BLOCK - 1] ?? 0) ^ (0xc2 * highest);
  return product;
}
