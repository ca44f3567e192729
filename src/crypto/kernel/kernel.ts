/**
 * The hot part of packet building as a WebAssembly module, which is written here when it is first needed: there is no
 * compiler, and no binary to be trusted. All of its functions have a portable twin, with the same results.
 *
 * @module
 */

import * as limits from '../../limits.ts';
import { TABLE_BYTES } from '../point-table.ts';
import { AES_ROOM_BYTES, aes } from './aes.ts';
import { ModuleWriter } from './assembler.ts';
import { BLAKE2B_ROOM_BYTES, blake2b } from './blake2b.ts';
import { BLAKE3_ROOM_BYTES, blake3 } from './blake3.ts';
import { CHACHA20_ROOM_BYTES, chacha20 } from './chacha20.ts';
import { MULTIPLE_ROOM_BYTES, multiplyPoint } from './edwards.ts';
import { POLYVAL_ROOM_BYTES, polyval } from './polyval.ts';
import { SHA256_ROOM_BYTES, sha256 } from './sha256.ts';

const PAGE_BYTES = 65_536;

const rooms = {
  blake2b: BLAKE2B_ROOM_BYTES,
  blake3: BLAKE3_ROOM_BYTES,
  sha256: SHA256_ROOM_BYTES,
  chacha20: CHACHA20_ROOM_BYTES,
  multiple: MULTIPLE_ROOM_BYTES,
  aes: AES_ROOM_BYTES,
  polyval: POLYVAL_ROOM_BYTES,
};
const KEPT_BYTES = 4096;
/** What the functions work with, then what they are given, then what is kept between calls, and tables. */
const places = {
  ...inARow(rooms),
  data: PAGE_BYTES,
  kept: 2 * PAGE_BYTES - KEPT_BYTES,
  tables: 2 * PAGE_BYTES,
};
const DATA_BYTES = places.kept - places.data;
/** Those of a process, and one more: a table is made before the oldest is let go. */
const TABLES = limits.pointTables + 1;

export interface Kernel {
  readonly bytes: Uint8Array;
  /** Where there is room for what functions are given, of `dataBytes`. */
  readonly data: number;
  readonly dataBytes: number;
  /** Where there is room for what is kept between calls, of `keptBytes`. */
  readonly kept: number;
  readonly keptBytes: number;
  /** Where there is a step of AES. */
  readonly aesStep: number;
  readonly chacha20Key: number;
  /** Where hashes are left. */
  readonly blake2bHash: number;
  readonly blake3Hash: number;
  /** Room for tables of points, one after the other. */
  readonly tables: readonly Int32Array<ArrayBuffer>[];
  readonly functions: KernelFunctions;
}

/** See where they are written. */
export interface KernelFunctions {
  blake2b(message: number, length: number, parameters: number): void;
  blake3(message: number, length: number): void;
  chacha20(data: number, end: number): void;
  multiplyPoint(table: number, signedDigits: number, out: number): void;
  expandAesKey(key: number, is256: number): void;
  encryptAesStep(): void;
  xorAesCounter(counter: number, data: number, end: number): void;
  xorAesCounter32(counter: number, data: number, end: number): void;
  polyval(key: number, blocks: number, end: number, out: number): void;
  hmacSha256(key: number, message: number, blocks: number, out: number): void;
  takeSha256Key(key: number, states: number): void;
  hmacSha256By(states: number, message: number, blocks: number, out: number): void;
  expandSha256(
    key: number,
    first: number,
    firstBlocks: number,
    later: number,
    laterBlocks: number,
    count: number,
    out: number,
    hashes: number,
  ): void;
}

/** `undefined` where there is no WebAssembly, or not this much of it. */
export function makeKernel(): Kernel | undefined {
  const module = new ModuleWriter(Math.ceil((places.tables + TABLES * TABLE_BYTES) / PAGE_BYTES));
  blake2b(module, places.blake2b);
  blake3(module, places.blake3);
  sha256(module, places.sha256);
  chacha20(module, places.chacha20);
  multiplyPoint(module, places.multiple);
  aes(module, places.aes);
  polyval(module, places.polyval);
  const exports = instantiate(module.finish());
  if (exports === undefined) return undefined;
  const { buffer } = exports.memory;
  return {
    bytes: new Uint8Array(buffer),
    data: places.data,
    dataBytes: DATA_BYTES,
    kept: places.kept,
    keptBytes: KEPT_BYTES,
    aesStep: places.aes,
    chacha20Key: places.chacha20 + 16,
    blake2bHash: places.blake2b,
    blake3Hash: places.blake3,
    tables: Array.from(
      { length: TABLES },
      (_, i) => new Int32Array(buffer, places.tables + i * TABLE_BYTES, TABLE_BYTES / 4),
    ),
    functions: exports,
  };
}

type Exports = KernelFunctions & { readonly memory: { readonly buffer: ArrayBuffer } };

function instantiate(bytes: Uint8Array<ArrayBuffer>): Exports | undefined {
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Exports;
  } catch {
    return undefined;
  }
}

/** Where each begins. */
function inARow<Names extends string>(sizes: Record<Names, number>): Record<Names, number> {
  let end = 0;
  const starts = { ...sizes };
  for (const name in sizes) {
    starts[name] = end;
    // Vectors are read faster within a line of a cache.
    end += 64 * Math.ceil(sizes[name] / 64);
  }
  if (end > PAGE_BYTES) throw new RangeError('the rooms of the kernel are more than a page');
  return starts;
}
