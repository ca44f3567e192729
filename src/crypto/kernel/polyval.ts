/**
 * POLYVAL (RFC 8452 §3) by the table of `polyval.ts`.
 *
 * @module
 */

import { at, type Code, i32, i64, i64x2, loopWhile, type ModuleWriter, types, v128 } from './assembler.ts';

const BLOCK_BYTES = 16;
const ENTRIES = 16;
const NIBBLES = 32;
const ROW_BYTES = ENTRIES * BLOCK_BYTES;
export const POLYVAL_ROOM_BYTES = NIBBLES * ROW_BYTES;

/** Exports `polyval(key, blocks, end, out)`, of addresses. */
export function polyval(module: ModuleWriter, room: number): void {
  const makeTable = module.function(undefined, 1, (writer, key) => {
    const [low, high, modulus] = writer.locals(types.i64, 3);
    const row = writer.local(types.i32);
    const entry = (value: number): Code => v128.load(row.get, BLOCK_BYTES * value);
    const powers: Code[] = [];
    for (let bit = 3; bit >= 0; bit--)
      powers.push(
        // Divided by x, after the modulus is added where the number is odd.
        modulus.set(i64.sub(i64.const(0n), i64.and(low.get, i64.const(1n)))),
        low.set(i64.or(i64.shrU(low.get, i64.const(1n)), i64.shl(high.get, i64.const(63n)))),
        high.set(i64.xor(i64.shrU(high.get, i64.const(1n)), i64.and(modulus.get, i64.const(0xe1n << 56n)))),
        i64.store(row.get, low.get, BLOCK_BYTES << bit),
        i64.store(row.get, high.get, (BLOCK_BYTES << bit) + 8),
      );
    const sums: Code[] = [];
    for (let value = 3; value < ENTRIES; value++) {
      const highest = 2 ** Math.floor(Math.log2(value));
      if (value === highest) continue;
      sums.push(v128.store(row.get, v128.xor(entry(highest), entry(value - highest)), BLOCK_BYTES * value));
    }
    return [
      low.set(i64.load(key.get)),
      high.set(i64.load(key.get, 8)),
      row.set(i32.const(room + POLYVAL_ROOM_BYTES)),
      loopWhile([row.set(i32.sub(row.get, i32.const(ROW_BYTES))), powers, sums], i32.ltU(i32.const(room), row.get)),
    ];
  });

  module.function('polyval', 4, (writer, key, blocks, end, out) => {
    const sum = writer.local(types.v128);
    const bits = writer.locals(types.i64, 2);
    const terms = Array.from({ length: NIBBLES }, (_, i) => {
      const shift = 4 * (i % 16);
      const half = at(bits, Math.floor(i / 16)).get;
      // The nibble times the size of an entry.
      const moved = shift < 4 ? i64.shl(half, i64.const(4n)) : i64.shrU(half, i64.const(BigInt(shift - 4)));
      return v128.load(i32.and(i32.wrap(moved), i32.const((ENTRIES - 1) * BLOCK_BYTES)), room + ROW_BYTES * i);
    });
    return [
      makeTable.call(key.get),
      loopWhile(
        [
          sum.set(v128.xor(sum.get, v128.load(blocks.get))),
          bits.map((half, i) => half.set(i64x2.extractLane(sum.get, i))),
          sum.set(terms.reduce((a, b) => v128.xor(a, b))),
          blocks.set(i32.add(blocks.get, i32.const(BLOCK_BYTES))),
        ],
        i32.ltU(blocks.get, end.get),
      ),
      v128.store(out.get, sum.get),
    ];
  });
}
