import { randomFillSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { fromReserve } from '../../src/platform/random-reserve.ts';

test('no bytes are given out twice, and none that were not drawn', () => {
  const randomBytes = fromReserve(randomFillSync);
  const seen = new Set<string>();
  for (let i = 0; i < 5000; i++) {
    const bytes = randomBytes(8 + (i % 300));
    expect(bytes).toHaveLength(8 + (i % 300));
    const start = Buffer.from(bytes.subarray(0, 8)).toString('hex');
    expect(seen.has(start)).toBe(false);
    seen.add(start);
    expect(bytes.subarray(-8).some(byte => byte !== 0)).toBe(true);
  }
});

test('all bytes of the generator come out, in their order', () => {
  let next = 0;
  const randomBytes = fromReserve(bytes => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = next++ % 251;
  });
  for (const length of [0, 1, 4095, 100, 256, 257]) {
    const bytes = randomBytes(length);
    const first = bytes[0] ?? 0;
    expect(bytes).toEqual(Uint8Array.from({ length }, (_, i) => (first + i) % 251));
  }
});

test('its arrays are the caller’s own', () => {
  const randomBytes = fromReserve(randomFillSync);
  const bytes = randomBytes(32);
  const before = bytes.slice();
  expect(bytes.buffer.byteLength).toBe(32);
  for (let i = 0; i < 1000; i++) randomBytes(32);
  expect(bytes).toEqual(before);
});

test('a generator that fails is never replaced by zeros', () => {
  let fails = true;
  const randomBytes = fromReserve(bytes => {
    if (fails) throw new Error('no entropy');
    randomFillSync(bytes);
  });
  for (const length of [32, 32, 1000]) expect(() => randomBytes(length)).toThrow('no entropy');
  fails = false;
  expect(randomBytes(32).some(byte => byte !== 0)).toBe(true);
});
