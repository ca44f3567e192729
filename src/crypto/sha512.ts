/**
 * SHA-384 and SHA-512 (FIPS 180-4) in plain JavaScript: for certificates and TLS, and for keys that sign.
 *
 * A 64-bit word is two 32-bit integers, high half first. Sums of low halves are taken in floating point; what they have
 * above 32 bits is carried.
 *
 * @module
 */

import type { Hash } from './hash.ts';
import { cubeRoots, fractionsOfRoots, squareRoots } from './prime-roots.ts';

const BLOCK_BYTES = 128;

/** §4.2.3 */
const constants = cubeRoots;

/** §5.3.4: it begins with the ninth to the sixteenth prime. */
export const sha384: Hash = /* @__PURE__ */ hashFrom(/* @__PURE__ */ fractionsOfRoots(2, 8, 16), 48);
/** §5.3.5 */
export const sha512: Hash = /* @__PURE__ */ hashFrom(squareRoots, 64);

function hashFrom(initial: Int32Array, digestBytes: number): Hash {
  const hash = (data: Uint8Array): Uint8Array => {
    // §5.1.2: a one, zeros, and the number of bits in 16 bytes, of which it never needs more than half.
    const bytes = new Uint8Array(BLOCK_BYTES * Math.ceil((data.length + 17) / BLOCK_BYTES));
    bytes.set(data);
    bytes[data.length] = 0x80;
    const message = new DataView(bytes.buffer);
    message.setUint32(bytes.length - 8, data.length / 2 ** 29);
    message.setUint32(bytes.length - 4, data.length << 3);
    const state = initial.slice();
    compress(state, message);
    for (let i = 0; i < state.length; i++) message.setInt32(4 * i, state[i] ?? 0);
    return bytes.slice(0, digestBytes);
  };
  return Object.assign(hash, { blockBytes: BLOCK_BYTES, digestBytes });
}

/** §6.4.2: mixes the blocks of `message` into `state`. Of the schedule, the last 16 words are kept. */
function compress(state: Int32Array, message: DataView): void {
  const w = new Int32Array(32);
  for (let at = 0; at < message.byteLength; at += BLOCK_BYTES) {
    let [aHigh, aLow, bHigh, bLow] = [state[0] ?? 0, state[1] ?? 0, state[2] ?? 0, state[3] ?? 0];
    let [cHigh, cLow, dHigh, dLow] = [state[4] ?? 0, state[5] ?? 0, state[6] ?? 0, state[7] ?? 0];
    let [eHigh, eLow, fHigh, fLow] = [state[8] ?? 0, state[9] ?? 0, state[10] ?? 0, state[11] ?? 0];
    let [gHigh, gLow, hHigh, hLow] = [state[12] ?? 0, state[13] ?? 0, state[14] ?? 0, state[15] ?? 0];
    for (let t = 0; t < 80; t++) {
      const word = 2 * (t & 15);
      if (t < 16) {
        w[word] = message.getInt32(at + 8 * t);
        w[word + 1] = message.getInt32(at + 8 * t + 4);
      } else {
        const [x, y, z] = [2 * ((t + 1) & 15), 2 * ((t + 14) & 15), 2 * ((t + 9) & 15)];
        const [xHigh, xLow, yHigh, yLow] = [w[x] ?? 0, w[x + 1] ?? 0, w[y] ?? 0, w[y + 1] ?? 0];
        const low =
          ((w[word + 1] ?? 0) >>> 0) +
          ((turned(xLow, xHigh, 1) ^ turned(xLow, xHigh, 8) ^ turned(xLow, xHigh, 7)) >>> 0) +
          ((w[z + 1] ?? 0) >>> 0) +
          ((turned(yLow, yHigh, 19) ^ turned(yHigh, yLow, 29) ^ turned(yLow, yHigh, 6)) >>> 0);
        w[word + 1] = low;
        w[word] =
          (w[word] ?? 0) +
          (turned(xHigh, xLow, 1) ^ turned(xHigh, xLow, 8) ^ (xHigh >>> 7)) +
          (w[z] ?? 0) +
          (turned(yHigh, yLow, 19) ^ turned(yLow, yHigh, 29) ^ (yHigh >>> 6)) +
          carryOf(low);
      }
      const firstLow =
        (hLow >>> 0) +
        ((turned(eLow, eHigh, 14) ^ turned(eLow, eHigh, 18) ^ turned(eHigh, eLow, 9)) >>> 0) +
        (chosen(eLow, fLow, gLow) >>> 0) +
        ((constants[2 * t + 1] ?? 0) >>> 0) +
        ((w[word + 1] ?? 0) >>> 0);
      const firstHigh =
        hHigh +
        (turned(eHigh, eLow, 14) ^ turned(eHigh, eLow, 18) ^ turned(eLow, eHigh, 9)) +
        chosen(eHigh, fHigh, gHigh) +
        (constants[2 * t] ?? 0) +
        (w[word] ?? 0) +
        carryOf(firstLow);
      const fifthLow = (dLow >>> 0) + (firstLow >>> 0);
      const low =
        (firstLow >>> 0) +
        ((turned(aLow, aHigh, 28) ^ turned(aHigh, aLow, 2) ^ turned(aHigh, aLow, 7)) >>> 0) +
        (majority(aLow, bLow, cLow) >>> 0);
      const high =
        firstHigh +
        (turned(aHigh, aLow, 28) ^ turned(aLow, aHigh, 2) ^ turned(aLow, aHigh, 7)) +
        majority(aHigh, bHigh, cHigh) +
        carryOf(low);
      hHigh = gHigh;
      hLow = gLow;
      gHigh = fHigh;
      gLow = fLow;
      fHigh = eHigh;
      fLow = eLow;
      eHigh = (dHigh + firstHigh + carryOf(fifthLow)) | 0;
      eLow = fifthLow | 0;
      dHigh = cHigh;
      dLow = cLow;
      cHigh = bHigh;
      cLow = bLow;
      bHigh = aHigh;
      bLow = aLow;
      aHigh = high | 0;
      aLow = low | 0;
    }
    addTo(state, 0, aHigh, aLow);
    addTo(state, 2, bHigh, bLow);
    addTo(state, 4, cHigh, cLow);
    addTo(state, 6, dHigh, dLow);
    addTo(state, 8, eHigh, eLow);
    addTo(state, 10, fHigh, fLow);
    addTo(state, 12, gHigh, gLow);
    addTo(state, 14, hHigh, hLow);
  }
}

function addTo(state: Int32Array, at: number, high: number, low: number): void {
  const sum = ((state[at + 1] ?? 0) >>> 0) + (low >>> 0);
  state[at] = (state[at] ?? 0) + high + carryOf(sum);
  state[at + 1] = sum;
}

/** One half of two that are turned right together, by less than 32 bits: `high` is the one to the left of it. */
function turned(word: number, left: number, bits: number): number {
  return (word >>> bits) | (left << (32 - bits));
}

/** §4.1: of each bit of `e`, whether it is that of `f` or of `g`. */
function chosen(e: number, f: number, g: number): number {
  return g ^ (e & (f ^ g));
}

function majority(a: number, b: number, c: number): number {
  return (a & b) | (c & (a | b));
}

function carryOf(sum: number): number {
  return (sum / 2 ** 32) | 0;
}
