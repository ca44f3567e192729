/**
 * Arithmetic modulo p = 2²⁵⁵ − 19 in floating point, which JavaScript multiplies much faster than BigInt.
 *
 * As in D. J. Bernstein, "Curve25519: new Diffie-Hellman speed records" (PKC 2006), §4, with the 53 bits that a number here
 * has: an element is the sum of twelve numbers, the i-th a multiple of 2^⌈21.25·i⌉, so that products need no shifts. A
 * result has about 21 bits in each, of either sign. Sums and differences are not carried; those of up to three results
 * may be multiplied, for then no sum of twelve products, eleven of them times 19, is above 53 bits: nothing is ever rounded.
 *
 * There is neither a branch nor a look-up that depends on an element's value.
 *
 * @module
 */

import { DIGIT_BITS, DIGITS, invertDigits } from './inverse25519.ts';

/** With names for the twelve places, which are always there. */
export type FieldElement = Float64Array & Record<0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11, number>;

/** @param value from 0 and below p */
export function fieldElement(value = 0n): FieldElement {
  const element = new Float64Array(LIMBS) as FieldElement;
  if (value < limbSize(0)) element[0] = Number(value);
  else
    for (const [i, unit] of units.entries()) element[i] = Number((value / BigInt(unit)) % BigInt(limbSize(i))) * unit;
  return element;
}

/** RFC 7748 §5: 32 bytes, little-endian, the top bit ignored; a value of p or more is taken modulo p. */
export function decodeField(out: FieldElement, bytes: Uint8Array): void {
  for (let i = 0; i < LIMBS; i++) {
    out[i] = (bitsAt(bytes, limbPlace(i)) & (limbSize(i) - 1)) * (units[i] ?? 0);
  }
}

