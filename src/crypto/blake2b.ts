/**
 * BLAKE2b with a key (RFC 7693), in plain JavaScript. It is most of the work on a payload; `node:crypto` has it
 * without a key only, and @noble's takes nearly twice the time.
 *
 * A 64-bit word is two 32-bit integers, low half first. An addition carries where the sum of the low halves is less than
 * either of them.
 *
 * @module
 */

import { fractionsOfRoots } from './prime-roots.ts';

const BLOCK_BYTES = 128;

/** RFC 7693 §2.6: that of SHA-512. */
const iv = /* @__PURE__ */ fractionsOfRoots(2, 0, 8).map((_, i, halves) => halves[i ^ 1] ?? 0);

/** RFC 7693 §2.7: which two message words each of the eight steps of a round takes. Rounds 11 and 12 are as the first two. */
const schedule = /* @__PURE__ */ Uint8Array.from(
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
  digit => Number.parseInt(digit, 16),
);

/** Of `length` bytes, 1 to 64; the key has up to 64. */
export function blake2b(key: Uint8Array, data: Uint8Array, length: number): Uint8Array {
  // The key is a block of its own, padded with zeros, and so is the end of the data.
  const blocks = 1 + Math.ceil(data.length / BLOCK_BYTES);
  const message = new Uint8Array(blocks * BLOCK_BYTES);
  message.set(key);
  message.set(data, BLOCK_BYTES);
  const view = new DataView(message.buffer);

  // RFC 7693 §2.5: digest length, key length, fan-out 1, depth 1.
  const state = Int32Array.from(iv);
  state[0] = (state[0] ?? 0) ^ (0x01010000 | (key.length << 8) | length);
  const v = new Int32Array(2 * state.length);
  for (let at = 0; at < message.length; at += BLOCK_BYTES) {
    const isLast = at + BLOCK_BYTES === message.length;
    compress(state, v, view, at, isLast ? BLOCK_BYTES + data.length : at + BLOCK_BYTES, isLast);
  }
  const digest = new DataView(new ArrayBuffer(4 * state.length));
  for (const [i, half] of state.entries()) digest.setInt32(4 * i, half, true);
  return new Uint8Array(digest.buffer).slice(0, length);
}

/** RFC 7693 §3.2: mixes the block at `at` into `state`, with the number of bytes so far. `v` is room to work in. */
function compress(
  state: Int32Array,
  v: Int32Array,
  message: DataView,
  at: number,
  bytes: number,
  isLast: boolean,
): void {
  v.set(state);
  v.set(iv, 16);
  v[24] = (v[24] ?? 0) ^ bytes;
  if (isLast) {
    v[28] = ~(v[28] ?? 0);
    v[29] = ~(v[29] ?? 0);
  }
  for (let i = 0; i < words.length; i++) words[i] = message.getInt32(at + 4 * i, true);
  for (let step = 0; step < 96; step++) {
    const x = 2 * (schedule[2 * step] ?? 0);
    const y = 2 * (schedule[2 * step + 1] ?? 0);
    // Four steps on the columns of the 4×4 words, four on the diagonals.
    const column = step & 3;
    const turn = (step >> 2) & 1;
    const a = 2 * column;
    const b = 8 + 2 * ((column + turn) & 3);
    const c = 16 + 2 * ((column + 2 * turn) & 3);
    const d = 24 + 2 * ((column + 3 * turn) & 3);

    // RFC 7693 §3.1, the function G: written out here, since it is too long to be inlined.
    let aLow = v[a] ?? 0;
    let aHigh = v[a + 1] ?? 0;
    let bLow = v[b] ?? 0;
    let bHigh = v[b + 1] ?? 0;
    let cLow = v[c] ?? 0;
    let cHigh = v[c + 1] ?? 0;
    let dLow = v[d] ?? 0;
    let dHigh = v[d + 1] ?? 0;

    let sum: number;
    let word: number;
    let low: number;
    let high: number;
    // a += b + x; d = (d ^ a) >>> 32
    sum = (aLow + bLow) | 0;
    aHigh = (aHigh + bHigh + (sum >>> 0 < aLow >>> 0 ? 1 : 0)) | 0;
    aLow = sum;
    word = words[x] ?? 0;
    sum = (aLow + word) | 0;
    aHigh = (aHigh + (words[x + 1] ?? 0) + (sum >>> 0 < aLow >>> 0 ? 1 : 0)) | 0;
    aLow = sum;
    low = dLow ^ aLow;
    high = dHigh ^ aHigh;
    dLow = high;
    dHigh = low;
    // c += d; b = (b ^ c) >>> 24
    sum = (cLow + dLow) | 0;
    cHigh = (cHigh + dHigh + (sum >>> 0 < cLow >>> 0 ? 1 : 0)) | 0;
    cLow = sum;
    low = bLow ^ cLow;
    high = bHigh ^ cHigh;
    bLow = (low >>> 24) | (high << 8);
    bHigh = (high >>> 24) | (low << 8);
    // a += b + y; d = (d ^ a) >>> 16
    sum = (aLow + bLow) | 0;
    aHigh = (aHigh + bHigh + (sum >>> 0 < aLow >>> 0 ? 1 : 0)) | 0;
    aLow = sum;
    word = words[y] ?? 0;
    sum = (aLow + word) | 0;
    aHigh = (aHigh + (words[y + 1] ?? 0) + (sum >>> 0 < aLow >>> 0 ? 1 : 0)) | 0;
    aLow = sum;
    low = dLow ^ aLow;
    high = dHigh ^ aHigh;
    dLow = (low >>> 16) | (high << 16);
    dHigh = (high >>> 16) | (low << 16);
    // c += d; b = (b ^ c) >>> 63
    sum = (cLow + dLow) | 0;
    cHigh = (cHigh + dHigh + (sum >>> 0 < cLow >>> 0 ? 1 : 0)) | 0;
    cLow = sum;
    low = bLow ^ cLow;
    high = bHigh ^ cHigh;
    bLow = (low << 1) | (high >>> 31);
    bHigh = (high << 1) | (low >>> 31);

    v[a] = aLow;
    v[a + 1] = aHigh;
    v[b] = bLow;
    v[b + 1] = bHigh;
    v[c] = cLow;
    v[c + 1] = cHigh;
    v[d] = dLow;
    v[d + 1] = dHigh;
  }
  for (let i = 0; i < 16; i++) state[i] = (state[i] ?? 0) ^ (v[i] ?? 0) ^ (v[i + 16] ?? 0);
}

/** Room for a block. */
const words = /* @__PURE__ */ new Int32Array(32);
