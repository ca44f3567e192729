/** What the kernel computes, against the same in plain JavaScript, which other tests compare with @noble and with vectors. */

import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { concatBytes } from '../../../src/crypto/bytes.ts';
import { eightfoldPoint } from '../../../src/crypto/edwards.ts';
import { type KernelPrimitives, kernelPrimitives } from '../../../src/crypto/kernel/primitives.ts';
import { PointTable } from '../../../src/crypto/point-table.ts';
import * as portable from '../../../src/crypto/portable.ts';
import { type ScalarProduct, scalarProduct } from '../../../src/crypto/scalar-product.ts';
import * as limits from '../../../src/limits.ts';
import { hex, unhex } from '../../support/bytes.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const random = seededRandom('kernel');
const kernel = made();
const sized = (length: number) => fc.uint8Array({ minLength: length, maxLength: length, size: 'max' });
const upTo = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' });
/** Around the ends of blocks and steps, of all of them. */
const lengths = [0, 1, 15, 16, 17, 55, 56, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1023, 1024, 1025, 2413];

describe('the results are those of plain JavaScript', () => {
  test('for messages of any content', () => {
    const inputs = fc.record({
      key: sized(192),
      nonce: sized(16),
      data: upTo(2500),
      info: upTo(200),
      length: fc.nat(600),
    });
    fc.assert(
      fc.property(inputs, ({ key, nonce, data, info, length }) => {
        expect(results(kernel, key, nonce, data, info, length)).toEqual(
          results(portable, key, nonce, data, info, length),
        );
      }),
      { numRuns: 150 },
    );
  });

  test.each(lengths)('for %i bytes', length => {
    const [key, nonce, data] = [random(192), random(16), random(length)];
    expect(results(kernel, key, nonce, data, data, 48)).toEqual(results(portable, key, nonce, data, data, 48));
  });

  test('for what is too long for its memory', () => {
    const [key, nonce, data] = [random(192), random(16), random(70_000)];
    expect(results(kernel, key, nonce, data, none, 255 * 32)).toEqual(
      results(portable, key, nonce, data, none, 255 * 32),
    );
  });

  test('for counters that carry', () => {
    const key = random(16);
    for (const end of ['00ff', 'ffff', 'fffffffe', 'fffffffffffffffe', `ff${'ff'.repeat(15)}`]) {
      const iv = unhex(end.padStart(32, '7'));
      expect(hex(kernel.aes128Ctr(key, iv, new Uint8Array(600)))).toBe(
        hex(portable.aes128Ctr(key, iv, new Uint8Array(600))),
      );
    }
  });

  test('for keys of HMAC of any length', () => {
    for (let length = 0; length <= 130; length++) {
      const [key, data] = [random(length), random(length)];
      expect(hex(kernel.hmacSha256(key, data))).toBe(hex(portable.hmacSha256(key, data)));
      expect(hex(kernel.hkdfSha256(data, key, none, 33))).toBe(hex(portable.hkdfSha256(data, key, none, 33)));
    }
  });

  test('for keys of HKDF by turns, more pairs of salt and info than are remembered, and they stay what they are', () => {
    const uses = Array.from({ length: 7 }, (_, i) => ({
      salt: i % 2 === 0 ? undefined : random(20 + i),
      info: random(16 * i),
      ikmBytes: 16 + 16 * (i % 3),
    }));
    const given = Array.from({ length: 400 }, (_, i) => {
      const [{ salt, info, ikmBytes } = { salt: undefined, info: none, ikmBytes: 0 }] = [uses[(i * i) % 7]];
      const [ikm, length] = [random(ikmBytes), 1 + ((7 * i) % 300)];
      return {
        key: kernel.hkdfSha256(ikm, salt, info, length),
        expected: portable.hkdfSha256(ikm, salt, info, length),
      };
    });
    for (const { key, expected } of given) expect(hex(key)).toBe(hex(expected));
  });

  test('and a changed info is another one, in the same array', () => {
    const [ikm, info] = [random(32), random(20)];
    kernel.hkdfSha256(ikm, undefined, info, 48);
    info[3] = (info[3] ?? 0) ^ 1;
    expect(hex(kernel.hkdfSha256(ikm, undefined, info, 48))).toBe(hex(portable.hkdfSha256(ikm, undefined, info, 48)));
  });

  test('and a changed seal is not opened', () => {
    const [key, nonce, data] = [random(32), random(12), random(100)];
    const sealed = kernel.gcmSivSeal(key, nonce, data);
    expect(kernel.gcmSivOpen(key, nonce, sealed)).toEqual(data);
    for (let i = 0; i < sealed.length; i++)
      expect(
        kernel.gcmSivOpen(
          key,
          nonce,
          sealed.map((byte, at) => (at === i ? byte ^ 1 : byte)),
        ),
      ).toBeUndefined();
  });
});

