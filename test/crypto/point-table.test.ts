import { expect, test } from 'vitest';
import { baseCoordinate, ephemeralKeysBy } from '../../src/crypto/base-point.ts';
import { eightfoldPoint } from '../../src/crypto/edwards.ts';
import { montgomeryLadder } from '../../src/crypto/montgomery-ladder.ts';
import { PointTable } from '../../src/crypto/point-table.ts';
import * as portable from '../../src/crypto/portable.ts';
import { clampedRepresentative, ELL, type ScalarProduct } from '../../src/crypto/scalar-product.ts';
import { seededRandom } from '../support/seeded-random.ts';

test('a multiple by look-ups is the one by the ladder, with digits of every kind', () => {
  const point = eightfoldPoint(baseCoordinate);
  if (point === undefined) throw new Error('the base point is on the curve');
  const table = new PointTable(point);
  table.extend();
  const ofDigits = (...digits: number[]) => {
    let scalar = 0n;
    for (let i = 0; i < 50; i++) scalar |= BigInt(digits[i % digits.length] ?? 0) << BigInt(5 * i);
    return scalar;
  };
  const repeated = Array.from({ length: 31 }, (_, digit) => ofDigits(digit + 1));
  const scalars = [
    2n ** 130n,
    2n ** 251n,
    ELL - 2n ** 130n,
    ...repeated,
    ofDigits(0, 31),
    ofDigits(16, 17),
    ofDigits(0, 0, 16),
  ];
  for (const scalar of scalars as ScalarProduct[])
    expect(table.multiply(scalar)).toEqual(montgomeryLadder(clampedRepresentative(scalar), baseCoordinate));
});

test('ephemeral keys are public keys, before there is a table and after', () => {
  const random = seededRandom('ephemeral');
  const ephemeralPublicKey = ephemeralKeysBy();
  for (let i = 0; i < 30; i++) {
    const secret = random(32);
    expect(ephemeralPublicKey(secret)).toEqual(portable.x25519PublicKey(secret));
  }
});
