import { sha256 } from '@noble/hashes/sha2.js';
import type { RandomBytes } from '../../src/platform/platform.ts';

/** The same bytes for the same seed, for tests that must repeat: SHA-256 over seed and counter. */
export function seededRandom(seed: string): RandomBytes {
  let counter = 0;
  let pool = new Uint8Array(0);
  return length => {
    const drawn = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      if (pool.length === 0) pool = sha256(new TextEncoder().encode(`${seed}/${counter++}`));
      const taken = pool.subarray(0, length - filled);
      drawn.set(taken, filled);
      filled += taken.length;
      pool = pool.subarray(taken.length);
    }
    return drawn;
  };
}
