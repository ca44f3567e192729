/** BLAKE3 (the paper of its authors, 2020) in plain JavaScript: of its modes that of a hash, of its outputs that of 32 bytes. */

import { concatBytes } from './bytes.ts';
import type { Hash } from './hash.ts';
import { highHalves, squareRoots } from './prime-roots.ts';

export const CHUNK_BYTES = 1024;
export const BLOCK_BYTES = 64;

/** §2.2, table 1: that of SHA-256. */
export const iv = /* @__PURE__ */ highHalves(squareRoots);

/** Table 3. */
export const flags = { chunkStart: 1, chunkEnd: 2, parent: 4, root: 8 } as const;

/** Table 2, seven times over: which word of the message each step of a round takes. */
export const schedule = /* @__PURE__ */ rounds([2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]);

const digest = (data: Uint8Array): Uint8Array => subtree(data, 0, flags.root);

export const blake3: Hash = /* @__PURE__ */ Object.assign(digest, {
  blockBytes: BLOCK_BYTES,
  digestBytes: 32,
});

/** §2.1 and §2.4: the left of two subtrees is complete, and has at least as many chunks as the right one. */
function subtree(data: Uint8Array, firstChunk: number, root: number): Uint8Array {
  if (data.length <= CHUNK_BYTES) return chunk(data, firstChunk, root);
  const left = 2 ** Math.floor(Math.log2((data.length - 1) / CHUNK_BYTES));
  const middle = left * CHUNK_BYTES;
  const children = concatBytes(
    subtree(data.subarray(0, middle), firstChunk, 0),
    subtree(data.subarray(middle), firstChunk + left, 0),
  );
  return bytesOf(compress(iv, children, 0, flags.parent | root));
}

/** §2.4: the last of its blocks is filled up with zeros. */
function chunk(data: Uint8Array, index: number, root: number): Uint8Array {
  let value = iv;
  let flag: number = flags.chunkStart;
  for (let at = 0; ; at += BLOCK_BYTES) {
    const isLast = at + BLOCK_BYTES >= data.length;
    if (isLast) flag |= flags.chunkEnd | root;
    value = compress(value, data.subarray(at, at + BLOCK_BYTES), index, flag);
    if (isLast) return bytesOf(value);
    flag = 0;
  }
}

/** §2.2: the first half of what it gives. */
function compress(value: Int32Array, block: Uint8Array, counter: number, flag: number): Int32Array {
  const padded = new Uint8Array(BLOCK_BYTES);
  padded.set(block);
  const message = new DataView(padded.buffer);
  const v = new Int32Array(16);
  v.set(value);
  v.set(iv.subarray(0, 4), 8);
  v[12] = counter;
  v[13] = counter / 2 ** 32;
  v[14] = block.length;
  v[15] = flag;
  for (let step = 0; step < 56; step++) {
    // Four steps on the columns of the 4×4 words, four on the diagonals.
    const turn = (step >> 2) & 1;
    const a = step & 3;
    const b = 4 + ((a + turn) & 3);
    const c = 8 + ((a + 2 * turn) & 3);
    const d = 12 + ((a + 3 * turn) & 3);
    halfStep(v, a, b, c, d, message.getInt32(schedule[2 * step] ?? 0, true), 16, 12);
    halfStep(v, a, b, c, d, message.getInt32(schedule[2 * step + 1] ?? 0, true), 8, 7);
  }
  const next = v.slice(0, 8);
  for (let i = 0; i < 8; i++) next[i] = (next[i] ?? 0) ^ (v[i + 8] ?? 0);
  return next;
}

/** §2.2: half of the function G. */
function halfStep(
  v: Int32Array,
  a: number,
  b: number,
  c: number,
  d: number,
  word: number,
  first: number,
  second: number,
): void {
  const sum = ((v[a] ?? 0) + (v[b] ?? 0) + word) | 0;
  const left = turned((v[d] ?? 0) ^ sum, first);
  const other = ((v[c] ?? 0) + left) | 0;
  v[a] = sum;
  v[d] = left;
  v[c] = other;
  v[b] = turned((v[b] ?? 0) ^ other, second);
}

function turned(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** In bytes from the start of the block. */
function rounds(permutation: readonly number[]): Uint8Array {
  let words = permutation.map((_, i) => i);
  const all: number[] = [];
  for (let round = 0; round < 7; round++) {
    all.push(...words.map(word => 4 * word));
    words = permutation.map(from => words[from] ?? 0);
  }
  return Uint8Array.from(all);
}

function bytesOf(words: Int32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * words.length));
  for (const [i, word] of words.entries()) view.setInt32(4 * i, word, true);
  return new Uint8Array(view.buffer);
}
