/**
 * Arithmetic modulo 2²⁵⁵ − 19 for two elements at once: that of `field25519.ts`, with its limbs and limits, in both halves of
 * a vector. A pair is twelve vectors in memory, the i-th of both elements' i-th limbs.
 *
 * @module
 */

import { FOLD, LIMBS, limbPlace } from '../field25519.ts';
import {
  at,
  type Code,
  f64x2,
  i32,
  type Local,
  lanes8,
  loopWhile,
  type ModuleWriter,
  types,
  v128,
  type WrittenFunction,
} from './assembler.ts';

export const PAIR_BYTES = 16 * LIMBS;
/** A pair that others are multiplied by: what its limbs are to the limbs below, and behind that, the limbs themselves. */
export const FACTOR_BYTES = 2 * PAIR_BYTES;

/** Sums that a processor keeps in its registers at a time. */
const SUMS_AT_A_TIME = 6;

export const limbs = Array.from({ length: LIMBS }, (_, i) => i);

/** Makes a factor of a pair, limb by limb. */
export function storeFactor(factor: Code, i: number, limb: Local): Code {
  return [
    v128.store(factor, f64x2.mul(limb.get, f64x2.splat(FOLD)), 16 * i),
    v128.store(factor, limb.get, 16 * i + PAIR_BYTES),
  ];
}

/** Of three addresses: of a pair for the products, of a pair, which may be the same, and of a factor. */
export function multiplyPairs(module: ModuleWriter): WrittenFunction {
  return module.function(undefined, 3, (writer, out, a, factor) => {
    const h = writer.locals(types.v128, LIMBS);
    const limb = writer.local(types.v128);
    const row = writer.local(types.i32);
    const addRows = limbs
      .filter(i => i % SUMS_AT_A_TIME === 0)
      .map(first => {
        const sums = h.slice(first, first + SUMS_AT_A_TIME);
        return [
          sums.map(sum => sum.set(f64x2.splat(0))),
          row.set(i32.add(factor.get, i32.const(PAIR_BYTES))),
          loopWhile(
            [
              limb.set(v128.load(a.get)),
              sums.map((sum, i) =>
                sum.set(f64x2.add(sum.get, f64x2.mul(limb.get, v128.load(row.get, 16 * (first + i))))),
              ),
              a.set(i32.add(a.get, i32.const(16))),
              row.set(i32.sub(row.get, i32.const(16))),
            ],
            i32.ltU(factor.get, row.get),
          ),
          a.set(i32.sub(a.get, i32.const(PAIR_BYTES))),
        ];
      });
    return [
      addRows,
      carry(h, writer.locals(types.v128, LIMBS)),
      h.map((sum, i) => v128.store(out.get, sum.get, 16 * i)),
    ];
  });
}

/** As `carry` of `field25519.ts`, limb by limb from two places on. @param q room to work in */
function carry(h: readonly Local[], q: readonly Local[]): Code {
  const takeFrom = (i: number): Code => {
    const [limb, taken, next] = [at(h, i % LIMBS), at(q, i % LIMBS), at(h, (i + 1) % LIMBS)];
    const rounding = f64x2.splat(3 * 2 ** (limbPlace((i % LIMBS) + 1) + 51));
    const carried = (i + 1) % LIMBS === 0 ? f64x2.mul(taken.get, f64x2.splat(FOLD)) : taken.get;
    return [
      taken.set(f64x2.sub(f64x2.add(limb.get, rounding), rounding)),
      limb.set(f64x2.sub(limb.get, taken.get)),
      next.set(f64x2.add(next.get, carried)),
    ];
  };
  return limbs.slice(0, LIMBS / 2 + 1).map(i => [takeFrom(i), takeFrom(i + LIMBS / 2)]);
}

/** Of a and b: b − a and a + b. */
export function differenceAndSum(pair: Code): Code {
  return f64x2.add(swapped(pair), v128.xor(pair, f64x2.const(-0, 0)));
}

export function swapped(pair: Code): Code {
  return v128.shuffle(pair, pair, lanes8(1, 0));
}
