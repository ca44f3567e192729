/**
 * AES (FIPS 197) in plain JavaScript, encryption only: counter modes need no more. By one table of 1 KiB, which stays in the
 * nearest cache of the processor, where those of @noble, 512 KiB, do not; a look-up depends on the data, as there.
 *
 * A column of the state is a 32-bit word, its first byte the highest.
 *
 * @module
 */

const BLOCK_BYTES = 16;

export class Aes {
  /** Four words for each round, and four before the first. */
  readonly #roundKeys: Int32Array;

  /** @param key of 16, 24 or 32 bytes */
  constructor(key: Uint8Array) {
    this.#roundKeys = expandKey(key);
  }

  /** Whole blocks, each by itself. */
  encryptBlocks(blocks: Uint8Array): Uint8Array {
    const output = new Uint8Array(blocks.length);
    const from = new DataView(blocks.buffer, blocks.byteOffset, blocks.length);
    const to = new DataView(output.buffer);
    const state = new Int32Array(4);
    for (let at = 0; at < blocks.length; at += BLOCK_BYTES) {
      for (let i = 0; i < 4; i++) state[i] = from.getInt32(at + 4 * i);
      encrypt(this.#roundKeys, state);
      for (let i = 0; i < 4; i++) to.setInt32(at + 4 * i, state[i] ?? 0);
    }
    return output;
  }

  /** Counter mode: the counter is the whole block, big-endian (NIST SP 800-38A §6.5). */
  applyCounter(iv: Uint8Array, data: Uint8Array): Uint8Array {
    const output = new Uint8Array(BLOCK_BYTES * Math.ceil(data.length / BLOCK_BYTES));
    output.set(data);
    const view = new DataView(output.buffer);
    const counter = new Int32Array(4);
    const state = new Int32Array(4);
    const first = new DataView(iv.buffer, iv.byteOffset, BLOCK_BYTES);
    for (let i = 0; i < 4; i++) counter[i] = first.getInt32(4 * i);
    for (let at = 0; at < output.length; at += BLOCK_BYTES) {
      for (let i = 0; i < 4; i++) state[i] = counter[i] ?? 0;
      encrypt(this.#roundKeys, state);
      for (let i = 0; i < 4; i++) view.setInt32(at + 4 * i, view.getInt32(at + 4 * i) ^ (state[i] ?? 0));
      increment(counter);
    }
    return output.subarray(0, data.length);
  }
}

/** FIPS 197 §5.1, three steps of a round in one table: SubBytes and MixColumns by look-up, ShiftRows by who is looked up. */
function encrypt(roundKeys: Int32Array, state: Int32Array): void {
  const { sBox, table } = tables();
  let a = (state[0] ?? 0) ^ (roundKeys[0] ?? 0);
  let b = (state[1] ?? 0) ^ (roundKeys[1] ?? 0);
  let c = (state[2] ?? 0) ^ (roundKeys[2] ?? 0);
  let d = (state[3] ?? 0) ^ (roundKeys[3] ?? 0);
  const last = roundKeys.length - 4;
  for (let k = 4; k < last; k += 4) {
    const e = column(table, a, b, c, d) ^ (roundKeys[k] ?? 0);
    const f = column(table, b, c, d, a) ^ (roundKeys[k + 1] ?? 0);
    const g = column(table, c, d, a, b) ^ (roundKeys[k + 2] ?? 0);
    d = column(table, d, a, b, c) ^ (roundKeys[k + 3] ?? 0);
    a = e;
    b = f;
    c = g;
  }
  state[0] = lastColumn(sBox, a, b, c, d) ^ (roundKeys[last] ?? 0);
  state[1] = lastColumn(sBox, b, c, d, a) ^ (roundKeys[last + 1] ?? 0);
  state[2] = lastColumn(sBox, c, d, a, b) ^ (roundKeys[last + 2] ?? 0);
  state[3] = lastColumn(sBox, d, a, b, c) ^ (roundKeys[last + 3] ?? 0);
}

/** What the highest byte of the first word, the next of the second, and so on, give together. */
function column(table: Int32Array, a: number, b: number, c: number, d: number): number {
  const second = table[(b >>> 16) & 0xff] ?? 0;
  const third = table[(c >>> 8) & 0xff] ?? 0;
  const fourth = table[d & 0xff] ?? 0;
  return (
    (table[a >>> 24] ?? 0) ^
    ((second >>> 8) | (second << 24)) ^
    ((third >>> 16) | (third << 16)) ^
    ((fourth >>> 24) | (fourth << 8))
  );
}

/** Without MixColumns. */
function lastColumn(sBox: Uint8Array, a: number, b: number, c: number, d: number): number {
  return (
    ((sBox[a >>> 24] ?? 0) << 24) |
    ((sBox[(b >>> 16) & 0xff] ?? 0) << 16) |
    ((sBox[(c >>> 8) & 0xff] ?? 0) << 8) |
    (sBox[d & 0xff] ?? 0)
  );
}

/** FIPS 197 §5.2. */
function expandKey(key: Uint8Array): Int32Array {
  const { sBox } = tables();
  const keyWords = key.length / 4;
  const words = new Int32Array(4 * (keyWords + 7));
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  for (let i = 0; i < keyWords; i++) words[i] = view.getInt32(4 * i);
  let roundConstant = 1;
  for (let i = keyWords; i < words.length; i++) {
    let word = words[i - 1] ?? 0;
    if (i % keyWords === 0) {
      word = substituted(sBox, (word << 8) | (word >>> 24)) ^ (roundConstant << 24);
      roundConstant = doubled(roundConstant);
    } else if (keyWords > 6 && i % keyWords === 4) word = substituted(sBox, word);
    words[i] = (words[i - keyWords] ?? 0) ^ word;
  }
  return words;
}

function substituted(sBox: Uint8Array, word: number): number {
  return lastColumn(sBox, word, word, word, word);
}

function increment(counter: Int32Array): void {
  for (let i = 3; i >= 0; i--) {
    const word = ((counter[i] ?? 0) + 1) | 0;
    counter[i] = word;
    if (word !== 0) return;
  }
}

interface Tables {
  readonly sBox: Uint8Array;
  /** By byte: its S-box value times 2, 1, 1, 3. */
  readonly table: Int32Array;
}

/** Made on first use. */
function tables(): Tables {
  made ??= makeTables();
  return made;
}

let made: Tables | undefined;

/** FIPS 197 §4.2 and §5.1.1: inverses by the powers of 3, then the affine map. */
function makeTables(): Tables {
  const powers = new Uint8Array(255);
  for (let i = 0, power = 1; i < 255; i++, power ^= doubled(power)) powers[i] = power;
  const [sBox, table] = [new Uint8Array(256), new Int32Array(256)];
  for (let byte = 0; byte < 256; byte++) {
    const inverse = byte === 0 ? 0 : (powers[(255 - powers.indexOf(byte)) % 255] ?? 0);
    const spread = inverse * 0x101;
    const value = (spread ^ (spread >> 4) ^ (spread >> 5) ^ (spread >> 6) ^ (spread >> 7) ^ 0x63) & 0xff;
    sBox[byte] = value;
    table[byte] = (doubled(value) << 24) | (value << 16) | (value << 8) | (doubled(value) ^ value);
  }
  return { sBox, table };
}

/** In the field of 256 elements. */
export function doubled(byte: number): number {
  return (byte << 1) ^ (byte & 0x80 ? 0x11b : 0);
}