/** From that bit on: 25 at least, and 32 where a byte begins with it. */
function bitsAt(bytes: Uint8Array, start: number): number {
  const at = start >> 3;
  const word =
    (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  return word >>> (start & 7);
}

/** The same bytes for all representations of a value: those of the least. */
export function encodeField(a: FieldElement): Uint8Array {
  takeWholeNumbers(a);
  // p or more is what 19 more carry to 2²⁵⁵.
  plus19.set(limbs);
  plus19[0] = (plus19[0] ?? 0) + 19;
  limbs[0] = (limbs[0] ?? 0) + 19 * propagate(plus19);
  propagate(limbs);

  const bytes = new Uint8Array(32);
  let [bits, held, at] = [0, 0, 0];
  for (let i = 0; i < LIMBS; i++) {
    bits |= (limbs[i] ?? 0) << held;
    for (held += i % 4 === 0 ? 22 : 21; held >= 8; held -= 8) {
      bytes[at++] = bits;
      bits >>>= 8;
    }
  }
  bytes[at] = bits;
  return bytes;
}

/** A result, or the sum of two, kept as twelve integers. */
export function storeField(integers: Int32Array, at: number, a: FieldElement): void {
  for (let i = 0; i < LIMBS; i++) integers[at + i] = (a[i] ?? 0) / (units[i] ?? 1);
}

export function loadField(out: FieldElement, integers: Int32Array, at: number): void {
  out[0] = integers[at] ?? 0;
  out[1] = (integers[at + 1] ?? 0) * 2 ** 22;
  out[2] = (integers[at + 2] ?? 0) * 2 ** 43;
  out[3] = (integers[at + 3] ?? 0) * 2 ** 64;
  out[4] = (integers[at + 4] ?? 0) * 2 ** 85;
  out[5] = (integers[at + 5] ?? 0) * 2 ** 107;
  out[6] = (integers[at + 6] ?? 0) * 2 ** 128;
  out[7] = (integers[at + 7] ?? 0) * 2 ** 149;
  out[8] = (integers[at + 8] ?? 0) * 2 ** 170;
  out[9] = (integers[at + 9] ?? 0) * 2 ** 192;
  out[10] = (integers[at + 10] ?? 0) * 2 ** 213;
  out[11] = (integers[at + 11] ?? 0) * 2 ** 234;
}

export function add(out: FieldElement, a: FieldElement, b: FieldElement): void {
  out[0] = a[0] + b[0];
  out[1] = a[1] + b[1];
  out[2] = a[2] + b[2];
  out[3] = a[3] + b[3];
  out[4] = a[4] + b[4];
  out[5] = a[5] + b[5];
  out[6] = a[6] + b[6];
  out[7] = a[7] + b[7];
  out[8] = a[8] + b[8];
  out[9] = a[9] + b[9];
  out[10] = a[10] + b[10];
  out[11] = a[11] + b[11];
}

export function subtract(out: FieldElement, a: FieldElement, b: FieldElement): void {
  out[0] = a[0] - b[0];
  out[1] = a[1] - b[1];
  out[2] = a[2] - b[2];
  out[3] = a[3] - b[3];
  out[4] = a[4] - b[4];
  out[5] = a[5] - b[5];
  out[6] = a[6] - b[6];
  out[7] = a[7] - b[7];
  out[8] = a[8] - b[8];
  out[9] = a[9] - b[9];
  out[10] = a[10] - b[10];
  out[11] = a[11] - b[11];
}

/** Exchanges a and b where `swap` is 1 and not where it is 0, by the same steps. */
export function exchange(a: FieldElement, b: FieldElement, swap: number): void {
  for (let i = 0; i < LIMBS; i++) {
    const difference = swap * ((a[i] ?? 0) - (b[i] ?? 0));
    a[i] = (a[i] ?? 0) - difference;
    b[i] = (b[i] ?? 0) + difference;
  }
}

/** out = a·b. Either may be a sum of up to three results, and `out` itself. */
export function multiply(out: FieldElement, a: FieldElement, b: FieldElement): void {
  // biome-ignore format: in rows
  const
    a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5],
    a6 = a[6], a7 = a[7], a8 = a[8], a9 = a[9], a10 = a[10], a11 = a[11],
    b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3], b4 = b[4], b5 = b[5],
    b6 = b[6], b7 = b[7], b8 = b[8], b9 = b[9], b10 = b[10], b11 = b[11],
    c1 = FOLD * b1, c2 = FOLD * b2, c3 = FOLD * b3, c4 = FOLD * b4, c5 = FOLD * b5, c6 = FOLD * b6,
    c7 = FOLD * b7, c8 = FOLD * b8, c9 = FOLD * b9, c10 = FOLD * b10, c11 = FOLD * b11;
  // biome-ignore format: in rows
  const
    h0 = a0 * b0 + a1 * c11 + a2 * c10 + a3 * c9 + a4 * c8 + a5 * c7 +
      a6 * c6 + a7 * c5 + a8 * c4 + a9 * c3 + a10 * c2 + a11 * c1,
    h1 = a0 * b1 + a1 * b0 + a2 * c11 + a3 * c10 + a4 * c9 + a5 * c8 +
      a6 * c7 + a7 * c6 + a8 * c5 + a9 * c4 + a10 * c3 + a11 * c2,
    h2 = a0 * b2 + a1 * b1 + a2 * b0 + a3 * c11 + a4 * c10 + a5 * c9 +
      a6 * c8 + a7 * c7 + a8 * c6 + a9 * c5 + a10 * c4 + a11 * c3,
    h3 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + a4 * c11 + a5 * c10 +
      a6 * c9 + a7 * c8 + a8 * c7 + a9 * c6 + a10 * c5 + a11 * c4,
    h4 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + a5 * c11 +
      a6 * c10 + a7 * c9 + a8 * c8 + a9 * c7 + a10 * c6 + a11 * c5,
    h5 = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 +
      a6 * c11 + a7 * c10 + a8 * c9 + a9 * c8 + a10 * c7 + a11 * c6,
    h6 = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 +
      a6 * b0 + a7 * c11 + a8 * c10 + a9 * c9 + a10 * c8 + a11 * c7,
    h7 = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 +
      a6 * b1 + a7 * b0 + a8 * c11 + a9 * c10 + a10 * c9 + a11 * c8,
    h8 = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 +
      a6 * b2 + a7 * b1 + a8 * b0 + a9 * c11 + a10 * c10 + a11 * c9,
    h9 = a0 * b9 + a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 +
      a6 * b3 + a7 * b2 + a8 * b1 + a9 * b0 + a10 * c11 + a11 * c10,
    h10 = a0 * b10 + a1 * b9 + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 +
      a6 * b4 + a7 * b3 + a8 * b2 + a9 * b1 + a10 * b0 + a11 * c11,
    h11 = a0 * b11 + a1 * b10 + a2 * b9 + a3 * b8 + a4 * b7 + a5 * b6 +
      a6 * b5 + a7 * b4 + a8 * b3 + a9 * b2 + a10 * b1 + a11 * b0;
  out[0] = h0;
  out[1] = h1;
  out[2] = h2;
  out[3] = h3;
  out[4] = h4;
  out[5] = h5;
  out[6] = h6;
  out[7] = h7;
  out[8] = h8;
  out[9] = h9;
  out[10] = h10;
  out[11] = h11;
  carry(out);
}

