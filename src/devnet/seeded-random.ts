import { createCipheriv, createHash } from 'node:crypto';
import { concatBytes } from '../crypto/bytes.ts';
import type { RandomBytes } from '../platform/platform.ts';

/** Drawn ahead, so that a short string costs no call into the cipher. */
const POOL_BYTES = 16 * 1024;

/** The same bytes for the same seed, for runs that must repeat: the keystream of AES-256-CTR. */
export function seededRandom(seed: string): RandomBytes {
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), new Uint8Array(16));
  let pool = new Uint8Array(0);
  return length => {
    if (length > pool.length) pool = concatBytes(pool, cipher.update(new Uint8Array(Math.max(POOL_BYTES, length))));
    const drawn = pool.slice(0, length);
    pool = pool.subarray(length);
    return drawn;
  };
}
