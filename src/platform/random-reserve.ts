import type { RandomBytes } from './platform.ts';

/**
 * Random bytes from a reserve that the system's generator fills: to ask it for four bytes takes as long as for thousands,
 * and a packet wants some thirty times a few. What has been given out is wiped from the reserve, which so never holds a
 * key of what has been sent.
 *
 * @param fill fills the array, or throws
 */
export function fromReserve(fill: (bytes: Uint8Array<ArrayBuffer>) => void): RandomBytes {
  const reserve = new Uint8Array(RESERVE_BYTES);
  let taken = RESERVE_BYTES;
  return length => {
    if (length > LONGEST_FROM_RESERVE) {
      const bytes = new Uint8Array(length);
      fill(bytes);
      return bytes;
    }
    if (taken + length > RESERVE_BYTES) {
      fill(reserve);
      taken = 0;
    }
    const bytes = reserve.slice(taken, taken + length);
    reserve.fill(0, taken, taken + length);
    taken += length;
    return bytes;
  };
}

const RESERVE_BYTES = 4096;
const LONGEST_FROM_RESERVE = 256;
