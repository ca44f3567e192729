/** Floating-point numbers against BigInt. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  add,
  decodeField,
  encodeField,
  exchange,
  type FieldElement,
  fieldElement,
  invert,
  loadField,
  multiply,
  power252,
  square,
  storeField,
  subtract,
} from '../../src/crypto/field25519.ts';
import { hex, unhex } from '../support/bytes.ts';

const P = 2n ** 255n - 19n;

/** Small ones, those around p, and any. */
const values = fc.oneof(
  fc.bigInt(0n, 40n),
  fc.bigInt(P - 20n, P - 1n),
  fc.bigInt(0n, P - 1n),
  fc.constantFrom(2n ** 254n, 2n ** 234n - 1n, 2n ** 43n - 1n),
);

describe('an element of the field', () => {
  test('is encoded as its least value, and decoded from any', () => {
    for (let value = P - 30n; value < 2n ** 255n; value++) {
      const element = fieldElement();
      decodeField(element, bytesOf(value));
      expect(numberOf(element)).toBe(value % P);
      decodeField(element, bytesOf(value + 2n ** 255n));
      expect(numberOf(element)).toBe(value % P);
    }
    fc.assert(
      fc.property(values, value => {
        expect(numberOf(fieldElement(value))).toBe(value);
      }),
    );
  });

  test('is added, subtracted, multiplied and squared as BigInt does it, sums of several too', () => {
    const out = fieldElement();
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const [x, y, z] = [result(a), result(b), result(c)];
        add(out, x, y);
        expect(numberOf(out)).toBe((a + b) % P);
        subtract(out, x, y);
        expect(numberOf(out)).toBe((a - b + P) % P);
        multiply(out, out, z);
        expect(numberOf(out)).toBe(((a - b + P) * c) % P);
        square(out, x);
        expect(numberOf(out)).toBe((a * a) % P);
        // Three results times four of them, as in a doubling of points.
        subtract(x, x, y);
        subtract(x, x, z);
        const four = fieldElement();
        add(four, x, y);
        multiply(out, x, four);
        expect(numberOf(out)).toBe(modulo((a - b - c) * (a - c)));
      }),
      { numRuns: 1000 },
    );
  });

  test('is multiplied exactly where all limbs are as large as sums of results can be, of either sign', () => {
    const out = fieldElement();
    const signs = fc.array(fc.constantFrom(-1, 1), { minLength: 24, maxLength: 24 });
    fc.assert(
      fc.property(signs, signs => {
        const x = extreme(3, signs.slice(0, 12));
        const y = extreme(4, signs.slice(12));
        multiply(out, x, y);
        expect(numberOf(out)).toBe(modulo(exact(x) * exact(y)));
        square(out, y);
        expect(numberOf(out)).toBe(modulo(exact(y) * exact(y)));
      }),
    );
    for (const sign of [-1, 1]) {
      const x = extreme(3, new Array(12).fill(1));
      const y = extreme(4, new Array(12).fill(sign));
      multiply(out, x, y);
      expect(numberOf(out)).toBe(modulo(exact(x) * exact(y)));
    }
  });

  test('has an inverse, but for 0, and the power that roots are made of', () => {
    const out = fieldElement();
    fc.assert(
      fc.property(values, value => {
        invert(out, result(value));
        expect((numberOf(out) * value) % P).toBe(value === 0n ? 0n : 1n);
        power252(out, result(value));
        expect(numberOf(out)).toBe(power(value, (P - 5n) / 8n));
      }),
      { numRuns: 50 },
    );
  });

  test('is the same after it was kept as integers, and where it was exchanged for another', () => {
    const integers = new Int32Array(20);
    fc.assert(
      fc.property(values, values, (a, b) => {
        const [x, y] = [result(a), result(b)];
        storeField(integers, 5, x);
        exchange(x, y, 0);
        expect([numberOf(x), numberOf(y)]).toEqual([a, b]);
        exchange(x, y, 1);
        expect([numberOf(x), numberOf(y)]).toEqual([b, a]);
        loadField(x, integers, 5);
        expect(numberOf(x)).toBe(a);
      }),
    );
  });
});

/** As arithmetic leaves it, with limbs of either sign. */
function result(value: bigint): FieldElement {
  const element = fieldElement(value);
  multiply(element, element, fieldElement(1n));
  return element;
}

/** What so many results with the largest limbs add up to. */
function extreme(results: number, signs: readonly number[]): FieldElement {
  const element = fieldElement();
  for (const [i, sign] of signs.entries()) element[i] = sign * results * 1.03 * 2 ** (Math.ceil(21.25 * (i + 1)) - 1);
  for (const i of element.keys()) element[i] = wholeUnits(element[i] ?? 0, i);
  return element;
}

function wholeUnits(limb: number, i: number): number {
  const unit = 2 ** Math.ceil(21.25 * i);
  return Math.round(limb / unit) * unit;
}

function exact(element: FieldElement): bigint {
  return element.reduce((sum, limb) => sum + BigInt(limb), 0n);
}

function numberOf(element: FieldElement): bigint {
  return BigInt(`0x${hex(encodeField(element).toReversed())}`);
}

function bytesOf(value: bigint): Uint8Array {
  return unhex(value.toString(16).padStart(64, '0')).reverse();
}

function modulo(value: bigint): bigint {
  return ((value % P) + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base];
  for (let bits = exponent; bits > 0n; bits >>= 1n) {
    if (bits & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}
