/** Base58 and base64 of our own against @scure/base. */

import { base58, base64 } from '@scure/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase58, encodeBase58 } from '../../src/crypto/base58.ts';
import { decodeBase64, encodeBase64, forgivingDecodeBase64 } from '../../src/crypto/base64.ts';

const zeros = fc.nat(5).map(count => new Uint8Array(count));
const anyBytes = fc
  .tuple(zeros, fc.uint8Array({ maxLength: 60 }))
  .map(([front, rest]) => Uint8Array.of(...front, ...rest));

describe('base58', () => {
  test('bytes have the text that @scure gives them, and come back from it', () => {
    fc.assert(
      fc.property(anyBytes, bytes => {
        const text = encodeBase58(bytes);
        expect(text).toBe(base58.encode(bytes));
        expect(decodeBase58(text, bytes.length)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  test('whatever a text is, it is bytes of a length only if @scure says so', () => {
    const character = fc.constantFrom(...'112zZ0OIl.é', ...'Ab9');
    fc.assert(
      fc.property(fc.array(character, { maxLength: 12 }), fc.nat(9), (characters, length) => {
        expect(decodeBase58(characters.join(''), length)).toEqual(bytesOf(characters.join(''), length));
      }),
      { numRuns: 2000 },
    );
  });

  test('the largest number of so many bytes is taken, the next one is not', () => {
    const most = base58.encode(new Uint8Array(32).fill(0xff));
    expect(decodeBase58(most, 32)).toEqual(new Uint8Array(32).fill(0xff));
    expect(decodeBase58(base58.encode(Uint8Array.of(1, ...new Uint8Array(32))), 32)).toBeUndefined();
    expect(decodeBase58('1'.repeat(32), 32)).toEqual(new Uint8Array(32));
    expect(decodeBase58('1'.repeat(33), 32)).toBeUndefined();
  });
});

describe('base64', () => {
  test('bytes have the text that @scure gives them, and come back from it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), bytes => {
        const text = encodeBase64(bytes);
        expect(text).toBe(base64.encode(bytes));
        expect(decodeBase64(text)).toEqual(bytes);
      }),
    );
  });

  test('a text is refused if it is not the only one of its bytes', () => {
    for (const text of ['AA', 'AA=', 'A===', 'AAA', 'AAB=', 'AB==', 'AA==\n', ' AA==', 'AA-_', 'A', 'é', 'AA==AA=='])
      expect(() => decodeBase64(text)).toThrow();
  });

  test('where one may be forgiven, it is read as the Infra Standard says', () => {
    for (const [text, bytes] of [
      ['AQ', [1]],
      [' A\tQ\n==\f', [1]],
      ['AR==', [1]],
      ['', []],
    ] as const)
      expect([...forgivingDecodeBase64(text)]).toEqual(bytes);
    for (const text of ['A', 'AQ=', 'A-_A', 'AQ==A']) expect(() => forgivingDecodeBase64(text)).toThrow();
  });
});

function bytesOf(text: string, length: number): Uint8Array | undefined {
  try {
    const bytes = base58.decode(text);
    return bytes.length === length ? bytes : undefined;
  } catch {
    return undefined;
  }
}
