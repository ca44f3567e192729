/**
 * Primitives by the kernel. What is too long for its memory, which nothing in a packet is, is left to the portable ones.
 *
 * @module
 */

import { eightfoldBasePoint } from '../base-point.ts';
import type { EdwardsPoint } from '../edwards.ts';
import type { PointTable } from '../point-table.ts';
import { expectLength, type Primitives } from '../primitives.ts';
import { scalarProduct } from '../scalar-product.ts';
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
    | 'ephemeralPublicKey'
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
  const tableOf = tablesBy(kernel);
  let basePointTable: PointTable | undefined;
  return {
    ...hashesBy(kernel),
    ...aesModesBy(kernel),
    ...lionessBy(kernel),
    tableOf,
    ephemeralPublicKey(secretKey) {
      expectLength('secret key', secretKey, 32);
      if (basePointTable === undefined) {
        basePointTable = tableOf(eightfoldBasePoint());
        basePointTable.extend();
      }
      return basePointTable.multiply(scalarProduct(secretKey));
    },
  };
}
