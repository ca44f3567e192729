/** Random choices from random bytes: uniform numbers, picks, and the exponential gaps and delays of the mixnet. */

import type { RandomBytes } from '../platform/platform.ts';
import { u32 } from './bytes.ts';

/** Uniform in 0 … bound-1, without modulo bias: draws again above the last multiple of `bound`. */
export function uniformBelow(bound: number, random: RandomBytes): number {
  if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) throw new RangeError(`bound of ${bound}`);
  const limit = 2 ** 32 - (2 ** 32 % bound);
  for (;;) {
    const drawn = u32(random(4));
    if (drawn < limit) return drawn % bound;
  }
}

/** One of `items`, each with the same chance; `undefined` from an empty list. */
export function pick<T>(items: readonly T[], random: RandomBytes): T | undefined {
  return items.length === 0 ? undefined : items[uniformBelow(items.length, random)];
}

/** Uniform in (0, 1] with 53 random bits: its logarithm is finite. */
export function uniformUnit(random: RandomBytes): number {
  const bytes = random(8);
  const high = u32(bytes) & 0x1f_ffff;
  const low = u32(bytes, 4);
  return (high * 2 ** 32 + low + 1) / 2 ** 53;
}

/** A sample of the exponential distribution, −mean·ln(u), in the unit of `mean`. */
export function exponential(mean: number, random: RandomBytes): number {
  return mean === 0 ? 0 : -mean * Math.log(uniformUnit(random));
}
