/**
 * AES-GCM (NIST SP 800-38D) with nonces of 12 bytes, over any AES in counter mode. GHASH is POLYVAL with the bytes of every
 * block the other way round, and the key times x: RFC 8452, appendix A.
 *
 * @module
 */

import { type AuthenticatedCipher, aeadBy, authenticated } from './aead.ts';
import { concatBytes, xorInto } from './bytes.ts';
import { polyval } from './polyval.ts';

/** The counter is the whole 16-byte block, big-endian. */
export type CounterMode = (key: Uint8Array, counter: Uint8Array, data: Uint8Array) => Uint8Array;

const BLOCK = 16;

export function aesGcmBy(ctr: CounterMode): AuthenticatedCipher {
  return aeadBy(
    (key, nonce, data) => ctr(key, counter(nonce, 2), data),
    (key, nonce, associated, ciphertext) => {
      const zero = new Uint8Array(BLOCK);
      const tag = ghash(ctr(key, zero, zero), authenticated(associated, ciphertext, 8, false));
      xorInto(tag, ctr(key, counter(nonce, 1), zero));
      return tag;
    },
  );
}

/** Section 7.1: with such a nonce. No message here is so long that the 32 bits overflow. */
function counter(nonce: Uint8Array, start: number): Uint8Array {
  return concatBytes(nonce, Uint8Array.of(0, 0, 0, start));
}

/** Section 6.4 */
function ghash(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  for (let at = 0; at < blocks.length; at += BLOCK) blocks.subarray(at, at + BLOCK).reverse();
  return polyval(timesX(key.slice().reverse()), blocks).reverse();
}

/** Modulo x¹²⁸ + x¹²⁷ + x¹²⁶ + x¹²¹ + 1; bit i of a little-endian number is the coefficient of xⁱ. */
function timesX(element: Uint8Array): Uint8Array {
  const highest = (element[BLOCK - 1] ?? 0) >> 7;
  const product = element.map((byte, i) => (byte << 1) | ((element[i - 1] ?? 0) >> 7));
  product[0] = (product[0] ?? 0) ^ highest;
  product[BLOCK - 1] = (product[BLOCK - 1] ?? 0) ^ (0xc2 * highest);
  return product;
}
