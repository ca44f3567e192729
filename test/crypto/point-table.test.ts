import { ed25519 } from '@noble/curves/ed25519.js';
import { expect, test } from 'vitest';
import { baseCoordinate, ephemeralKeysBy } from '../../src/crypto/base-point.ts';
import { eightfoldPoint } from '../../src/crypto/edwards.ts';
import { PointTable } from '../../src/crypto/point-table.ts';
import { ELL, type ScalarProduct } from '../../src/crypto/scalar-product.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { implementations } from './implementations.ts';

test('a multiple by look-ups is that of @noble, with digits of every kind', () => {
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
    ...[1n, 2n, 8n, ELL - 1n, ELL - 8n],
    ...[2n ** 130n, 2n ** 251n, ELL - 2n ** 130n],
    ...repeated,
    ofDigits(0, 31),
    ofDigits(16, 17),
    ofDigits(0, 0, 16),
  ];
  for (const scalar of scalars) {
    const multiple = ed25519.Point.BASE.multiply((8n * scalar) % ELL);
    expect(table.multiply(scalar as ScalarProduct)).toEqual(ed25519.utils.toMontgomery(multiple.toBytes()));
  }
});

test.each(implementations)('ephemeral keys of %s are public keys, before there is a table and after', (_, crypto) => {
  const random = seededRandom('ephemeral');
  const ephemeralPublicKey = ephemeralKeysBy(crypto.fixedPoint);
  for (let i = 0; i < 50; i++) {
    const secret = random(32);
    expect(ephemeralPublicKey(secret)).toEqual(crypto.x25519PublicKey(secret));
  }
});
