/** AES-GCM of our own against OpenSSL. */

import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Aes } from '../../src/crypto/aes.ts';
import { aesGcmBy } from '../../src/crypto/gcm.ts';

const { seal, open } = aesGcmBy((key, counter, data) => new Aes(key).applyCounter(counter, data));
const sized = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const anyKey = fc.oneof(sized(16), sized(32));

test('seals as OpenSSL does, and opens what it has sealed', () => {
  fc.assert(
    fc.property(
      anyKey,
      sized(12),
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 500 }),
      (key, nonce, associated, plain) => {
        const cipher = createCipheriv(`aes-${key.length === 16 ? 128 : 256}-gcm`, key, nonce).setAAD(associated);
        const expected = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
        const sealed = seal(key, nonce, associated, plain);
        expect(sealed).toEqual(Uint8Array.from(expected));
        expect(open(key, nonce, associated, sealed)).toEqual(plain);
      },
    ),
    { numRuns: 150 },
  );
});

test('opens nothing of which a bit is another, or that is cut short', () => {
  fc.assert(
    fc.property(anyKey, sized(12), fc.uint8Array({ maxLength: 60 }), fc.nat(), (key, nonce, plain, at) => {
      const associated = nonce.subarray(0, 5);
      const sealed = seal(key, nonce, associated, plain);
      const bit = at % (8 * sealed.length);
      const flipped = sealed.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(open(key, nonce, associated, flipped)).toBeUndefined();
      expect(open(key, nonce, associated, sealed.subarray(0, at % sealed.length))).toBeUndefined();
      expect(open(key, nonce, nonce.subarray(0, 4), sealed)).toBeUndefined();
    }),
    { numRuns: 60 },
  );
});
