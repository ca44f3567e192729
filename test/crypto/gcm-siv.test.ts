import { gcmsiv } from '@noble/ciphers/aes.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { polyval } from '../../src/crypto/polyval.ts';
import { unhex as bytes, hex } from '../support/bytes.ts';
import { implementations } from './implementations.ts';

test('POLYVAL of RFC 8452 appendix A', () => {
  const blocks = bytes('4f4f95668c83dfb6401762bb2d01a262d1a24ddd2721d006bbe45f20d3c9f362');
  expect(hex(polyval(bytes('25629347589242761d31f826ba4b757b'), blocks))).toBe('f7a3b47b846119fae5b7866cf5e5b77e');
});

describe.each(implementations)('AES-256-GCM-SIV by %s', (_, { gcmSivSeal, gcmSivOpen }) => {
  test('counts beyond 2³² without touching the rest of the block: RFC 8452 C.3', () => {
    const [key, nonce] = [new Uint8Array(32), new Uint8Array(12)];
    const plaintext = bytes('000000000000000000000000000000004db923dc793ee6497c76dcc03a98e108');
    const sealed = 'f3f80f2cf0cb2dd9c5984fcda908456cc537703b5ba70324a6793a7bf218d3eaffffffff000000000000000000000000';
    expect(hex(gcmSivSeal(key, nonce, plaintext))).toBe(sealed);
    expect(gcmSivOpen(key, nonce, bytes(sealed))).toEqual(plaintext);
  });

  test('seals and opens as @noble does, at every offset in memory', () => {
    const inputs = fc.record({
      memory: fc.uint8Array({ minLength: 64, maxLength: 2600, size: 'max' }),
      offset: fc.nat({ max: 20 }),
    });
    fc.assert(
      fc.property(inputs, ({ memory, offset }) => {
        const key = memory.subarray(offset, offset + 32);
        const nonce = memory.subarray(offset + 32, offset + 44);
        const plaintext = memory.subarray(offset + 44);
        const before = memory.slice();
        const sealed = gcmSivSeal(key, nonce, plaintext);
        expect(hex(sealed)).toBe(hex(gcmsiv(Uint8Array.from(key), Uint8Array.from(nonce)).encrypt(plaintext)));
        expect(gcmSivOpen(key, nonce, sealed)).toEqual(plaintext);
        expect(memory).toEqual(before);
      }),
      { numRuns: 200 },
    );
  });
});
