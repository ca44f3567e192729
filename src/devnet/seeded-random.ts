import { ctr } from '@noble/ciphers/aes.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '../crypto/bytes.ts';
import type { RandomBytes } from '../platform/platform.ts';

/** Drawn ahead, so that a short string costs no call into the cipher. */
const POOL_BYTES = 16 * 1024;
const BLOCK_BYTES = 16;

/** The same bytes for the same seed, for runs that must repeat: the keystream of AES-256-CTR. */
export function seededRandom(seed: string): RandomBytes {
  const key = sha256(new TextEncoder().encode(seed));
  const counter = new Uint8Array(BLOCK_BYTES);
  let blocks = 0;
  let pool = new Uint8Array(0);
  const more = (bytes: number): Uint8Array => {
    new DataView(counter.buffer).setBigUint64(BLOCK_BYTES - 8, BigInt(blocks));
    const length = Math.ceil(Math.max(POOL_BYTES, bytes) / BLOCK_BYTES);
    blocks += length;
    return ctr(key, counter).encrypt(new Uint8Array(length * BLOCK_BYTES));
  };
  return length => {
    if (length > pool.length) pool = concatBytes(pool, more(length));
    const drawn = pool.slice(0, length);
    pool = pool.subarray(length);
    return drawn;
  };
}
