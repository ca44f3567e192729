/** Ed25519 of our own against @noble and OpenSSL, on keys and signatures that honest signers do not make. */

import { ed25519 as noble } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPoint, publicKeyOf, sign, verify } from '../../src/crypto/ed25519.ts';
import * as node from '../../src/crypto/node.ts';
import { seededRandom } from '../support/seeded-random.ts';

const sized = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const order = 2n ** 252n + 27742317777372353535851937790883648493n;

test('keys and signatures are those of @noble', () => {
  fc.assert(
    fc.property(sized(32), fc.uint8Array({ maxLength: 200 }), (seed, message) => {
      const publicKey = publicKeyOf(seed);
      const signature = sign(message, seed);
      expect(publicKey).toEqual(noble.getPublicKey(seed));
      expect(signature).toEqual(noble.sign(message, seed));
      expect(verify(signature, message, publicKey)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('a signature with any bit changed is none, nor that of another message or key', () => {
  const random = seededRandom('flips');
  const seed = random(32);
  const publicKey = publicKeyOf(seed);
  const signature = sign(seed, seed);
  for (let bit = 0; bit < 512; bit += 7) {
    const changed = signature.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    expect(verify(changed, seed, publicKey)).toBe(false);
  }
  expect(verify(signature, publicKey, publicKey)).toBe(false);
  expect(verify(signature, seed, publicKeyOf(random(32)))).toBe(false);
});

test('S of the order and more is refused: a signature is the only one', () => {
  const seed = seededRandom('malleable')(32);
  const signature = sign(seed, seed);
  const S = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`);
  const more = Buffer.from((S + order).toString(16).padStart(64, '0'), 'hex').reverse();
  expect(verify(Uint8Array.of(...signature.subarray(0, 32), ...more), seed, publicKeyOf(seed))).toBe(false);
});

test('points are those of @noble, in their one encoding', () => {
  let points = 0;
  fc.assert(
    fc.property(sized(32), bytes => {
      expect(isPoint(bytes)).toBe(noble.utils.isValidPublicKey(bytes, false));
      if (isPoint(bytes)) points++;
    }),
    { numRuns: 200 },
  );
  expect(points).toBeGreaterThan(50);
  const edge = (low: number, high: number, middle: number) =>
    Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? low : i === 31 ? high : middle));
  // y of 0, 1, p − 1, p, p + 1, …, with either sign.
  for (const low of [0, 1, 2, 0xec, 0xed, 0xee, 0xff])
    for (const [high, middle] of [
      [0x00, 0x00],
      [0x80, 0x00],
      [0x7f, 0xff],
      [0xff, 0xff],
    ] as const) {
      const bytes = edge(low, high, middle);
      expect(isPoint(bytes)).toBe(noble.utils.isValidPublicKey(bytes, false));
    }
});

test('keys of small order are judged as OpenSSL judges them', () => {
  const torsion = noble.Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
  const random = seededRandom('torsion');
  for (let i = 1n; i < 8n; i++) {
    const key = torsion.multiplyUnsafe(i).toBytes();
    for (let k = 0; k < 8; k++) {
      const S = Uint8Array.from(random(32), (byte, at) => (at === 31 ? byte & 0x0f : byte));
      const R = noble.Point.BASE.multiplyUnsafe(BigInt(`0x${Buffer.from(S).reverse().toString('hex')}`) % order);
      const signature = Uint8Array.of(...R.add(torsion.multiplyUnsafe(BigInt(k))).toBytes(), ...S);
      const message = Uint8Array.of(k);
      expect(verify(signature, message, key)).toBe(node.ed25519Verify(signature, message, key));
    }
  }
});
