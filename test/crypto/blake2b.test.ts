import { blake2b as nobleBlake2b } from '@noble/hashes/blake2.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blake2b } from '../../src/crypto/blake2b.ts';
import { hex } from '../support/bytes.ts';

test('a message of random content has the digest that @noble gives, for every length of key and digest', () => {
  const keys = fc.uint8Array({ minLength: 1, maxLength: 64 });
  fc.assert(
    fc.property(keys, fc.uint8Array({ maxLength: 2500, size: 'max' }), fc.integer({ min: 1, max: 64 }), expectSame),
    { numRuns: 500 },
  );
});

test('so has one of every length around the ends of blocks', () => {
  const [key, data] = [sha512(new TextEncoder().encode('key')), new Uint8Array(520)];
  for (let i = 0; i < data.length; i++) data[i] = i * 167;
  for (let length = 1; length <= data.length; length++) expectSame(key, data.subarray(0, length), 32);
});

test('so has one whose additions carry, or never do', () => {
  for (const byte of [0x00, 0x7f, 0x80, 0xff])
    for (const length of [1, 128, 2033])
      expectSame(new Uint8Array(64).fill(byte), new Uint8Array(length).fill(byte), 64);
});

test('without data the block of the key is the last one', () => {
  expectSame(new Uint8Array(64).fill(7), new Uint8Array(0), 32);
});

function expectSame(key: Uint8Array, data: Uint8Array, length: number): void {
  expect(hex(blake2b(key, data, length))).toBe(hex(nobleBlake2b(data, { key, dkLen: length })));
}
