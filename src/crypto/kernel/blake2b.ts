/**
 * BLAKE2b (RFC 7693), of whole blocks.
 *
 * @module
 */

import { BLOCK_BYTES, iv, schedule } from '../blake2b.ts';
import {
  at,
  type Code,
  i32,
  i64,
  type Local,
  loopWhile,
  type ModuleWriter,
  select,
  types,
  type WrittenFunction,
} from './assembler.ts';
import { blakeRounds } from './square.ts';

/** The state: eight words. */
export const BLAKE2B_ROOM_BYTES = 64;

/**
 * Exports `blake2b`, of an address, a length, and the first word of the parameter block (RFC 7693 §2.5): what is there, the
 * last block filled up with zeros. The hash is left in `room`.
 */
export function blake2b(module: ModuleWriter, room: number): void {
  const h = i32.const(room);
  const compress = compressBlock(module, h);
  module.function('blake2b', 3, (writer, message, length, parameters) => {
    const [bytes, isMore] = writer.locals(types.i32, 2);
    return [
      words(8).map(i => i64.store(h, i64.const(ivWord(i)), 8 * i)),
      i64.store(h, i64.xor(i64.load(h), i64.extendU(parameters.get))),
      loopWhile(
        [
          bytes.set(i32.add(bytes.get, i32.const(BLOCK_BYTES))),
          isMore.set(i32.ltU(bytes.get, length.get)),
          compress.call(
            message.get,
            select(isMore.get, bytes.get, length.get),
            // All ones for the last block.
            i32.sub(isMore.get, i32.const(1)),
          ),
          message.set(i32.add(message.get, i32.const(BLOCK_BYTES))),
        ],
        isMore.get,
      ),
    ];
  });
}

/** RFC 7693 §3.2, of the block at an address, the number of bytes so far, and what the 14th word is XORed with. */
function compressBlock(module: ModuleWriter, h: Code): WrittenFunction {
  return module.function(undefined, 3, (writer, block, bytes, flip) => {
    const v = writer.locals(types.i64, 16);
    // §3.1
    const half =
      (first: number, second: number) =>
      (a: Local, b: Local, c: Local, d: Local, word: number): Code => [
        a.set(i64.add(i64.add(a.get, b.get), i64.load(block.get, 4 * word))),
        d.set(i64.rotr(i64.xor(d.get, a.get), i64.const(BigInt(first)))),
        c.set(i64.add(c.get, d.get)),
        b.set(i64.rotr(i64.xor(b.get, c.get), i64.const(BigInt(second)))),
      ];
    return [
      words(8).map(i => [at(v, i).set(i64.load(h, 8 * i)), at(v, 8 + i).set(i64.const(ivWord(i)))]),
      at(v, 12).set(i64.xor(at(v, 12).get, i64.extendU(bytes.get))),
      at(v, 14).set(i64.xor(at(v, 14).get, i64.extendS(flip.get))),
      blakeRounds(v, schedule, [half(32, 24), half(16, 63)]),
      words(8).map(i => i64.store(h, i64.xor(i64.load(h, 8 * i), i64.xor(at(v, i).get, at(v, 8 + i).get)), 8 * i)),
    ];
  });
}

function ivWord(i: number): bigint {
  return (BigInt(at(iv, 2 * i + 1)) << 32n) | BigInt(at(iv, 2 * i) >>> 0);
}

function words(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
