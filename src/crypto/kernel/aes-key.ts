/**
 * The round keys of AES (FIPS 197 §5.2), each as a vector for each bit, without look-ups.
 *
 * @module
 */

import { doubled } from '../aes.ts';
import {
  addresses,
  type Code,
  i8x16,
  i32,
  i32x4,
  type Local,
  type ModuleWriter,
  types,
  v128,
  type WrittenFunction,
  when,
} from './assembler.ts';
import { AFFINE_CONSTANT, subBytes } from './s-box.ts';

export const BLOCK_BYTES = 16;
export const BITS = [0, 1, 2, 3, 4, 5, 6, 7];
export const ROUND_KEY_BYTES = BITS.length * BLOCK_BYTES;
const ROUNDS_OF_AES128 = 10;
const ROUNDS_OF_AES256 = 14;
/** For the address of the last round key, two blocks of the key, one to work with, and the round keys of AES-256. */
export const AES_KEY_ROOM_BYTES = 4 * BLOCK_BYTES + (ROUNDS_OF_AES256 + 1) * ROUND_KEY_BYTES;

/** In that room. */
export function keyPlaces(room: number): { readonly lastKey: Code; readonly keys: number } {
  return { lastKey: i32.const(room), keys: room + 4 * BLOCK_BYTES };
}

/**
 * Exports `expandAesKey(key, is256)`. Behind the first round, a key has the constant of the S-box in it that the circuit leaves
 * out: it stays the same in what comes between.
 */
export function expandAesKey(module: ModuleWriter, room: number): void {
  const { lastKey, keys } = keyPlaces(room);
  const [first, second, substituted] = addresses(room + BLOCK_BYTES, BLOCK_BYTES, 3);
  const slice = sliceKey(module);
  const substitute = substituteBytes(module, substituted);
  /** The words at `words`, each added to all behind it, and to all that word of `from` that is last, as it was substituted. */
  const next = (words: Code, from: Code, word: readonly number[], constant: number, v: Local): Code => [
    substitute.call(from),
    v.set(v128.load(words)),
    v.set(v128.xor(v.get, v128.shuffle(v.get, zero, [16, 16, 16, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]))),
    v.set(v128.xor(v.get, v128.shuffle(v.get, zero, [16, 16, 16, 16, 16, 16, 16, 16, 0, 1, 2, 3, 4, 5, 6, 7]))),
    v.set(v128.xor(v.get, v128.shuffle(v128.load(substituted), zero, [...word, ...word, ...word, ...word]))),
    v128.store(words, v128.xor(v.get, i32x4.splat(i32.const(constant)))),
  ];
  const roundKey = (i: number): Code => i32.const(keys + i * ROUND_KEY_BYTES);
  module.function('expandAesKey', 2, (writer, key, is256) => {
    const v = writer.local(types.v128);
    const of128: Code[] = [];
    for (let i = 1, constant = 1; i <= ROUNDS_OF_AES128; i++, constant = doubled(constant))
      of128.push(
        next(first, first, rotatedWord, constant, v),
        slice.call(first, roundKey(i), i32.const(AFFINE_CONSTANT)),
      );
    const of256: Code[] = [
      v128.store(second, v128.load(key.get, BLOCK_BYTES)),
      slice.call(second, roundKey(1), i32.const(AFFINE_CONSTANT)),
    ];
    for (let i = 2, constant = 1; i <= ROUNDS_OF_AES256; i++) {
      const isEven = i % 2 === 0;
      of256.push(
        isEven ? next(first, second, rotatedWord, constant, v) : next(second, first, lastWord, 0, v),
        slice.call(isEven ? first : second, roundKey(i), i32.const(AFFINE_CONSTANT)),
      );
      if (isEven) constant = doubled(constant);
    }
    return [
      v128.store(first, v128.load(key.get)),
      slice.call(first, roundKey(0), i32.const(0)),
      when(is256.get, [of256, i32.store(lastKey, roundKey(ROUNDS_OF_AES256))]),
      when(i32.sub(i32.const(1), is256.get), [of128, i32.store(lastKey, roundKey(ROUNDS_OF_AES128))]),
    ];
  });
}

/** A vector for each bit of the block at the first address, all ones where it is set, after a byte was added to all of its. */
function sliceKey(module: ModuleWriter): WrittenFunction {
  return module.function(undefined, 3, (writer, block, target, byte) => {
    const v = writer.local(types.v128);
    return [
      v.set(v128.xor(v128.load(block.get), i8x16.splat(byte.get))),
      BITS.map(i => v128.store(target.get, bitOf(v, i), BLOCK_BYTES * i)),
    ];
  });
}

/** What SubBytes makes of the block at an address. */
function substituteBytes(module: ModuleWriter, target: Code): WrittenFunction {
  return module.function(undefined, 1, (writer, block) => {
    const v = writer.local(types.v128);
    const q = writer.locals(types.v128, 8);
    const bytes = q.map((bit, i) => v128.and(bit.get, i8x16.splat(i32.const(1 << i))));
    return [
      v.set(v128.load(block.get)),
      q.map((bit, i) => bit.set(bitOf(v, i))),
      subBytes(writer, q),
      v128.store(
        target,
        v128.xor(
          bytes.reduce((a, b) => v128.or(a, b)),
          i8x16.splat(i32.const(AFFINE_CONSTANT)),
        ),
      ),
    ];
  });
}

function bitOf(v: Local, i: number): Code {
  const bit = i8x16.splat(i32.const(1 << i));
  return i8x16.eq(v128.and(v.get, bit), bit);
}

const zero = v128.const(new Uint8Array(BLOCK_BYTES));
const lastWord = [12, 13, 14, 15];
const rotatedWord = [13, 14, 15, 12];
