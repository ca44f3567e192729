/** The curves of NIST against @noble and OpenSSL, and what is no signature and no point. */

import { createECDH, createSign, generateKeyPairSync } from 'node:crypto';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HashName, hashes } from '../../src/tls/keys/hashes.ts';
import { bytesOf } from '../../src/tls/keys/integers.ts';
import { type Curve, curves, decodePoint, generateAgreement, verifyEcdsa } from '../../src/tls/keys/nist-curves.ts';
import { verifySignature } from '../../src/tls/keys/public-key.ts';
import { seededRandom } from '../support/seeded-random.ts';

const noble = { 'P-256': p256, 'P-384': p384, 'P-521': p521 };
const openssl = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' };
const names = Object.keys(noble) as Curve[];
const hashNames = Object.keys(hashes) as HashName[];

describe.each(names)('%s', name => {
  const curve = curves[name];
  const { Point } = noble[name];

  test('has the parameters that @noble has', () => {
    const { p, n, b, Gx, Gy } = Point.CURVE();
    expect(curve).toEqual({ bytes: Point.Fp.BYTES, p, n, b, base: { X: Gx, Y: Gy, Z: 1n } });
  });

  test('agrees on keys with OpenSSL', () => {
    for (const seed of ['1', '2', '3']) {
      const other = createECDH(openssl[name]);
      const theirs = Uint8Array.from(other.generateKeys());
      const { publicKey, agree } = generateAgreement(curve, seededRandom(seed));
      expect(agree(theirs)).toEqual(Uint8Array.from(other.computeSecret(publicKey)));
      expect(agree(publicKey)).toHaveLength(curve.bytes);
    }
  });

  test('agrees with nobody who sends no point of it, or one in another form', () => {
    const { agree, publicKey } = generateAgreement(curve, seededRandom('own'));
    const [x, y] = [publicKey.subarray(1, 1 + curve.bytes), publicKey.subarray(1 + curve.bytes)];
    const point = (...parts: readonly (number | Uint8Array)[]) =>
      Uint8Array.from(parts.flatMap(part => (typeof part === 'number' ? part : [...part])));
    const zeros = new Uint8Array(curve.bytes);
    for (const peer of [
      ...[point(), point(0), point(4), point(4, x), point(4, y, x), point(4, x, y, 0), point(5, x, y)],
      ...[point(2 + ((y.at(-1) ?? 0) & 1), x), point(4, zeros, zeros), point(4, x, zeros)],
      ...[point(4, bytesOf(curve.p, curve.bytes), y), point(4, x, bytesOf(curve.p, curve.bytes))],
      point(
        4,
        x,
        y.map((byte, i) => (i === curve.bytes - 1 ? byte ^ 1 : byte)),
      ),
    ]) {
      expect(agree(peer)).toBeUndefined();
    }
  });

  test('reads both forms of a point, and gives each its own y', () => {
    for (const seed of ['1', '2', '3', '4']) {
      const { publicKey } = generateAgreement(curve, seededRandom(seed));
      const point = Point.fromBytes(publicKey);
      const whole = decodePoint(curve, publicKey);
      expect(whole).toEqual({ X: point.x, Y: point.y, Z: 1n });
      expect(decodePoint(curve, point.toBytes(true))).toEqual(whole);
      expect(decodePoint(curve, point.negate().toBytes(true))).toEqual({ X: point.x, Y: curve.p - point.y, Z: 1n });
    }
  });

  test.each(hashNames)('verifies what OpenSSL signs with %s, and nothing else', hash => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: openssl[name] });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    const key = { type: 'ecdsa', curve: name, point: Uint8Array.from(point) } as const;
    const scheme = { type: 'ecdsa', hash } as const;
    const verify = (message: Uint8Array, signature: Uint8Array) => verifySignature(scheme, key, message, signature);
    for (let i = 0; i < 4; i++) {
      const message = seededRandom(`${name}/${hash}/${i}`)(10 * i);
      const signature = Uint8Array.from(createSign(hash).update(message).sign(privateKey));
      expect(verify(message, signature)).toBe(true);
      expect(verify(Uint8Array.of(...message, 0), signature)).toBe(false);
      const at = signature.length - 1 - i;
      expect(
        verify(
          message,
          signature.map((byte, k) => (k === at ? byte ^ 1 : byte)),
        ),
      ).toBe(false);
      expect(verify(message, Uint8Array.of(...signature, 0))).toBe(false);
    }
  });

  test('says of every signature what @noble says', () => {
    const { n, bytes, base } = curve;
    const own = generateAgreement(curve, seededRandom('signer'));
    const special = [0n, 1n, 2n, n - 1n, n, n + 1n, base.X % n, base.X];
    const integer = fc.oneof(fc.constantFrom(...special), fc.bigInt({ min: 0n, max: n }));
    fc.assert(
      fc.property(integer, integer, fc.uint8Array({ minLength: bytes, maxLength: bytes }), (r, s, digest) => {
        const theirs = () =>
          noble[name].verify(new noble[name].Signature(r, s).toBytes(), digest, own.publicKey, {
            ...{ prehash: false, lowS: false },
          });
        let expected = false;
        try {
          expected = theirs();
        } catch {
          // They refuse it before they look at it.
        }
        expect(verifyEcdsa(curve, own.publicKey, digest, { r, s })).toBe(expected);
      }),
      { numRuns: 25 },
    );
  });

  test('accepts no signature of zeros, nor one whose sum is the neutral point', () => {
    const digest = hashes.sha256(new Uint8Array(0));
    const { publicKey } = generateAgreement(curve, seededRandom('zeros'));
    for (const [r, s] of [
      [0n, 0n],
      [0n, 1n],
      [1n, 0n],
      [curve.n, 1n],
      [1n, curve.n],
      [-1n, 1n],
    ] as const) {
      expect(verifyEcdsa(curve, publicKey, digest, { r, s })).toBe(false);
    }
    // With −G for a key, u₁ = u₂ adds G to its negative.
    const { X, Y } = curve.base;
    const negative = Uint8Array.of(4, ...bytesOf(X, curve.bytes), ...bytesOf(curve.p - Y, curve.bytes));
    const e = BigInt(`0x${Buffer.from(digest.subarray(0, curve.bytes)).toString('hex')}`) % curve.n;
    expect(verifyEcdsa(curve, negative, digest, { r: e, s: 1n })).toBe(false);
  });
});
