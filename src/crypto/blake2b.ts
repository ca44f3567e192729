/**
 * BLAKE2b with a key (RFC 7693), in plain JavaScript. It is most of the work on a payload; `node:crypto` has it
 * without a key only, and @noble's takes several times as long.
 *
 * A 64-bit word is two 32-bit integers, low half first. An addition carries what the sum of the low halves, as a number, has
 * above 32 bits: a comparison would be a branch that a processor guesses wrong half of the time, and twice as slow. Arrays
 * of the module are taken into constants, as in `sha256.ts`.
 *
 * @module
 */

import { squareRoots } from './prime-roots.ts';

export const BLOCK_BYTES = 128;

/** RFC 7693 §2.6: that of SHA-512. */
export const iv = /* @__PURE__ */ squareRoots.map((_, i, halves) => halves[i ^ 1] ?? 0);

/**
 * RFC 7693 §2.7: which two message words each of the eight steps of a round takes, by the place of their low halves. Rounds 11
 * and 12 are as the first two.
 */
export const schedule = /* @__PURE__ */ Uint8Array.from(
  /* @__PURE__ */ [
    '0123456789abcdef',
    'ea489fd61c02b753',
    'b8c052fdae367194',
    '7931dcbe265a40f8',
    '905724afe1bc683d',
    '2c6a0b834d75fe19',
    'c51fed4a0763928b',
    'db7ec13950f4862a',
    '6fe9b308c2d714a5',
    'a2847615fb9e3cd0',
    '0123456789abcdef',
    'ea489fd61c02b753',
  ].join(''),
  digit => 2 * Number.parseInt(digit, 16),
);

/** Of `length` bytes, 1 to 64; the key has up to 64. */
export function blake2b(key: Uint8Array, data: Uint8Array, length: number): Uint8Array {
  state.set(iv);
  state[0] = (state[0] ?? 0) ^ parameterWord(key.length, length);
  // The key is a block of its own, padded with zeros, and so is the end of the data.
  const padded = new Uint8Array(BLOCK_BYTES);
  const block = new DataView(padded.buffer);
  padded.set(key);
  compress(block, 0, BLOCK_BYTES, data.length === 0);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let at = 0;
  for (; at + BLOCK_BYTES < data.length; at += BLOCK_BYTES) compress(view, at, at + 2 * BLOCK_BYTES, false);
  if (data.length > 0) {
    padded.fill(0);
    padded.set(data.subarray(at));
    compress(block, 0, BLOCK_BYTES + data.length, true);
  }
  const digest = new DataView(new ArrayBuffer(4 * state.length));
  for (let i = 0; i < state.length; i++) digest.setInt32(4 * i, state[i] ?? 0, true);
  return new Uint8Array(digest.buffer).slice(0, length);
}

/** RFC 7693 §2.5: digest length, key length, fan-out 1, depth 1. */
export function parameterWord(keyLength: number, digestLength: number): number {
  return 0x01010000 | (keyLength << 8) | digestLength;
}