/** out = a². */
export function square(out: FieldElement, a: FieldElement): void {
  // biome-ignore format: in rows
  const
    a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5],
    a6 = a[6], a7 = a[7], a8 = a[8], a9 = a[9], a10 = a[10], a11 = a[11],
    d0 = 2 * a0, d1 = 2 * a1, d2 = 2 * a2, d3 = 2 * a3, d4 = 2 * a4, d5 = 2 * a5,
    d6 = 2 * a6, d7 = 2 * a7, d8 = 2 * a8, d9 = 2 * a9, d10 = 2 * a10,
    c6 = FOLD * a6, c7 = FOLD * a7, c8 = FOLD * a8, c9 = FOLD * a9, c10 = FOLD * a10, c11 = FOLD * a11;
  out[0] = a0 * a0 + d1 * c11 + d2 * c10 + d3 * c9 + d4 * c8 + d5 * c7 + a6 * c6;
  out[1] = d0 * a1 + d2 * c11 + d3 * c10 + d4 * c9 + d5 * c8 + d6 * c7;
  out[2] = d0 * a2 + a1 * a1 + d3 * c11 + d4 * c10 + d5 * c9 + d6 * c8 + a7 * c7;
  out[3] = d0 * a3 + d1 * a2 + d4 * c11 + d5 * c10 + d6 * c9 + d7 * c8;
  out[4] = d0 * a4 + d1 * a3 + a2 * a2 + d5 * c11 + d6 * c10 + d7 * c9 + a8 * c8;
  out[5] = d0 * a5 + d1 * a4 + d2 * a3 + d6 * c11 + d7 * c10 + d8 * c9;
  out[6] = d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3 + d7 * c11 + d8 * c10 + a9 * c9;
  out[7] = d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4 + d8 * c11 + d9 * c10;
  out[8] = d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4 + d9 * c11 + a10 * c10;
  out[9] = d0 * a9 + d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5 + d10 * c11;
  out[10] = d0 * a10 + d1 * a9 + d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5 + a11 * c11;
  out[11] = d0 * a11 + d1 * a10 + d2 * a9 + d3 * a8 + d4 * a7 + d5 * a6;
  carry(out);
}

/** out = 1/a, and 0 of 0. */
export function invert(out: FieldElement, a: FieldElement): void {
  const bytes = encodeField(a);
  for (let i = 0; i < DIGITS; i++) digits[i] = bitsAt(bytes, DIGIT_BITS * i) & DIGIT_MASK;
  invertDigits(digits);
  out.fill(0);
  // No two digits begin in the same limb.
  for (let i = 0; i < DIGITS; i++) out[Math.floor((DIGIT_BITS * i) / 21.25)] = (digits[i] ?? 0) * (digitUnits[i] ?? 0);
  carry(out);
}

/** out = a^((p−5)/8), for square roots: RFC 8032 §5.1.3. It is not `a` itself. */
export function power252(out: FieldElement, a: FieldElement): void {
  square(x, a);
  squareTimes(y, x, 2);
  multiply(y, y, a); // 9
  multiply(x, y, x); // 11
  square(x, x);
  multiply(x, x, y); // 2⁵ − 1
  squareTimes(y, x, 5);
  multiply(x, y, x); // 2¹⁰ − 1
  squareTimes(y, x, 10);
  multiply(y, y, x); // 2²⁰ − 1
  squareTimes(z, y, 20);
  multiply(y, z, y); // 2⁴⁰ − 1
  squareTimes(y, y, 10);
  multiply(x, y, x); // 2⁵⁰ − 1
  squareTimes(y, x, 50);
  multiply(y, y, x); // 2¹⁰⁰ − 1
  squareTimes(z, y, 100);
  multiply(y, z, y); // 2²⁰⁰ − 1
  squareTimes(y, y, 50);
  multiply(x, y, x); // 2²⁵⁰ − 1
  squareTimes(out, x, 2);
  multiply(out, out, a);
}

function squareTimes(out: FieldElement, a: FieldElement, times: number): void {
  square(out, a);
  for (let i = 1; i < times; i++) square(out, out);
}

/**
 * Takes from each limb what is a multiple of the next one's unit, and adds it there: one after the other, beginning at two
 * places, so that a processor need not wait for either; and once more where the two ended.
 */
