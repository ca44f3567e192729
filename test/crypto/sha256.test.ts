import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hkdfSha256, hmacSha256, sha256 } from '../../src/crypto/sha256.ts';
import { hex } from '../support/bytes.ts';

const data = Uint8Array.from({ length: 300 }, (_, i) => i * 167);
const bytes = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' });

test('a message of every length around the ends of blocks has the hash that @noble gives, wherever it is in memory', () => {
  for (let length = 0; length <= data.length; length++)
    for (const message of [data.subarray(0, length), data.subarray(data.length - length)])
      expect(hex(sha256(message))).toBe(hex(nobleSha256(message)));
});

test('so has one whose additions carry, or never do', () => {
  for (const byte of [0x00, 0x7f, 0x80, 0xff]) {
    const message = new Uint8Array(1000).fill(byte);
    expect(hex(sha256(message))).toBe(hex(nobleSha256(message)));
  }
});

test('HMAC is what @noble gives, for every length of key', () => {
  for (let length = 0; length <= 130; length++) {
    const key = data.subarray(0, length);
    expect(hex(hmacSha256(key, data))).toBe(hex(hmac(nobleSha256, key, data)));
  }
});

test('HKDF is what @noble gives, with and without salt, for every length of info and of what it makes', () => {
  const salts = fc.option(bytes(100), { nil: undefined });
  fc.assert(
    fc.property(bytes(100), salts, bytes(200), fc.integer({ min: 1, max: 400 }), (ikm, salt, info, length) => {
      expect(hex(hkdfSha256(ikm, salt, info, length))).toBe(hex(hkdf(nobleSha256, ikm, salt, info, length)));
    }),
    { numRuns: 300 },
  );
});

test('HKDF makes 255 hashes and no more', () => {
  const [most, info] = [255 * 32, new Uint8Array(0)];
  expect(hex(hkdfSha256(data, undefined, info, most))).toBe(hex(hkdf(nobleSha256, data, undefined, info, most)));
  expect(() => hkdfSha256(data, undefined, info, most + 1)).toThrow(RangeError);
});

test('what was made before stays as it is', () => {
  const first = sha256(data);
  const copy = first.slice();
  hmacSha256(data, data);
  expect(first).toEqual(copy);
});
