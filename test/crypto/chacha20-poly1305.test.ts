/** ChaCha20 and ChaCha20-Poly1305 of our own against @noble, and against the vectors of RFC 8439. */

import { poly1305 as noblePoly1305 } from '@noble/ciphers/_poly1305.js';
import { chacha20orig, chacha20poly1305, chacha20 as nobleChaCha20 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chacha20 } from '../../src/crypto/chacha20.ts';
import { chacha20Poly1305 } from '../../src/crypto/chacha20-poly1305.ts';
import { poly1305 } from '../../src/crypto/poly1305.ts';
import { hex, latin1, unhex } from '../support/bytes.ts';
import { expectChangedSealsRefused } from './changed-seals.ts';

const { seal, open } = chacha20Poly1305;
const sized = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const upTo = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' });

describe('ChaCha20', () => {
  test('data of any length is encrypted as @noble does, with a nonce of 12 bytes, from any block on', () => {
    fc.assert(
      fc.property(sized(32), sized(12), upTo(500), fc.nat(2 ** 31), (key, nonce, data, counter) => {
        expect(hex(chacha20(key, nonce, data, counter))).toBe(hex(nobleChaCha20(key, nonce, data, undefined, counter)));
      }),
      { numRuns: 200 },
    );
  });

  test('and with one of 8 bytes, as the original cipher', () => {
    fc.assert(
      fc.property(sized(32), sized(8), upTo(500), (key, nonce, data) => {
        expect(hex(chacha20(key, nonce, data))).toBe(hex(chacha20orig(key, nonce, data)));
      }),
      { numRuns: 100 },
    );
  });

  test('draft-strombergson-chacha-test-vectors, TC1', () => {
    expect(hex(chacha20(new Uint8Array(32), new Uint8Array(8), new Uint8Array(64)))).toBe(
      '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7' +
        'da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586',
    );
  });

  test('views into larger arrays are read where they are, and left as they are', () => {
    const all = Uint8Array.from({ length: 300 }, (_, i) => i);
    const [key, nonce, data] = [all.subarray(3, 35), all.subarray(41, 53), all.subarray(61, 290)];
    expect(chacha20(key, nonce, data)).toEqual(chacha20(key.slice(), nonce.slice(), data.slice()));
    expect(all).toEqual(Uint8Array.from({ length: 300 }, (_, i) => i));
  });
});

describe('Poly1305', () => {
  test('whole blocks have the tag that @noble gives, where keys and blocks are random, all ones or all zeros', () => {
    const edge = (length: number) =>
      fc.oneof(
        sized(length),
        fc.constantFrom(0, 0xff).map(byte => new Uint8Array(length).fill(byte)),
      );
    const blocks = fc.array(edge(16), { maxLength: 12 });
    fc.assert(
      fc.property(edge(16), edge(16), blocks, (r, s, data) => {
        const key = Uint8Array.of(...r, ...s);
        const bytes = Uint8Array.from(data.flatMap(block => [...block]));
        expect(hex(poly1305(key, bytes))).toBe(hex(noblePoly1305(bytes, key)));
      }),
      { numRuns: 1000 },
    );
  });

  /** RFC 8439, appendix A.3, vectors 7 to 11: where a sum of p or more, or a carry that is lost, would show. */
  test.each([
    ['02', '', 'ff'.repeat(16), '03'],
    ['02', 'ff'.repeat(16), `02${'00'.repeat(15)}`, '03'],
    ['01', '', `${'ff'.repeat(16)}f0${'ff'.repeat(15)}11${'00'.repeat(15)}`, '05'],
    ['01', '', `${'ff'.repeat(16)}fb${'fe'.repeat(15)}${'01'.repeat(16)}`, ''],
    ['02', '', `fd${'ff'.repeat(15)}`, `fa${'ff'.repeat(15)}`],
  ])('with r of %s and s of %s', (r, s, data, tag) => {
    const padded = (text: string) => text.padEnd(32, '0');
    expect(hex(poly1305(unhex(padded(r) + padded(s)), unhex(data)))).toBe(padded(tag));
  });
});

describe('ChaCha20-Poly1305', () => {
  test('seals as @noble does, and opens what it has sealed', () => {
    fc.assert(
      fc.property(sized(32), sized(12), upTo(40), upTo(500), (key, nonce, associated, plain) => {
        const sealed = seal(key, nonce, associated, plain);
        expect(hex(sealed)).toBe(hex(chacha20poly1305(key, nonce, associated).encrypt(plain)));
        expect(open(key, nonce, associated, sealed)).toEqual(plain);
      }),
      { numRuns: 200 },
    );
  });

  test('the example of RFC 8439 §2.8.2', () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
    const text =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    const sealed = seal(key, unhex('070000004041424344454647'), unhex('50515253c0c1c2c3c4c5c6c7'), latin1(text));
    expect(hex(sealed.subarray(-16))).toBe('1ae10b594f09e26a7e902ecbd0600691');
  });

  test('opens nothing of which a bit is another, or that is cut short', () => {
    expectChangedSealsRefused(chacha20Poly1305, sized(32));
  });
});
