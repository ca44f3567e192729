/**
 * Primitives by the kernel. What is too long for its memory, which nothing in a packet is, is left to the portable ones.
 *
 * @module
 */

import type { EdwardsPoint } from '../edwards.ts';
import type { PointTable } from '../point-table.ts';
import type { Primitives } from '../primitives.ts';
import { aesModesBy } from './aes-modes.ts';
import { hashesBy } from './hashes.ts';
import { makeKernel } from './kernel.ts';
import { lionessBy } from './lioness.ts';
import { tablesBy } from './tables.ts';

export interface KernelPrimitives
  extends Pick<
    Primitives,
    | 'aes128Ctr'
    | 'aes128Keystream'
    | 'blake3'
    | 'gcmSivOpen'
    | 'gcmSivSeal'
    | 'hkdfBlake3'
    | 'hkdfSha256'
    | 'hmacSha256'
    | 'lionessDecrypt'
    | 'lionessEncrypt'
  > {
  /** A table whose multiples the kernel computes, while there is room for one. */
  tableOf(point: EdwardsPoint): PointTable;
}

/** @returns `undefined` where there is no kernel */
export function kernelPrimitives(): KernelPrimitives | undefined {
  const kernel = makeKernel();
  if (kernel === undefined) return undefined;
  return { ...hashesBy(kernel), ...aesModesBy(kernel), ...lionessBy(kernel), tableOf: tablesBy(kernel) };
}