/** RFC 7693 §3.2: mixes the block at `at` into `state`, with the number of bytes so far. */
function compress(message: DataView, at: number, bytes: number, isLast: boolean): void {
  const w = words;
  const h = state;
  const steps = schedule;
  for (let i = 0; i < w.length; i++) w[i] = message.getUint32(at + 4 * i, true);
  const flip = isLast ? -1 : 0;
  // The words v0 to v15, in variables: in an array they would be read and written at each step.
  // biome-ignore format: in rows
  let
    l0 = h[0] ?? 0, h0 = h[1] ?? 0, l1 = h[2] ?? 0, h1 = h[3] ?? 0,
    l2 = h[4] ?? 0, h2 = h[5] ?? 0, l3 = h[6] ?? 0, h3 = h[7] ?? 0,
    l4 = h[8] ?? 0, h4 = h[9] ?? 0, l5 = h[10] ?? 0, h5 = h[11] ?? 0,
    l6 = h[12] ?? 0, h6 = h[13] ?? 0, l7 = h[14] ?? 0, h7 = h[15] ?? 0,
    l8 = iv[0] ?? 0, h8 = iv[1] ?? 0, l9 = iv[2] ?? 0, h9 = iv[3] ?? 0,
    l10 = iv[4] ?? 0, h10 = iv[5] ?? 0, l11 = iv[6] ?? 0, h11 = iv[7] ?? 0,
    l12 = (iv[8] ?? 0) ^ bytes, h12 = iv[9] ?? 0, l13 = iv[10] ?? 0, h13 = iv[11] ?? 0,
    l14 = (iv[12] ?? 0) ^ flip, h14 = (iv[13] ?? 0) ^ flip, l15 = iv[14] ?? 0, h15 = iv[15] ?? 0,
    sum = 0, low = 0, high = 0, word = 0;
  // biome-ignore format: in rows
  for (let i = 0; i < steps.length; i += 16) {
    // RFC 7693 §3.1: G(v0, v4, v8, v12)
    word = steps[i] ?? 0; sum = (l0 >>> 0) + (l4 >>> 0) + (w[word] ?? 0);
    h0 = (h0 + h4 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l0 = sum | 0;
    low = l12 ^ l0; l12 = h12 ^ h0; h12 = low;
    sum = (l8 >>> 0) + (l12 >>> 0); h8 = (h8 + h12 + ((sum / 2 ** 32) | 0)) | 0; l8 = sum | 0;
    low = l4 ^ l8; high = h4 ^ h8; l4 = (low >>> 24) | (high << 8); h4 = (high >>> 24) | (low << 8);
    word = steps[i + 1] ?? 0; sum = (l0 >>> 0) + (l4 >>> 0) + (w[word] ?? 0);
    h0 = (h0 + h4 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l0 = sum | 0;
    low = l12 ^ l0; high = h12 ^ h0; l12 = (low >>> 16) | (high << 16); h12 = (high >>> 16) | (low << 16);
    sum = (l8 >>> 0) + (l12 >>> 0); h8 = (h8 + h12 + ((sum / 2 ** 32) | 0)) | 0; l8 = sum | 0;
    low = l4 ^ l8; high = h4 ^ h8; l4 = (low << 1) | (high >>> 31); h4 = (high << 1) | (low >>> 31);
    // G(v1, v5, v9, v13)
    word = steps[i + 2] ?? 0; sum = (l1 >>> 0) + (l5 >>> 0) + (w[word] ?? 0);
    h1 = (h1 + h5 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l1 = sum | 0;
    low = l13 ^ l1; l13 = h13 ^ h1; h13 = low;
    sum = (l9 >>> 0) + (l13 >>> 0); h9 = (h9 + h13 + ((sum / 2 ** 32) | 0)) | 0; l9 = sum | 0;
    low = l5 ^ l9; high = h5 ^ h9; l5 = (low >>> 24) | (high << 8); h5 = (high >>> 24) | (low << 8);
    word = steps[i + 3] ?? 0; sum = (l1 >>> 0) + (l5 >>> 0) + (w[word] ?? 0);
    h1 = (h1 + h5 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l1 = sum | 0;
    low = l13 ^ l1; high = h13 ^ h1; l13 = (low >>> 16) | (high << 16); h13 = (high >>> 16) | (low << 16);
    sum = (l9 >>> 0) + (l13 >>> 0); h9 = (h9 + h13 + ((sum / 2 ** 32) | 0)) | 0; l9 = sum | 0;
    low = l5 ^ l9; high = h5 ^ h9; l5 = (low << 1) | (high >>> 31); h5 = (high << 1) | (low >>> 31);
    // G(v2, v6, v10, v14)
    word = steps[i + 4] ?? 0; sum = (l2 >>> 0) + (l6 >>> 0) + (w[word] ?? 0);
    h2 = (h2 + h6 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l2 = sum | 0;
    low = l14 ^ l2; l14 = h14 ^ h2; h14 = low;
    sum = (l10 >>> 0) + (l14 >>> 0); h10 = (h10 + h14 + ((sum / 2 ** 32) | 0)) | 0; l10 = sum | 0;
    low = l6 ^ l10; high = h6 ^ h10; l6 = (low >>> 24) | (high << 8); h6 = (high >>> 24) | (low << 8);
    word = steps[i + 5] ?? 0; sum = (l2 >>> 0) + (l6 >>> 0) + (w[word] ?? 0);
    h2 = (h2 + h6 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l2 = sum | 0;
    low = l14 ^ l2; high = h14 ^ h2; l14 = (low >>> 16) | (high << 16); h14 = (high >>> 16) | (low << 16);
    sum = (l10 >>> 0) + (l14 >>> 0); h10 = (h10 + h14 + ((sum / 2 ** 32) | 0)) | 0; l10 = sum | 0;
    low = l6 ^ l10; high = h6 ^ h10; l6 = (low << 1) | (high >>> 31); h6 = (high << 1) | (low >>> 31);
    // G(v3, v7, v11, v15)
    word = steps[i + 6] ?? 0; sum = (l3 >>> 0) + (l7 >>> 0) + (w[word] ?? 0);
    h3 = (h3 + h7 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l3 = sum | 0;
    low = l15 ^ l3; l15 = h15 ^ h3; h15 = low;
    sum = (l11 >>> 0) + (l15 >>> 0); h11 = (h11 + h15 + ((sum / 2 ** 32) | 0)) | 0; l11 = sum | 0;
    low = l7 ^ l11; high = h7 ^ h11; l7 = (low >>> 24) | (high << 8); h7 = (high >>> 24) | (low << 8);
    word = steps[i + 7] ?? 0; sum = (l3 >>> 0) + (l7 >>> 0) + (w[word] ?? 0);
    h3 = (h3 + h7 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l3 = sum | 0;
    low = l15 ^ l3; high = h15 ^ h3; l15 = (low >>> 16) | (high << 16); h15 = (high >>> 16) | (low << 16);
    sum = (l11 >>> 0) + (l15 >>> 0); h11 = (h11 + h15 + ((sum / 2 ** 32) | 0)) | 0; l11 = sum | 0;
    low = l7 ^ l11; high = h7 ^ h11; l7 = (low << 1) | (high >>> 31); h7 = (high << 1) | (low >>> 31);
    // G(v0, v5, v10, v15)
    word = steps[i + 8] ?? 0; sum = (l0 >>> 0) + (l5 >>> 0) + (w[word] ?? 0);
    h0 = (h0 + h5 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l0 = sum | 0;
    low = l15 ^ l0; l15 = h15 ^ h0; h15 = low;
    sum = (l10 >>> 0) + (l15 >>> 0); h10 = (h10 + h15 + ((sum / 2 ** 32) | 0)) | 0; l10 = sum | 0;
    low = l5 ^ l10; high = h5 ^ h10; l5 = (low >>> 24) | (high << 8); h5 = (high >>> 24) | (low << 8);
    word = steps[i + 9] ?? 0; sum = (l0 >>> 0) + (l5 >>> 0) + (w[word] ?? 0);
    h0 = (h0 + h5 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l0 = sum | 0;
    low = l15 ^ l0; high = h15 ^ h0; l15 = (low >>> 16) | (high << 16); h15 = (high >>> 16) | (low << 16);
    sum = (l10 >>> 0) + (l15 >>> 0); h10 = (h10 + h15 + ((sum / 2 ** 32) | 0)) | 0; l10 = sum | 0;
    low = l5 ^ l10; high = h5 ^ h10; l5 = (low << 1) | (high >>> 31); h5 = (high << 1) | (low >>> 31);
    // G(v1, v6, v11, v12)
    word = steps[i + 10] ?? 0; sum = (l1 >>> 0) + (l6 >>> 0) + (w[word] ?? 0);
    h1 = (h1 + h6 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l1 = sum | 0;
    low = l12 ^ l1; l12 = h12 ^ h1; h12 = low;
    sum = (l11 >>> 0) + (l12 >>> 0); h11 = (h11 + h12 + ((sum / 2 ** 32) | 0)) | 0; l11 = sum | 0;
    low = l6 ^ l11; high = h6 ^ h11; l6 = (low >>> 24) | (high << 8); h6 = (high >>> 24) | (low << 8);
    word = steps[i + 11] ?? 0; sum = (l1 >>> 0) + (l6 >>> 0) + (w[word] ?? 0);
    h1 = (h1 + h6 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l1 = sum | 0;
    low = l12 ^ l1; high = h12 ^ h1; l12 = (low >>> 16) | (high << 16); h12 = (high >>> 16) | (low << 16);
    sum = (l11 >>> 0) + (l12 >>> 0); h11 = (h11 + h12 + ((sum / 2 ** 32) | 0)) | 0; l11 = sum | 0;
    low = l6 ^ l11; high = h6 ^ h11; l6 = (low << 1) | (high >>> 31); h6 = (high << 1) | (low >>> 31);
    // G(v2, v7, v8, v13)
    word = steps[i + 12] ?? 0; sum = (l2 >>> 0) + (l7 >>> 0) + (w[word] ?? 0);
    h2 = (h2 + h7 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l2 = sum | 0;
    low = l13 ^ l2; l13 = h13 ^ h2; h13 = low;
    sum = (l8 >>> 0) + (l13 >>> 0); h8 = (h8 + h13 + ((sum / 2 ** 32) | 0)) | 0; l8 = sum | 0;
    low = l7 ^ l8; high = h7 ^ h8; l7 = (low >>> 24) | (high << 8); h7 = (high >>> 24) | (low << 8);
    word = steps[i + 13] ?? 0; sum = (l2 >>> 0) + (l7 >>> 0) + (w[word] ?? 0);
    h2 = (h2 + h7 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l2 = sum | 0;
    low = l13 ^ l2; high = h13 ^ h2; l13 = (low >>> 16) | (high << 16); h13 = (high >>> 16) | (low << 16);
    sum = (l8 >>> 0) + (l13 >>> 0); h8 = (h8 + h13 + ((sum / 2 ** 32) | 0)) | 0; l8 = sum | 0;
    low = l7 ^ l8; high = h7 ^ h8; l7 = (low << 1) | (high >>> 31); h7 = (high << 1) | (low >>> 31);
    // G(v3, v4, v9, v14)
    word = steps[i + 14] ?? 0; sum = (l3 >>> 0) + (l4 >>> 0) + (w[word] ?? 0);
    h3 = (h3 + h4 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l3 = sum | 0;
    low = l14 ^ l3; l14 = h14 ^ h3; h14 = low;
    sum = (l9 >>> 0) + (l14 >>> 0); h9 = (h9 + h14 + ((sum / 2 ** 32) | 0)) | 0; l9 = sum | 0;
    low = l4 ^ l9; high = h4 ^ h9; l4 = (low >>> 24) | (high << 8); h4 = (high >>> 24) | (low << 8);
    word = steps[i + 15] ?? 0; sum = (l3 >>> 0) + (l4 >>> 0) + (w[word] ?? 0);
    h3 = (h3 + h4 + (w[word + 1] ?? 0) + ((sum / 2 ** 32) | 0)) | 0; l3 = sum | 0;
    low = l14 ^ l3; high = h14 ^ h3; l14 = (low >>> 16) | (high << 16); h14 = (high >>> 16) | (low << 16);
    sum = (l9 >>> 0) + (l14 >>> 0); h9 = (h9 + h14 + ((sum / 2 ** 32) | 0)) | 0; l9 = sum | 0;
    low = l4 ^ l9; high = h4 ^ h9; l4 = (low << 1) | (high >>> 31); h4 = (high << 1) | (low >>> 31);
  }
  h[0] = (h[0] ?? 0) ^ l0 ^ l8;
  h[1] = (h[1] ?? 0) ^ h0 ^ h8;
  h[2] = (h[2] ?? 0) ^ l1 ^ l9;
  h[3] = (h[3] ?? 0) ^ h1 ^ h9;
  h[4] = (h[4] ?? 0) ^ l2 ^ l10;
  h[5] = (h[5] ?? 0) ^ h2 ^ h10;
  h[6] = (h[6] ?? 0) ^ l3 ^ l11;
  h[7] = (h[7] ?? 0) ^ h3 ^ h11;
  h[8] = (h[8] ?? 0) ^ l4 ^ l12;
  h[9] = (h[9] ?? 0) ^ h4 ^ h12;
  h[10] = (h[10] ?? 0) ^ l5 ^ l13;
  h[11] = (h[11] ?? 0) ^ h5 ^ h13;
  h[12] = (h[12] ?? 0) ^ l6 ^ l14;
  h[13] = (h[13] ?? 0) ^ h6 ^ h14;
  h[14] = (h[14] ?? 0) ^ l7 ^ l15;
  h[15] = (h[15] ?? 0) ^ h7 ^ h15;
}

// Room to work in: for a block, and for what the blocks before it have come to.
const words = /* @__PURE__ */ new Uint32Array(32);
const state = /* @__PURE__ */ new Int32Array(16);