describe('multiples of points', () => {
  const point = someEightfold();
  const [byKernel, plain] = [kernel.tableOf(point), new PointTable(point)];
  byKernel.extend();
  plain.extend();

  test('are those of the table in plain JavaScript', () => {
    for (let i = 0; i < 300; i++) {
      const product = scalarProduct(random(32));
      expect(hex(byKernel.multiply(product))).toBe(hex(plain.multiply(product)));
    }
  });

  test('also where digits are zero, the least or the greatest', () => {
    const all = (digit: bigint) => Array.from({ length: 50 }, (_, i) => digit << BigInt(5 * i)).reduce((a, b) => a + b);
    for (const product of [
      1n,
      2n,
      15n,
      16n,
      17n,
      31n,
      32n,
      2n ** 251n,
      all(15n),
      all(16n),
      all(17n),
      all(31n),
    ] as ScalarProduct[])
      expect(hex(byKernel.multiply(product))).toBe(hex(plain.multiply(product)));
  });

  test('are right for more tables than there is room for', () => {
    const tables = Array.from({ length: limits.pointTables + 3 }, () => kernel.tableOf(point));
    const last = tables.at(-1);
    last?.extend();
    const product = scalarProduct(random(32));
    expect(last && hex(last.multiply(product))).toBe(hex(plain.multiply(product)));
  });
});

describe('without WebAssembly', () => {
  afterEach(() => vi.unstubAllGlobals());

  test('there is no kernel', () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(kernelPrimitives()).toBeUndefined();
  });

  test('or where pages may not make a module', () => {
    vi.stubGlobal('WebAssembly', {
      Module: class {
        constructor() {
          throw new Error('refused by the policy');
        }
      },
    });
    expect(kernelPrimitives()).toBeUndefined();
  });
});

const none = new Uint8Array(0);

function results(
  p: Omit<KernelPrimitives, 'tableOf'>,
  key: Uint8Array,
  nonce: Uint8Array,
  data: Uint8Array,
  info: Uint8Array,
  length: number,
): Record<string, Uint8Array> {
  const [k16, k32, n12] = [key.subarray(0, 16), key.subarray(0, 32), nonce.subarray(0, 12)];
  const block = concatBytes(k32, Uint8Array.of(1), data);
  return {
    aes128Ctr: p.aes128Ctr(k16, nonce, data),
    gcmSivSeal: p.gcmSivSeal(k32, n12, data),
    gcmSivOpen: p.gcmSivOpen(k32, n12, p.gcmSivSeal(k32, n12, data)) ?? none,
    lionessEncrypt: p.lionessEncrypt([key, key.toReversed()], block),
    lionessDecrypt: p.lionessDecrypt(key, block),
    hmacSha256: p.hmacSha256(k16, data),
    hkdfSha256: p.hkdfSha256(k32, undefined, info, length),
    hkdfSha256WithSalt: p.hkdfSha256(data, nonce, info, length),
    blake3: p.blake3(data),
    hkdfBlake3: p.hkdfBlake3(k32, undefined, info, length),
  };
}

function made(): KernelPrimitives {
  const primitives = kernelPrimitives();
  if (primitives === undefined) throw new Error('WebAssembly is to be had here');
  return primitives;
}

function someEightfold() {
  for (;;) {
    const point = eightfoldPoint(random(32));
    if (point !== undefined) return point;
  }
}
