/** Authenticated encryption: what AES-GCM and ChaCha20-Poly1305 have in common. */

import { concatBytes, equalBytes } from './bytes.ts';

export interface AuthenticatedCipher {
  /** Ciphertext and 16-byte tag. */
  seal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array;
  /** `undefined` where the tag does not fit. */
  open(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}

const TAG_BYTES = 16;
const BLOCK_BYTES = 16;

/** @param crypt both ways: XOR with a stream. @param tagOf of 16 bytes. */
export function aeadBy(
  crypt: (key: Uint8Array, nonce: Uint8Array, data: Uint8Array) => Uint8Array,
  tagOf: (key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, ciphertext: Uint8Array) => Uint8Array,
): AuthenticatedCipher {
  return {
    seal(key, nonce, associated, plain) {
      const ciphertext = crypt(key, nonce, plain);
      return concatBytes(ciphertext, tagOf(key, nonce, associated, ciphertext));
    },
    open(key, nonce, associated, sealed) {
      if (sealed.length < TAG_BYTES) return undefined;
      const ciphertext = sealed.subarray(0, -TAG_BYTES);
      if (!equalBytes(tagOf(key, nonce, associated, ciphertext), sealed.subarray(-TAG_BYTES))) return undefined;
      return crypt(key, nonce, ciphertext);
    },
  };
}

/** What a tag is made of: both, each filled up to whole blocks, and a block of their lengths, in units of 1/`unit` byte. */
export function authenticated(
  associated: Uint8Array,
  ciphertext: Uint8Array,
  unit: number,
  littleEndian: boolean,
): Uint8Array {
  const start = wholeBlocks(associated.length);
  const end = start + wholeBlocks(ciphertext.length);
  const bytes = new Uint8Array(end + BLOCK_BYTES);
  bytes.set(associated);
  bytes.set(ciphertext, start);
  const lengths = new DataView(bytes.buffer, end);
  lengths.setBigUint64(0, BigInt(unit * associated.length), littleEndian);
  lengths.setBigUint64(8, BigInt(unit * ciphertext.length), littleEndian);
  return bytes;
}

function wholeBlocks(length: number): number {
  return BLOCK_BYTES * Math.ceil(length / BLOCK_BYTES);
}
