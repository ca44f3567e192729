/**
 * Multiples of one point, with which others are sums of a few: Σ dᵢ·32ⁱ·P for a scalar Σ dᵢ·32ⁱ with digits from −15 to 16.
 * No doublings are left to be done.
 *
 * @module
 */

import {
  type Addend,
  addendOf,
  addTo,
  affineAddend,
  copyPoint,
  double,
  type EdwardsPoint,
  encodeU,
  neutralPoint,
  setAffine,
} from './edwards.ts';
import { fieldElement, invert, LIMBS, loadField, multiply, storeField } from './field25519.ts';
import { littleEndian, type ScalarProduct } from './scalar-product.ts';

/** 51 digits of five bits are more than the 253 of a scalar; each can be 1 to 16, or the negative. */
export const DIGITS = 51;
export const MULTIPLES = 16;
/** A multiple is affine, as an addend: y + x, y − x, 2d·xy. */
export const ENTRY = 3 * LIMBS;
/** 115 KiB. */
export const TABLE_BYTES = 4 * DIGITS * MULTIPLES * ENTRY;

/** All multiples of one digit. */
const ROW = MULTIPLES * ENTRY;

/** Made row by row, so that nobody has to wait for all of it: empty at first. */
export class PointTable {
  readonly #entries: Int32Array;
  #rows = 0;
  /** The point times 32ⁱ, of the first row that is missing. */
  #unit: Addend;

  /** @param entries room for the table */
  constructor(point: EdwardsPoint, entries = new Int32Array(DIGITS * ROW)) {
    this.#entries = entries;
    this.#unit = addendOf(point);
  }

  get isComplete(): boolean {
    return this.#rows === DIGITS;
  }

  /** Makes some more rows, or all that are missing. Seven take as long as four multiplications. */
  extend(rows: number = DIGITS): void {
    const from = this.#rows;
    this.#rows = Math.min(DIGITS, from + rows);
    const entries = this.#entries.subarray(from * ROW, this.#rows * ROW);
    if (entries.length === 0) return;
    this.#unit = fillWithMultiples(entries, this.#unit);
    makeAffine(entries);
  }

  /**
   * The u-coordinate of the multiple, by a complete table. The point is one of the prime subgroup. Look-ups depend on the
   * scalar, which is variable time: for one that lives for one packet.
   */
  multiply(product: ScalarProduct): Uint8Array {
    copyPoint(sum, neutral);
    const digits = signedDigits(littleEndian(product));
    for (let i = 0; i < DIGITS; i++) {
      const digit = digits[i] ?? 0;
      if (digit === 0) continue;
      const at = ENTRY * (MULTIPLES * i + Math.abs(digit) - 1);
      loadAddend(this.#entries, at);
      addTo(sum, addend, digit < 0);
    }
    return encodeU(sum);
  }
}

/** The entry at `at`, into `addend`. */
function loadAddend(entries: Int32Array, at: number): void {
  loadField(addend.plus, entries, at);
  loadField(addend.minus, entries, at + LIMBS);
  loadField(addend.twiceDT, entries, at + 2 * LIMBS);
}

/** X, Y, Z of 1·P to 16·P, of 32·P to 512·P, and so on. Returns the P of the row behind them. */
function fillWithMultiples(entries: Int32Array, first: Addend): Addend {
  let unit = first;
  for (let at = 0; at < entries.length; ) {
    const multiple = neutralPoint();
    for (let times = 1; times <= MULTIPLES; times++, at += ENTRY) {
      addTo(multiple, unit);
      storeField(entries, at, multiple.X);
      storeField(entries, at + LIMBS, multiple.Y);
      storeField(entries, at + 2 * LIMBS, multiple.Z);
    }
    double(multiple);
    unit = addendOf(multiple);
  }
  return unit;
}

/**
 * X, Y, Z of every entry become an affine addend, in place. All Z are inverted by one inversion: that of their product,
 * from which the factors are taken off one by one (Montgomery, "Speeding the Pollard and elliptic curve methods", §10.3.1).
 */
function makeAffine(entries: Int32Array): void {
  const [X, Y, Z, inverse] = [fieldElement(), fieldElement(), fieldElement(), fieldElement(1n)];
  const before = new Int32Array(entries.length / 3);
  for (let at = 0; at < entries.length; at += ENTRY) {
    storeField(before, at / 3, inverse);
    loadField(Z, entries, at + 2 * LIMBS);
    multiply(inverse, inverse, Z);
  }
  invert(inverse, inverse);
  for (let at = entries.length - ENTRY; at >= 0; at -= ENTRY) {
    loadField(X, entries, at);
    loadField(Y, entries, at + LIMBS);
    loadField(Z, before, at / 3);
    multiply(Z, Z, inverse);
    multiply(X, X, Z);
    multiply(Y, Y, Z);
    loadField(Z, entries, at + 2 * LIMBS);
    multiply(inverse, inverse, Z);
    setAffine(addend, X, Y);
    storeField(entries, at, addend.plus);
    storeField(entries, at + LIMBS, addend.minus);
    storeField(entries, at + 2 * LIMBS, addend.twiceDT);
  }
}

/** Base 32, from the lowest on: what is above 16 is 32 less, and one more of the next. */
export function signedDigits(bytes: Uint8Array): Int8Array {
  const digits = new Int8Array(DIGITS);
  let carry = 0;
  for (let i = 0; i < DIGITS; i++) {
    const at = (5 * i) >> 3;
    const bits = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    const digit = ((bits >> ((5 * i) & 7)) & 31) + carry;
    carry = (MULTIPLES - digit) >>> 31;
    digits[i] = digit - 32 * carry;
  }
  return digits;
}

const neutral = /* @__PURE__ */ neutralPoint();
// Room to work in.
const sum = /* @__PURE__ */ neutralPoint();
const addend = /* @__PURE__ */ affineAddend();
