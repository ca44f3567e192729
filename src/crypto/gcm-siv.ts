/**
 * AES-256-GCM-SIV (RFC 8452) without associated data. OpenSSL has it only since version 3.2.
 *
 * @module
 */

import { Aes } from './aes.ts';
import { concatBytes, equalBytes, xorInto } from './bytes.ts';
import { polyval } from './polyval.ts';
import { expectLength, type Primitives } from './primitives.ts';

export const TAG_BYTES = 16;

export const gcmSivSeal: Primitives['gcmSivSeal'] = (key, nonce, plaintext) => {
  const { authentication, cipher } = keysOf(key, nonce);
  const tag = tagOf(cipher, authentication, nonce, plaintext);
  return concatBytes(xorStream(cipher, tag, plaintext), tag);
};

export const gcmSivOpen: Primitives['gcmSivOpen'] = (key, nonce, sealed) => {
  const { authentication, cipher } = keysOf(key, nonce);
  if (sealed.length < TAG_BYTES) return undefined;
  const tag = sealed.subarray(-TAG_BYTES);
  const plaintext = xorStream(cipher, tag, sealed.subarray(0, -TAG_BYTES));
  return equalBytes(tag, tagOf(cipher, authentication, nonce, plaintext)) ? plaintext : undefined;
};

export function checkGcmSivLengths(key: Uint8Array, nonce: Uint8Array): void {
  expectLength('AES-256 key', key, 32);
  expectLength('nonce', nonce, 12);
}

/** RFC 8452 §4: both are of the first halves of six blocks, counter ‖ nonce. */
function keysOf(key: Uint8Array, nonce: Uint8Array): { readonly authentication: Uint8Array; readonly cipher: Aes } {
  checkGcmSivLengths(key, nonce);
  const blocks = new Uint8Array(6 * 16);
  for (let i = 0; i < 6; i++) {
    blocks[16 * i] = i;
    blocks.set(nonce, 16 * i + 4);
  }
  const encrypted = new Aes(key).encryptBlocks(blocks);
  const keys = new Uint8Array(6 * 8);
  for (let i = 0; i < 6; i++) keys.set(encrypted.subarray(16 * i, 16 * i + 8), 8 * i);
  return { authentication: keys.subarray(0, 16), cipher: new Aes(keys.subarray(16)) };
}

function tagOf(cipher: Aes, key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array {
  // The plaintext, padded with zeros, and a block of the lengths in bits: of no associated data, and of the plaintext.
  const hashed = new Uint8Array(16 * Math.ceil(plaintext.length / 16) + 16);
  hashed.set(plaintext);
  new DataView(hashed.buffer).setBigUint64(hashed.length - 8, 8n * BigInt(plaintext.length), true);
  const sum = polyval(key, hashed);
  xorInto(sum, nonce);
  sum[15] = (sum[15] ?? 0) & 0x7f;
  return cipher.encryptBlocks(sum);
}

/** RFC 8452 §4: counter mode from the tag with its highest bit set on, whose first 32 bits count, little-endian. */
function xorStream(cipher: Aes, tag: Uint8Array, data: Uint8Array): Uint8Array {
  const counters = new Uint8Array(16 * Math.ceil(data.length / 16));
  const view = new DataView(counters.buffer);
  const start = new DataView(tag.buffer, tag.byteOffset, 16);
  const [first, second, third] = [start.getUint32(0, true), start.getUint32(4, true), start.getUint32(8, true)];
  const fourth = start.getUint32(12, true) | 0x80000000;
  for (let at = 0; at < counters.length; at += 16) {
    view.setUint32(at, first + at / 16, true);
    view.setUint32(at + 4, second, true);
    view.setUint32(at + 8, third, true);
    view.setUint32(at + 12, fourth, true);
  }
  const result = cipher.encryptBlocks(counters).subarray(0, data.length);
  xorInto(result, data);
  return result;
}