function carry(h: FieldElement): void {
  // Adding the constant rounds to a multiple of its last place, which is the unit of the next limb.
  // biome-ignore format: in rows
  const
    h0 = h[0], h1 = h[1], h2 = h[2], h3 = h[3], h4 = h[4], h5 = h[5],
    h6 = h[6], h7 = h[7], h8 = h[8], h9 = h[9], h10 = h[10], h11 = h[11],
    q0 = h0 + 3 * 2 ** 73 - 3 * 2 ** 73, a1 = h1 + q0, q6 = h6 + 3 * 2 ** 200 - 3 * 2 ** 200, a7 = h7 + q6,
    q1 = a1 + 3 * 2 ** 94 - 3 * 2 ** 94, a2 = h2 + q1, q7 = a7 + 3 * 2 ** 221 - 3 * 2 ** 221, a8 = h8 + q7,
    q2 = a2 + 3 * 2 ** 115 - 3 * 2 ** 115, a3 = h3 + q2, q8 = a8 + 3 * 2 ** 243 - 3 * 2 ** 243, a9 = h9 + q8,
    q3 = a3 + 3 * 2 ** 136 - 3 * 2 ** 136, a4 = h4 + q3, q9 = a9 + 3 * 2 ** 264 - 3 * 2 ** 264, a10 = h10 + q9,
    q4 = a4 + 3 * 2 ** 158 - 3 * 2 ** 158, a5 = h5 + q4, q10 = a10 + 3 * 2 ** 285 - 3 * 2 ** 285, a11 = h11 + q10,
    q5 = a5 + 3 * 2 ** 179 - 3 * 2 ** 179, a6 = h6 - q6 + q5,
    q11 = a11 + 3 * 2 ** 306 - 3 * 2 ** 306, a0 = h0 - q0 + FOLD * q11,
    again0 = a0 + 3 * 2 ** 73 - 3 * 2 ** 73, again6 = a6 + 3 * 2 ** 200 - 3 * 2 ** 200;
  h[0] = a0 - again0;
  h[1] = a1 - q1 + again0;
  h[2] = a2 - q2;
  h[3] = a3 - q3;
  h[4] = a4 - q4;
  h[5] = a5 - q5;
  h[6] = a6 - again6;
  h[7] = a7 - q7 + again6;
  h[8] = a8 - q8;
  h[9] = a9 - q9;
  h[10] = a10 - q10;
  h[11] = a11 - q11;
}

/** Into `limbs`, without sign, as multiples of 1. */
function takeWholeNumbers(a: FieldElement): void {
  for (let i = 0; i < LIMBS; i++) limbs[i] = (a[i] ?? 0) / (units[i] ?? 1);
  // The second and third time are for what has wrapped around.
  for (let pass = 0; pass < 3; pass++) {
    const carried = propagate(limbs);
    limbs[0] = (limbs[0] ?? 0) + 19 * carried;
  }
}

/** Carries upwards until no limb is below zero or too large; what goes beyond 2²⁵⁵ is the result. */
function propagate(limbs: Float64Array): number {
  let carried = 0;
  for (let i = 0; i < LIMBS; i++) {
    const sum = (limbs[i] ?? 0) + carried;
    carried = Math.floor(sum / limbSize(i));
    limbs[i] = sum - carried * limbSize(i);
  }
  return carried;
}

/** The binary logarithm of its unit. */
export function limbPlace(i: number): number {
  return Math.ceil(21.25 * i);
}

/** In units of its own: the next unit. */
function limbSize(i: number): number {
  return i % 4 === 0 ? 2 ** 22 : 2 ** 21;
}

export const LIMBS = 12;
/** The i-th limb is a multiple of this. */
const units = /* @__PURE__ */ Float64Array.from({ length: LIMBS }, (_, i) => 2 ** limbPlace(i));
/** What a limb of 2²⁵⁵ and more is to the element. */
export const FOLD = 19 * 2 ** -255;
// Room for what is encoded.
const limbs = /* @__PURE__ */ new Float64Array(LIMBS);
const plus19 = /* @__PURE__ */ new Float64Array(LIMBS);
const DIGIT_MASK = 2 ** DIGIT_BITS - 1;
const digitUnits = /* @__PURE__ */ Float64Array.from({ length: DIGITS }, (_, i) => 2 ** (DIGIT_BITS * i));
// Room for what is inverted.
const digits = /* @__PURE__ */ new Float64Array(DIGITS);
// Room for powers.
const x = /* @__PURE__ */ fieldElement();
const y = /* @__PURE__ */ fieldElement();
const z = /* @__PURE__ */ fieldElement();
