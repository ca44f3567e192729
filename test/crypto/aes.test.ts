import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Aes } from '../../src/crypto/aes.ts';

const keys = fc.constantFrom(16, 24, 32).chain(length => fc.uint8Array({ minLength: length, maxLength: length }));

test('blocks are encrypted as OpenSSL encrypts them, with keys of every length', () => {
  fc.assert(
    fc.property(keys, fc.integer({ max: 20, min: 0 }), fc.integer(), (key, count, seed) => {
      const blocks = new Uint8Array(16 * count).map((_, i) => Math.imul(seed + i, 0x9e3779b1) >>> 24);
      const cipher = createCipheriv(`aes-${8 * key.length}-ecb`, key, null).setAutoPadding(false);
      expect(Buffer.from(new Aes(key).encryptBlocks(blocks))).toEqual(cipher.update(blocks));
    }),
    { numRuns: 300 },
  );
});

test('every byte goes through the S-box as it should', () => {
  const key = new Uint8Array(16);
  const blocks = Uint8Array.from({ length: 16 * 256 }, (_, i) => (i % 16 === 0 ? i / 16 : 0));
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  expect(Buffer.from(new Aes(key).encryptBlocks(blocks))).toEqual(cipher.update(blocks));
});

test('counter mode gives what OpenSSL gives, for data of any length, and where the counter overflows', () => {
  const ivs = fc.oneof(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.constantFrom(0, 8, 12, 15).map(from => new Uint8Array(16).fill(0xff, from)),
  );
  fc.assert(
    fc.property(keys, ivs, fc.uint8Array({ maxLength: 100 }), (key, iv, data) => {
      const cipher = createCipheriv(`aes-${8 * key.length}-ctr`, key, iv);
      expect(Buffer.from(new Aes(key).applyCounter(iv, data))).toEqual(cipher.update(data));
    }),
    { numRuns: 300 },
  );
});

test('views into larger arrays are read where they are', () => {
  const all = Uint8Array.from({ length: 100 }, (_, i) => i);
  const [key, blocks] = [all.subarray(3, 19), all.subarray(21, 53)];
  expect(new Aes(key).encryptBlocks(blocks)).toEqual(new Aes(key.slice()).encryptBlocks(blocks.slice()));
});
