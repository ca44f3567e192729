/**
 * Multiples of a point by its table, with the formulas of `edwards.ts` two products at a time.
 *
 * @module
 */

import { LIMBS, limbPlace } from '../field25519.ts';
import { DIGITS, ENTRY, MULTIPLES } from '../point-table.ts';
import {
  addresses,
  type Code,
  f64x2,
  i32,
  i64,
  i64x2,
  lanes4,
  lanes8,
  loopWhile,
  type ModuleWriter,
  types,
  v128,
  type WrittenFunction,
  when,
} from './assembler.ts';
import { ENCODING_ROOM_BYTES, encodeU, type Point } from './encode-u.ts';
import { differenceAndSum, FACTOR_BYTES, limbs, multiplyPairs, PAIR_BYTES, storeFactor, swapped } from './field.ts';

const INTEGER_BYTES = 4;
const COORDINATE_BYTES = INTEGER_BYTES * LIMBS;
const ENTRY_BYTES = INTEGER_BYTES * ENTRY;
/** For the point, six pairs and two factors of an addition, and the encoding. */
export const MULTIPLE_ROOM_BYTES = 6 * PAIR_BYTES + 2 * FACTOR_BYTES + ENCODING_ROOM_BYTES;

/**
 * Exports `multiplyPoint(table, signedDigits, out)`, of addresses: the u-coordinate, 32 bytes, of the multiple by digits of a
 * byte each. Look-ups and branches depend on them, as in `PointTable.multiply`.
 */
export function multiplyPoint(module: ModuleWriter, room: number): void {
  const multiply = multiplyPairs(module);
  const [XY, TZ] = addresses(room, PAIR_BYTES, 2);
  const add = addEntry(module, multiply, { XY, TZ }, room + 2 * PAIR_BYTES);
  const encode = encodeU(module, multiply, { XY, TZ }, room + 6 * PAIR_BYTES + 2 * FACTOR_BYTES);
  module.function('multiplyPoint', 3, (writer, table, signedDigits, out) => {
    const [digit, negative, entry, seen] = writer.locals(types.i32, 4);
    const lines = [0, 64, 128, ENTRY_BYTES - INTEGER_BYTES].map(offset => i32.load(entry.get, offset));
    const look = [seen.set(lines.reduce((sum, line) => i32.add(sum, line), seen.get))];
    const [row, next] = writer.locals(types.i32, 2);
    const size = i32.sub(i32.xor(digit.get, negative.get), negative.get);
    const forEachEntry = (then: Code): Code => [
      row.set(table.get),
      next.set(signedDigits.get),
      loopWhile(
        [
          digit.set(i32.load8S(next.get)),
          when(digit.get, [
            negative.set(i32.shrS(digit.get, i32.const(31))),
            entry.set(i32.add(row.get, i32.mul(i32.sub(size, i32.const(1)), i32.const(ENTRY_BYTES)))),
            then,
          ]),
          row.set(i32.add(row.get, i32.const(ENTRY_BYTES * MULTIPLES))),
          next.set(i32.add(next.get, i32.const(1))),
        ],
        i32.ltU(next.get, i32.add(signedDigits.get, i32.const(DIGITS))),
      ),
    ];
    return [
      // Memory brings them all at once, where each would be waited for when it is added.
      forEachEntry(look),
      i32.store(out.get, seen.get),
      limbs.map(i => [XY, TZ].map(pair => v128.store(pair, f64x2.const(0, i === 0 ? 1 : 0), 16 * i))),
      forEachEntry(add.call(entry.get, negative.get)),
      encode.call(out.get),
    ];
  });
}

/** `addTo` of `edwards.ts`, of the entry at an address, or its negative, by a mask. */
function addEntry(module: ModuleWriter, multiply: WrittenFunction, { XY, TZ }: Point, room: number): WrittenFunction {
  const [AB, CD, left, left2] = addresses(room, PAIR_BYTES, 4);
  const [factor, factor2] = addresses(room + 4 * PAIR_BYTES, FACTOR_BYTES, 2);
  return module.function(undefined, 2, (writer, entry, negative) => {
    const [a, b, c, sign] = writer.locals(types.v128, 4);
    const [plus, minus] = writer.locals(types.i32, 2);
    const skip = i32.and(i32.const(COORDINATE_BYTES), negative.get);
    /** Limbs i and i + 1 of both factors, as integers. */
    const loadTwo = (i: number): Code => [
      a.set(v128.shuffle(v128.load64Zero(minus.get, 4 * i), v128.load64Zero(plus.get, 4 * i), lanes4(0, 4, 1, 5))),
      b.set(v128.shuffle(v128.load64Zero(entry.get, 2 * COORDINATE_BYTES + 4 * i), zero, lanes4(0, 4, 1, 5))),
    ];
    return [
      // The negative of a point has y + x and y − x exchanged, and the other sign of xy.
      plus.set(i32.add(entry.get, skip)),
      minus.set(i32.sub(i32.add(entry.get, i32.const(COORDINATE_BYTES)), skip)),
      sign.set(i64x2.splat(i64.shl(i64.extendS(negative.get), i64.const(63n)))),
      limbs.map(i => {
        const unit = f64x2.splat(2 ** limbPlace(i));
        return [
          i % 2 === 0 ? loadTwo(i) : [a.set(swapped(a.get)), b.set(swapped(b.get))],
          v128.store(left, differenceAndSum(v128.load(XY, 16 * i)), 16 * i),
          c.set(f64x2.mul(f64x2.convertLowI32x4(a.get), unit)),
          storeFactor(factor, i, c),
          c.set(v128.xor(f64x2.mul(f64x2.convertLowI32x4(b.get), unit), sign.get)),
          // D = 2·Z is a product, too.
          i === 0 ? c.set(f64x2.add(c.get, f64x2.const(0, 2))) : [],
          storeFactor(factor2, i, c),
        ];
      }),
      multiply.call(AB, left, factor),
      multiply.call(CD, TZ, factor2),
      limbs.map(i => [
        // E and H, F and G; then E and F, H and G.
        a.set(differenceAndSum(v128.load(AB, 16 * i))),
        b.set(differenceAndSum(v128.load(CD, 16 * i))),
        v128.store(left, a.get, 16 * i),
        storeFactor(factor, i, b),
        v128.store(left2, v128.shuffle(a.get, b.get, lanes8(0, 2)), 16 * i),
        c.set(v128.shuffle(a.get, b.get, lanes8(1, 3))),
        storeFactor(factor2, i, c),
      ]),
      multiply.call(XY, left, factor),
      multiply.call(TZ, left2, factor2),
    ];
  });
}

const zero = v128.const(new Uint8Array(16));
