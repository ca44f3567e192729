/** Hashes, and what is made of them, against @noble. */

import { blake3 as nobleBlake3 } from '@noble/hashes/blake3.js';
import { expand as nobleExpand, extract as nobleExtract } from '@noble/hashes/hkdf.js';
import { hmac as nobleHmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256, sha384 as nobleSha384, sha512 as nobleSha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blake3 } from '../../src/crypto/blake3.ts';
import { expand, extract, hmac } from '../../src/crypto/hash.ts';
import { sha256 } from '../../src/crypto/sha256.ts';
import { sha384, sha512 } from '../../src/crypto/sha512.ts';
import { hex } from '../support/bytes.ts';

const hashes = [
  ['SHA-256', sha256, nobleSha256],
  ['SHA-384', sha384, nobleSha384],
  ['SHA-512', sha512, nobleSha512],
  ['BLAKE3', blake3, nobleBlake3],
] as const;
const bytes = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' });

describe.each(hashes)('%s', (_, own, noble) => {
  test('data of every length around the ends of blocks, and of chunks, has the digest that @noble gives', () => {
    const data = Uint8Array.from({ length: 5000 }, (_, i) => (i * 167) >> 3);
    const around = [1024, 2048, 3072, 4096].flatMap(end => [end - 1, end, end + 1]);
    for (const length of [...Array.from({ length: 400 }, (_, i) => i), ...around, data.length])
      expect(hex(own(data.subarray(0, length)))).toBe(hex(noble(data.subarray(0, length))));
  });

  test('so has data whose additions carry, or never do, and data in the middle of an array', () => {
    for (const byte of [0x00, 0x7f, 0x80, 0xff]) {
      const data = new Uint8Array(700).fill(byte);
      expect(hex(own(data.subarray(3, 690)))).toBe(hex(noble(data.subarray(3, 690))));
    }
  });

  test('HMAC and HKDF are those of @noble, for a key, a salt and data of any length', () => {
    fc.assert(
      fc.property(bytes(300), bytes(300), fc.nat(400), (key, data, length) => {
        expect(hex(hmac(own, key, data))).toBe(hex(nobleHmac(noble, key, data)));
        expect(hex(extract(own, data, key))).toBe(hex(nobleExtract(noble, data, key)));
        expect(hex(extract(own, data))).toBe(hex(nobleExtract(noble, data)));
        const secret = own(key);
        expect(hex(expand(own, secret, data, length))).toBe(hex(nobleExpand(noble, secret, data, length)));
      }),
      { numRuns: 100 },
    );
  });

  test('HKDF gives 255 digests, and not a byte more', () => {
    const most = 255 * own.digestBytes;
    const none = new Uint8Array(0);
    expect(hex(expand(own, own(none), none, most))).toBe(hex(nobleExpand(noble, own(none), none, most)));
    expect(() => expand(own, own(none), none, most + 1)).toThrow(RangeError);
  });
});
