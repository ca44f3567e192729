import { uniformUnit } from '../crypto/sampling.ts';
import type { Milliseconds, RandomBytes } from '../platform/platform.ts';

const FIRST: Milliseconds = 1_000;
const LONGEST: Milliseconds = 30_000;

/**
 * How long to wait before the next attempt, after `failures` earlier ones: doubling up to half a minute, and each time a
 * random half to the whole of it, so that the clients of a gateway that restarts do not return all at once.
 */
export function exponentialBackoff(failures: number, random: RandomBytes): Milliseconds {
  const longest = Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 16));
  return longest * (1 - uniformUnit(random) / 2);
}
