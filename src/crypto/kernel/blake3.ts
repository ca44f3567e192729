/**
 * BLAKE3 (the paper of its authors, 2020), of one chunk.
 *
 * @module
 */

import { BLOCK_BYTES, flags, iv, schedule } from '../blake3.ts';
import {
  at,
  type Code,
  i32,
  type Local,
  loopWhile,
  type ModuleWriter,
  select,
  types,
  type WrittenFunction,
} from './assembler.ts';
import { blakeRounds } from './square.ts';

/** The chaining value: eight words. */
export const BLAKE3_ROOM_BYTES = 32;

/**
 * Exports `blake3`, of an address and a length: what is there, at most a chunk, the last block filled up with zeros. The hash
 * is left in `room`.
 */
export function blake3(module: ModuleWriter, room: number): void {
  const value = i32.const(room);
  const compress = compressBlock(module, value);
  module.function('blake3', 2, (writer, message, length) => {
    const [flag, isMore] = writer.locals(types.i32, 2);
    const blockBytes = i32.const(BLOCK_BYTES);
    return [
      Array.from(iv, (word, i) => i32.store(value, i32.const(word), 4 * i)),
      flag.set(i32.const(flags.chunkStart)),
      loopWhile(
        [
          isMore.set(i32.ltU(blockBytes, length.get)),
          compress.call(
            message.get,
            select(isMore.get, blockBytes, length.get),
            select(isMore.get, flag.get, i32.or(flag.get, i32.const(flags.chunkEnd | flags.root))),
          ),
          flag.set(i32.const(0)),
          message.set(i32.add(message.get, blockBytes)),
          length.set(i32.sub(length.get, blockBytes)),
        ],
        isMore.get,
      ),
    ];
  });
}

/** §2.2, of the block at an address, its length, and its flags. The chunk is the first one. */
function compressBlock(module: ModuleWriter, value: Code): WrittenFunction {
  return module.function(undefined, 3, (writer, block, length, flag) => {
    const v = writer.locals(types.i32, 16);
    const half =
      (first: number, second: number) =>
      (a: Local, b: Local, c: Local, d: Local, place: number): Code => [
        a.set(i32.add(i32.add(a.get, b.get), i32.load(block.get, place))),
        d.set(i32.rotr(i32.xor(d.get, a.get), i32.const(first))),
        c.set(i32.add(c.get, d.get)),
        b.set(i32.rotr(i32.xor(b.get, c.get), i32.const(second))),
      ];
    return [
      v.slice(0, 8).map((word, i) => word.set(i32.load(value, 4 * i))),
      v.slice(8, 12).map((word, i) => word.set(i32.const(at(iv, i)))),
      at(v, 14).set(length.get),
      at(v, 15).set(flag.get),
      blakeRounds(v, schedule, [half(16, 12), half(8, 7)]),
      v.slice(0, 8).map((word, i) => i32.store(value, i32.xor(word.get, at(v, i + 8).get), 4 * i)),
    ];
  });
}
