/** The implementation by `node:crypto` against the one in plain JavaScript. */

import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import * as selected from '#crypto';
import { concatBytes } from '../../src/crypto/bytes.ts';
import * as node from '../../src/crypto/node.ts';
import { derReader, jwkReader, x25519KeyReader } from '../../src/crypto/node-keys.ts';
import * as portable from '../../src/crypto/portable.ts';
import type { Primitives } from '../../src/crypto/primitives.ts';
import { scalarProduct } from '../../src/crypto/scalar-product.ts';
import { hex, latin1 } from '../support/bytes.ts';

test('Node gets the implementation by node:crypto', () => {
  expect(selected.sha256).toBe(node.sha256);
  expect(node.sha256).not.toBe(portable.sha256);
});

test('both implementations have the same functions', () => {
  expect(Object.keys(node).sort()).toEqual(Object.keys(portable).sort());
});

describe('both', () => {
  test('give the same bytes, as plain arrays that do not share memory with their arguments', () => {
    const inputs = fc.record({
      k16: sized(16),
      k32: sized(32),
      k64: sized(64),
      n12: sized(12),
      data: fc.uint8Array({ maxLength: 300 }),
    });
    fc.assert(
      fc.property(inputs, fc.nat({ max: 300 }), ({ k16, k32, k64, n12, data }, length) => {
        const key = concatBytes(k64, k32, k64, k32);
        const results = (p: Primitives) => [
          p.aes128Ctr(k16, k32.subarray(16), data),
          p.gcmSivSeal(k32, n12, data),
          p.lionessEncrypt([key, key.toReversed()], concatBytes(k32, Uint8Array.of(1), data)),
          p.lionessDecrypt(key, concatBytes(k32, Uint8Array.of(1), data)),
          p.sha256(data),
          p.hmacSha256(k64, data),
          p.hmacSha256(k16, data),
          p.hkdfSha256(k32, undefined, data, length),
          p.hkdfSha256(k32, n12, data, length),
          p.hkdfBlake3(k32, undefined, data, length),
          p.blake3(data),
        ];
        const byNode = results(node);
        expect(byNode).toEqual(results(portable));
        for (const result of [...byNode, ...results(portable)]) {
          expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype);
          expect(result.buffer).not.toBe(data.buffer);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('agree on keys and signatures', () => {
    fc.assert(
      fc.property(sized(32), sized(32), fc.uint8Array({ maxLength: 64 }), (secret, other, message) => {
        expect(node.x25519PublicKey(secret)).toEqual(portable.x25519PublicKey(secret));
        expect(node.x25519(secret, other)).toEqual(portable.x25519(secret, other));
        for (const { fixedSecret } of [node, portable]) {
          const agreement = fixedSecret(secret).agree(other);
          expect(agreement.shared).toEqual(node.x25519(secret, other));
          expect(agreement.multiply(other)).toEqual(node.x25519(other, other));
        }
        expect(node.ed25519PublicKey(secret)).toEqual(portable.ed25519PublicKey(secret));
        const signature = node.ed25519Sign(message, secret);
        expect(signature).toEqual(portable.ed25519Sign(message, secret));
        const publicKey = node.ed25519PublicKey(secret);
        expect(node.ed25519Verify(signature, message, publicKey)).toBe(true);
        expect(portable.ed25519Verify(signature, message, publicKey)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  test('read X25519 keys as JWK here, and the same from DER where a runtime checks JWKs', () => {
    expect(x25519KeyReader()).toBe(jwkReader);
    const raw = (reader: typeof jwkReader, key: Uint8Array) => [
      reader.publicKey(key).export({ format: 'jwk' }),
      reader.secretKey(key).export({ format: 'jwk' }),
      reader.publicKeyOf(reader.secretKey(key)),
    ];
    fc.assert(
      fc.property(sized(32), key => {
        expect(raw(jwkReader, key)).toEqual(raw(derReader, key));
      }),
      { numRuns: 20 },
    );
  });
});

describe('without WebAssembly', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  test('plain JavaScript does what the kernel would', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    vi.resetModules();
    const fresh = await import('../../src/crypto/node.ts');
    const [key, block] = [new Uint8Array(192).fill(1), new Uint8Array(100).fill(2)];
    expect(fresh.lionessEncrypt([key], block)).toEqual(node.lionessEncrypt([key], block));
    const [nodeKey, secret] = [node.x25519PublicKey(block.subarray(0, 32)), key.subarray(0, 32)];
    const product = scalarProduct(secret);
    const point = fresh.fixedPoint(nodeKey);
    for (let uses = 0; uses < 20; uses++) expect(point?.multiply(product)).toEqual(node.x25519(secret, nodeKey));
  });
});

test('an HMAC key longer than a block is hashed first', () => {
  const key = new Uint8Array(100).fill(5);
  const expected = createHmac('sha256', key).update('x').digest('hex');
  expect(hex(portable.hmacSha256(key, latin1('x')))).toBe(expected);
});

function sized(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}
