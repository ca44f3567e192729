import { expect, test } from 'vitest';
import { basePointTable } from '../../src/crypto/base-point.ts';
import { encodeU } from '../../src/crypto/edwards.ts';
import { ELL, littleEndian, type ScalarProduct } from '../../src/crypto/scalar-product.ts';

test('a multiple by the same steps for all is the one by look-ups, with digits of every kind', () => {
  const table = basePointTable();
  const ofDigits = (...digits: number[]) => {
    let scalar = 0n;
    for (let i = 0; i < 50; i++) scalar |= BigInt(digits[i % digits.length] ?? 0) << BigInt(5 * i);
    return scalar;
  };
  const repeated = Array.from({ length: 31 }, (_, digit) => ofDigits(digit + 1));
  const scalars = [1n, 2n, 8n, ELL - 1n, ELL - 8n, ...repeated, ofDigits(0, 31), ofDigits(16, 17), ofDigits(0, 0, 16)];
  for (const scalar of scalars)
    expect(encodeU(table.multiplySteadily(littleEndian(scalar)))).toEqual(table.multiply(scalar as ScalarProduct));
});
