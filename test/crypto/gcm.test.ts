/** AES-GCM of our own against OpenSSL. */

import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Aes } from '../../src/crypto/aes.ts';
import { aesGcmBy } from '../../src/crypto/gcm.ts';
import { expectChangedSealsRefused } from './changed-seals.ts';

const cipher = aesGcmBy((key, counter, data) => new Aes(key).applyCounter(counter, data));
const { seal, open } = cipher;
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
        const openssl = createCipheriv(`aes-${key.length === 16 ? 128 : 256}-gcm`, key, nonce).setAAD(associated);
        const expected = Buffer.concat([openssl.update(plain), openssl.final(), openssl.getAuthTag()]);
        const sealed = seal(key, nonce, associated, plain);
        expect(sealed).toEqual(Uint8Array.from(expected));
        expect(open(key, nonce, associated, sealed)).toEqual(plain);
      },
    ),
    { numRuns: 150 },
  );
});

test('opens nothing of which a bit is another, or that is cut short', () => {
  expectChangedSealsRefused(cipher, anyKey);
});
