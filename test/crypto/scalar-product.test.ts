/** One multiplication per hop gives what the literal chain of X25519 calls gives, for every kind of key. */

import { ed25519, x25519 as nobleX25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test } from 'vitest';
import { x25519, x25519PublicKey } from '#crypto';
import { equalBytes } from '../../src/crypto/bytes.ts';
import type { FixedPoint } from '../../src/crypto/primitives.ts';
import { clampedRepresentative, scalarProduct, timesScalar } from '../../src/crypto/scalar-product.ts';
import { hex } from '../support/bytes.ts';
import { literalChain, type X25519 } from '../support/literal-chain.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { implementations } from './implementations.ts';

const { Point } = ed25519;
const { Fp } = Point;
/** A point of order eight: its multiples are all the points of small order. */
const torsion = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');

describe.each(implementations)('%s', (name, primitives) => {
  test('1,000 random routes have the secrets of the literal chain', () => {
    const random = seededRandom(`routes/${name}`);
    const keys = honestKeys(60, random);
    const points = keys.map(key => required(primitives.fixedPoint(key)));
    for (let i = 0; i < 1000; i++) {
      const hops = Array.from({ length: 1 + (i % 5) }, () => (random(1)[0] ?? 0) % keys.length);
      expectLiteral(
        hops.map(hop => required(keys[hop])),
        hops.map(hop => required(points[hop])),
        random(32),
        x25519,
      );
    }
  }, 60_000);

  test('keys with a component of small order too, which an honest node never has', () => {
    const random = seededRandom(`torsion/${name}`);
    for (let i = 0; i < 40; i++) {
      const keys = honestKeys(3, random).map(() => withTorsion(random, 1 + (i % 7)));
      const points = keys.map(key => required(primitives.fixedPoint(key)));
      expectLiteral(keys, points, random(32), x25519);
    }
  });

  test('and the literal chain by noble says the same', () => {
    const random = seededRandom(`noble/${name}`);
    for (let i = 0; i < 12; i++) {
      const keys = honestKeys(4, random);
      const points = keys.map(key => required(primitives.fixedPoint(key)));
      expectLiteral(keys, points, random(32), nobleX25519.scalarMult);
    }
  });

  test('a key keeps its results when its table is built, and however it is encoded', () => {
    const random = seededRandom(`uses/${name}`);
    const [key = new Uint8Array(0)] = honestKeys(1, random);
    const highBit = key.map((byte, i) => (i === 31 ? byte | 0x80 : byte));
    const point = required(primitives.fixedPoint(key));
    const samePoint = required(primitives.fixedPoint(highBit));
    for (let use = 0; use < 12; use++) {
      const secret = random(32);
      const expected = nobleX25519.scalarMult(secret, key);
      expect(point.multiply(scalarProduct(secret))).toEqual(expected);
      expect(samePoint.multiply(scalarProduct(secret))).toEqual(expected);
    }
    const nine = Fp.toBytes(9n);
    const nineAndP = new Uint8Array(32).fill(0xff);
    nineAndP.set([0xf6]);
    nineAndP.set([0x7f], 31);
    const secret = random(32);
    for (const encoding of [nine, nineAndP])
      expect(primitives.fixedPoint(encoding)?.multiply(scalarProduct(secret))).toEqual(
        nobleX25519.scalarMultBase(secret),
      );
  });

  test('the key that was given may be overwritten afterwards', () => {
    const random = seededRandom(`overwritten/${name}`);
    const [key = new Uint8Array(0)] = honestKeys(1, random);
    const secret = random(32);
    const expected = nobleX25519.scalarMult(secret, key);
    const point = required(primitives.fixedPoint(key));
    key.fill(0);
    expect(point.multiply(scalarProduct(secret))).toEqual(expected);
  });

  test('keys on the twist are refused: products do not collapse there', () => {
    const random = seededRandom(`twist/${name}`);
    const onTwist = Array.from({ length: 60 }, () => random(32)).filter(key => !isOnCurve(key));
    expect(onTwist.length).toBeGreaterThan(15);
    for (const key of onTwist) {
      expect(primitives.fixedPoint(key)).toBeUndefined();
      const [first, second] = [random(32), random(32)];
      const literal = x25519(second, x25519(first, key));
      const collapsed = x25519(clampedRepresentative(timesScalar(scalarProduct(first), second)), key);
      expect(collapsed).not.toEqual(literal);
    }
  });
});

describe('the representative of a product', () => {
  test('is a clamped scalar', () => {
    const random = seededRandom('clamped');
    let product = scalarProduct(random(32));
    for (let i = 0; i < 200; i++) {
      const scalar = clampedRepresentative(product);
      expect([(scalar[0] ?? 0) & 7, (scalar[31] ?? 0) & 0xc0]).toEqual([0, 0x40]);
      product = timesScalar(product, random(32));
    }
  });

  test('of a single scalar is that scalar, clamped', () => {
    const scalar = seededRandom('single')(32);
    const clamped = scalar.slice();
    clamped[0] = (clamped[0] ?? 0) & 248;
    clamped[31] = ((clamped[31] ?? 0) & 127) | 64;
    expect(clampedRepresentative(scalarProduct(scalar))).toEqual(clamped);
  });

  test('is made of 32 bytes only', () => {
    expect(() => scalarProduct(new Uint8Array(31))).toThrow(RangeError);
  });
});

function expectLiteral(
  keys: readonly Uint8Array[],
  points: readonly FixedPoint[],
  initialSecret: Uint8Array,
  x25519: X25519,
): void {
  let product = scalarProduct(initialSecret);
  for (const [i, { shared, expanded }] of literalChain(initialSecret, keys, x25519).entries()) {
    if (!equalBytes(shared, required(points[i]).multiply(product))) expect.unreachable(`hop ${i} differs`);
    product = timesScalar(product, expanded.subarray(224, 256));
  }
}

function honestKeys(count: number, random: (length: number) => Uint8Array): Uint8Array[] {
  return Array.from({ length: count }, () => x25519PublicKey(random(32)));
}

function withTorsion(random: (length: number) => Uint8Array, times: number): Uint8Array {
  const scalar = 1n + (BigInt(`0x${hex(random(31))}`) % (Point.Fn.ORDER - 1n));
  const { y } = Point.BASE.multiply(scalar).add(torsion.multiplyUnsafe(BigInt(times)));
  return Fp.toBytes(Fp.div(Fp.ONE + y, Fp.ONE - y));
}

/** Whether u³ + 486662u² + u is a square: the equation of Curve25519. */
function isOnCurve(key: Uint8Array): boolean {
  const masked = key.map((byte, i) => (i === 31 ? byte & 0x7f : byte));
  const u = Fp.create(Fp.fromBytes(masked, true));
  const v2 = Fp.mul(u, Fp.add(Fp.add(Fp.sqr(u), Fp.mul(486662n, u)), Fp.ONE));
  return Fp.eql(Fp.pow(v2, (Fp.ORDER - 1n) / 2n), Fp.ONE);
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('missing');
  return value;
}
