/**
 * Inverses modulo p = 2²⁵⁵ − 19, by the division steps of D. J. Bernstein and B.-Y. Yang, "Fast constant-time gcd computation
 * and modular inversion" (TCHES 2019), in a fraction of the time of a power with 254 squarings.
 *
 * A division step halves g, after f was added to it or taken from it if it was odd; now and then they change places. From
 * f = p and g = a they come to f = ±1 and g = 0. The same is done modulo p to d and e, which begin with 0 and 1, so that
 * d·a ≡ f and e·a ≡ g at all times: at the end d is 1/a, or its negative.
 *
 * What 26 steps do depends on the lowest 26 bits alone, and is one multiplication of both pairs by a matrix (§9 there).
 * Numbers are ten digits of 26 bits, lowest first, the last with a sign. The steps are the same whatever the numbers.
 *
 * @module
 */

export const DIGIT_BITS = 26;
export const DIGITS = 10;

/** Puts 1/a in the place of `a`, digits of 0 to p − 1: between −12p and 12p, or 0 for 0. */
export function invertDigits(a: Float64Array): void {
  f.fill(0);
  f[0] = P_LOWEST;
  f[DIGITS - 1] = P_HIGHEST;
  g.set(a);
  d.fill(0);
  e.fill(0);
  e[0] = 1;
  let count = -1;
  for (let batch = 0; batch < BATCHES; batch++) {
    count = findMatrix(count, f[0] ?? 0, g[0] ?? 0);
    multiplyByMatrix(f, g, false);
    multiplyByMatrix(d, e, true);
  }
  const sign = (f[DIGITS - 1] ?? 0) < 0 ? -1 : 1;
  for (let i = 0; i < DIGITS; i++) a[i] = sign * (d[i] ?? 0);
}

/**
 * Of the next 26 steps, into `matrix`: f·uf + g·ug and f·vf + g·vg are what they make of f and g, times 2²⁶. `count` is
 * −½ − δ with the δ of the paper, which begins with ½ here, as P. Wuille proposed: then 590 steps do for numbers of 256 bits
 * (`bitcoin-core/secp256k1 doc/safegcd_implementation.md`).
 */
function findMatrix(count: number, lowestOfF: number, lowestOfG: number): number {
  let f = lowestOfF | 0;
  let g = lowestOfG | 0;
  let uf = 1;
  let ug = 0;
  let vf = 0;
  let vg = 1;
  let left = count | 0;
  for (let step = 0; step < DIGIT_BITS; step++) {
    // Masks: all ones, or all zeros.
    const odd = -(g & 1) | 0;
    const exchange = odd & (left >> 31);
    left = ((left ^ exchange) - 1) | 0;
    g = (g + (((f ^ exchange) - exchange) & odd)) | 0;
    vf = (vf + (((uf ^ exchange) - exchange) & odd)) | 0;
    vg = (vg + (((ug ^ exchange) - exchange) & odd)) | 0;
    // The new g is g − f where they change places.
    f = (f + (g & exchange)) | 0;
    uf = (uf + (vf & exchange)) << 1;
    ug = (ug + (vg & exchange)) << 1;
    g >>= 1;
  }
  matrix[0] = uf;
  matrix[1] = ug;
  matrix[2] = vf;
  matrix[3] = vg;
  return left;
}

/** Both results are divided by 2²⁶, which may take as many times p as are missing for that where numbers are modulo p. */
function multiplyByMatrix(x: Float64Array, y: Float64Array, modP: boolean): void {
  const uf = matrix[0] ?? 0;
  const ug = matrix[1] ?? 0;
  const vf = matrix[2] ?? 0;
  const vg = matrix[3] ?? 0;
  const x0 = x[0] ?? 0;
  const y0 = y[0] ?? 0;
  const timesX = modP ? multipleOfP(uf, x0, ug, y0) : 0;
  const timesY = modP ? multipleOfP(vf, x0, vg, y0) : 0;
  let carryX = (uf * x0 + ug * y0 + timesX * P_LOWEST) * PER_DIGIT;
  let carryY = (vf * x0 + vg * y0 + timesY * P_LOWEST) * PER_DIGIT;
  for (let i = 1; i < DIGITS; i++) {
    const xi = x[i] ?? 0;
    const yi = y[i] ?? 0;
    const ofP = i === DIGITS - 1 ? P_HIGHEST : 0;
    const sumX = uf * xi + ug * yi + timesX * ofP + carryX;
    const sumY = vf * xi + vg * yi + timesY * ofP + carryY;
    carryX = Math.floor(sumX * PER_DIGIT);
    carryY = Math.floor(sumY * PER_DIGIT);
    x[i - 1] = sumX - carryX * DIGIT;
    y[i - 1] = sumY - carryY * DIGIT;
  }
  x[DIGITS - 1] = carryX;
  y[DIGITS - 1] = carryY;
}

/** The least multiple, of either sign, that makes the lowest 26 bits of a·x + b·y zero. */
function multipleOfP(a: number, x: number, b: number, y: number): number {
  const multiple = Math.imul(Math.imul(a, x) + Math.imul(b, y), INVERSE_OF_19);
  return (multiple << (32 - DIGIT_BITS)) >> (32 - DIGIT_BITS);
}

const DIGIT = 2 ** DIGIT_BITS;
const PER_DIGIT = 1 / DIGIT;
const BATCHES = Math.ceil(590 / DIGIT_BITS);
/** p has only these two digits. */
const P_LOWEST = -19;
const P_HIGHEST = 2 ** (255 - DIGIT_BITS * (DIGITS - 1));
/** Modulo 2²⁶. */
const INVERSE_OF_19 = 7064091;

// Room to work in.
const f = /* @__PURE__ */ new Float64Array(DIGITS);
const g = /* @__PURE__ */ new Float64Array(DIGITS);
const d = /* @__PURE__ */ new Float64Array(DIGITS);
const e = /* @__PURE__ */ new Float64Array(DIGITS);
// uf, ug, vf, vg: the matrix that was found last.
const matrix = /* @__PURE__ */ new Int32Array(4);
