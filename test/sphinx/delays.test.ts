import { describe, expect, test } from 'vitest';
import { sampleDelaysNs } from '../../src/sphinx/index.ts';
import { seededRandom } from '../support/seeded-random.ts';

describe('delays', () => {
  const random = seededRandom('delays');

  test('are whole nanoseconds, one for each hop', () => {
    const delays = sampleDelaysNs(4, 15, random);
    expect(delays.length).toBe(4);
    expect(delays.every(delay => Number.isSafeInteger(delay) && delay >= 0)).toBe(true);
  });

  test('are exponential: mean and spread are equal, and a share 1/e is longer than the mean', () => {
    const delays = sampleDelaysNs(20_000, 15, random).map(ns => ns / 1e6);
    const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
    const deviation = Math.sqrt(delays.reduce((sum, delay) => sum + (delay - mean) ** 2, 0) / delays.length);
    expect(mean).toBeCloseTo(15, 0);
    expect(deviation / mean).toBeCloseTo(1, 1);
    expect(delays.filter(delay => delay > 15).length / delays.length).toBeCloseTo(1 / Math.E, 1);
  });

  test('are none where the mean is 0', () => {
    expect(sampleDelaysNs(4, 0, random)).toEqual([0, 0, 0, 0]);
  });
});
