/**
 * AES-256-GCM-SIV (RFC 8452) without associated data, over any AES: OpenSSL has the mode itself only since version 3.2.
 *
 * @module
 */

import { concatBytes, equalBytes, xorInto } from './bytes.ts';
import { polyval } from './polyval.ts';
import { expectLength, type Primitives } from './primitives.ts';

/** AES-256 under one key. */
export interface BlockCipher {
  /** Up to eight blocks, each by itself. */
  encrypt(blocks: Uint8Array): Uint8Array;
  /** Counter mode from this block on, whose first 32 bits count, little-endian. */
  xorStream(counter: Uint8Array, data: Uint8Array): Uint8Array;
}

/** Makes it of a key of 32 bytes. */
export type Aes256 = (key: Uint8Array) => BlockCipher;

export const TAG_BYTES = 16;

export function gcmSivBy(aes256: Aes256): Pick<Primitives, 'gcmSivSeal' | 'gcmSivOpen'> {
  return {
    gcmSivSeal(key, nonce, plaintext) {
      checkGcmSivLengths(key, nonce);
      const { authentication, encryption } = deriveKeys(aes256(key), nonce);
      const cipher = aes256(encryption);
      const tag = tagOf(cipher, authentication, nonce, plaintext);
      return concatBytes(cipher.xorStream(counterOf(tag), plaintext), tag);
    },
    gcmSivOpen(key, nonce, sealed) {
      checkGcmSivLengths(key, nonce);
      if (sealed.length < TAG_BYTES) return undefined;
      const { authentication, encryption } = deriveKeys(aes256(key), nonce);
      const cipher = aes256(encryption);
      const tag = sealed.subarray(-TAG_BYTES);
      const plaintext = cipher.xorStream(counterOf(tag), sealed.subarray(0, -TAG_BYTES));
      return equalBytes(tag, tagOf(cipher, authentication, nonce, plaintext)) ? plaintext : undefined;
    },
  };
}

export function checkGcmSivLengths(key: Uint8Array, nonce: Uint8Array): void {
  expectLength('AES-256 key', key, 32);
  expectLength('nonce', nonce, 12);
}

/** RFC 8452 §4: the first halves of six blocks, counter ‖ nonce. */
function deriveKeys(cipher: BlockCipher, nonce: Uint8Array): { authentication: Uint8Array; encryption: Uint8Array } {
  const blocks = new Uint8Array(6 * 16);
  for (let i = 0; i < 6; i++) {
    blocks[16 * i] = i;
    blocks.set(nonce, 16 * i + 4);
  }
  const encrypted = cipher.encrypt(blocks);
  const keys = new Uint8Array(6 * 8);
  for (let i = 0; i < 6; i++) keys.set(encrypted.subarray(16 * i, 16 * i + 8), 8 * i);
  return { authentication: keys.subarray(0, 16), encryption: keys.subarray(16) };
}

function tagOf(cipher: BlockCipher, key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array {
  // The plaintext, padded with zeros, and a block of the lengths in bits: of no associated data, and of the plaintext.
  const hashed = new Uint8Array(16 * Math.ceil(plaintext.length / 16) + 16);
  hashed.set(plaintext);
  new DataView(hashed.buffer).setBigUint64(hashed.length - 8, 8n * BigInt(plaintext.length), true);
  const sum = polyval(key, hashed);
  xorInto(sum, nonce);
  sum[15] = (sum[15] ?? 0) & 0x7f;
  return cipher.encrypt(sum);
}

/** RFC 8452 §4: the tag with its highest bit set. */
function counterOf(tag: Uint8Array): Uint8Array {
  const counter = tag.slice();
  counter[15] = (counter[15] ?? 0) | 0x80;
  return counter;
}

/** `BlockCipher.xorStream` of what encrypts any number of blocks. */
export function streamOf(cipher: { encryptBlocks(blocks: Uint8Array): Uint8Array }): BlockCipher['xorStream'] {
  return (counter, data) => {
    const counters = new Uint8Array(16 * Math.ceil(data.length / 16));
    const view = new DataView(counters.buffer);
    const start = new DataView(counter.buffer, counter.byteOffset, 16);
    const [first, second, third, fourth] = [0, 4, 8, 12].map(at => start.getUint32(at, true)) as [
      number,
      number,
      number,
      number,
    ];
    for (let at = 0; at < counters.length; at += 16) {
      view.setUint32(at, first + at / 16, true);
      view.setUint32(at + 4, second, true);
      view.setUint32(at + 8, third, true);
      view.setUint32(at + 12, fourth, true);
    }
    const result = cipher.encryptBlocks(counters).subarray(0, data.length);
    xorInto(result, data);
    return result;
  };
}
