/**
 * SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869) over it, in plain JavaScript. The keys of a packet's hops are
 * some five hundred blocks of them, in messages of one to three, where the objects that @noble makes for each take as long
 * as the hashing. Here nothing is made on the way, and what HMAC makes of a key is made once for all that HKDF expands.
 *
 * Functions that loop over an array of this module take it into a constant of their own: bundlers make a `var` of the
 * module's, which an engine looks up again and again, as it may become another one.
 *
 * @module
 */

import type { Hash } from './hash.ts';
import { cubeRoots, highHalves, squareRoots } from './prime-roots.ts';

export const BLOCK_BYTES = 64;
const BLOCK_WORDS = 16;
export const HASH_BYTES = 32;

export const sha256: Hash = /* @__PURE__ */ Object.assign(
  (data: Uint8Array): Uint8Array => {
    state.set(initial);
    absorb(data, 0);
    return hash();
  },
  { blockBytes: BLOCK_BYTES, digestBytes: HASH_BYTES },
);

export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  takeKey(key);
  authenticate(data);
  return hash();
}

/** An absent salt is 32 zero bytes. Throws a `RangeError` for more than 255 hashes. */
export function hkdfSha256(
  ikm: Uint8Array,
  salt: Uint8Array | undefined,
  info: Uint8Array,
  length: number,
): Uint8Array {
  if (length > 255 * HASH_BYTES) throw new RangeError(`${length} bytes of HKDF-SHA256`);
  takeKey(hmacSha256(salt ?? zeroSalt, ikm));
  // §2.3: the hash before this one, the info, and a count. The first has none before it.
  const later = new Uint8Array(HASH_BYTES + info.length + 1);
  const first = later.subarray(HASH_BYTES);
  first.set(info);
  const expanded = new Uint8Array(HASH_BYTES * Math.ceil(length / HASH_BYTES));
  for (let at = 0; at < expanded.length; at += HASH_BYTES) {
    first[info.length] = 1 + at / HASH_BYTES;
    authenticate(at === 0 ? first : later);
    writeHash(expanded, at);
    writeHash(later, 0);
  }
  return expanded.subarray(0, length);
}

/** Leaves in `inner` and `outer` the states after the first blocks of both hashes of HMAC. */
function takeKey(key: Uint8Array): void {
  const w = words;
  const short = key.length > BLOCK_BYTES ? sha256(key) : key;
  for (let i = 0; i < BLOCK_WORDS; i++) w[i] = wordAt(short, 4 * i) ^ 0x36363636;
  inner.set(initial);
  compress(inner);
  for (let i = 0; i < BLOCK_WORDS; i++) w[i] = wordAt(short, 4 * i) ^ 0x5c5c5c5c;
  outer.set(initial);
  compress(outer);
}

/** Leaves in `state` the HMAC under the key that was taken last. */
function authenticate(data: Uint8Array): void {
  const w = words;
  const s = state;
  state.set(inner);
  absorb(data, BLOCK_BYTES);
  for (let i = 0; i < 8; i++) w[i] = s[i] ?? 0;
  w[8] = 0x80000000;
  for (let i = 9; i < BLOCK_WORDS; i++) w[i] = 0;
  w[15] = 8 * (BLOCK_BYTES + HASH_BYTES);
  state.set(outer);
  compress(state);
}

/** Mixes `data` into `state`, and the end of a message that has so many bytes before them: §5.1.1. */
function absorb(data: Uint8Array, before: number): void {
  const w = words;
  const { length } = data;
  let at = 0;
  for (; at + BLOCK_BYTES <= length; at += BLOCK_BYTES) {
    for (let i = 0; i < BLOCK_WORDS; i++) w[i] = wordAt(data, at + 4 * i);
    compress(state);
  }
  for (let i = 0; i < BLOCK_WORDS; i++) w[i] = wordAt(data, at + 4 * i);
  const left = length - at;
  w[left >> 2] = (w[left >> 2] ?? 0) | (0x80 << (24 - 8 * (left & 3)));
  // The number of bits takes eight bytes.
  if (left >= BLOCK_BYTES - 8) {
    compress(state);
    for (let i = 0; i < BLOCK_WORDS; i++) w[i] = 0;
  }
  w[14] = (before + length) / 2 ** 29;
  w[15] = (before + length) << 3;
  compress(state);
}

/** Big-endian; behind the end there are zeros. */
function wordAt(bytes: Uint8Array, at: number): number {
  if (at + 4 <= bytes.length)
    return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  let word = 0;
  for (let i = at; i < bytes.length; i++) word |= (bytes[i] ?? 0) << (24 - 8 * (i - at));
  return word;
}

function hash(): Uint8Array {
  const bytes = new Uint8Array(HASH_BYTES);
  writeHash(bytes, 0);
  return bytes;
}

function writeHash(target: Uint8Array, at: number): void {
  for (let i = 0; i < 8; i++) {
    const word = state[i] ?? 0;
    target[at + 4 * i] = word >>> 24;
    target[at + 4 * i + 1] = word >>> 16;
    target[at + 4 * i + 2] = word >>> 8;
    target[at + 4 * i + 3] = word;
  }
}

/** §6.2.2: mixes the block in the first sixteen words into `state`. */
function compress(state: Int32Array): void {
  const w = words;
  const k = constants;
  for (let i = BLOCK_WORDS; i < 64; i++) {
    const x = w[i - 15] ?? 0;
    const y = w[i - 2] ?? 0;
    const ofX = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const ofY = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = ((w[i - 16] ?? 0) + ofX + (w[i - 7] ?? 0) + ofY) | 0;
  }
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  let f = state[5] ?? 0;
  let g = state[6] ?? 0;
  let h = state[7] ?? 0;
  for (let i = 0; i < 64; i++) {
    const ofE = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const choice = g ^ (e & (f ^ g));
    const first = (h + ofE + choice + (k[i] ?? 0) + (w[i] ?? 0)) | 0;
    const ofA = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const majority = (a & b) | (c & (a | b));
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + ofA + majority) | 0;
  }
  state[0] = (state[0] ?? 0) + a;
  state[1] = (state[1] ?? 0) + b;
  state[2] = (state[2] ?? 0) + c;
  state[3] = (state[3] ?? 0) + d;
  state[4] = (state[4] ?? 0) + e;
  state[5] = (state[5] ?? 0) + f;
  state[6] = (state[6] ?? 0) + g;
  state[7] = (state[7] ?? 0) + h;
}

/** §4.2.2: of the first 64 primes. */
export const constants = /* @__PURE__ */ highHalves(/* @__PURE__ */ cubeRoots.subarray(0, 128));
/** §5.3.3 */
export const initial = /* @__PURE__ */ highHalves(squareRoots);
const zeroSalt = /* @__PURE__ */ new Uint8Array(HASH_BYTES);
// Room to work in: of the hash that is being made, and of the key of HMAC that was taken last.
const words = /* @__PURE__ */ new Int32Array(64);
const state = /* @__PURE__ */ new Int32Array(8);
const inner = /* @__PURE__ */ new Int32Array(8);
const outer = /* @__PURE__ */ new Int32Array(8);
