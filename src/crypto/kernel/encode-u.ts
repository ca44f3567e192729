/**
 * The u-coordinate of a point, as bytes: `encodeU` of `edwards.ts`.
 *
 * @module
 */

import { LIMBS, limbPlace } from '../field25519.ts';
import {
  at,
  type Code,
  f64x2,
  i32,
  i32x4,
  i64,
  type Local,
  lanes8,
  type ModuleWriter,
  types,
  v128,
  type WrittenFunction,
} from './assembler.ts';
import { differenceAndSum, FACTOR_BYTES, limbs, PAIR_BYTES, storeFactor } from './field.ts';
import { DIGIT_BITS, DIGITS, INVERSE_ROOM_BYTES, invertDigits } from './inverse.ts';

const NUMBER_BYTES = 8 * DIGITS;
/** For two pairs, a factor, and a number and its inverse. */
export const ENCODING_ROOM_BYTES = 2 * PAIR_BYTES + FACTOR_BYTES + NUMBER_BYTES + INVERSE_ROOM_BYTES;

const P = 2n ** 255n - 19n;
const WORD_BITS = 32;
const WORDS = 8;

/** Pairs of coordinates. */
export interface Point {
  readonly XY: Code;
  readonly TZ: Code;
}

/** u = (Z + Y)/(Z − Y), 32 bytes at the address. */
export function encodeU(
  module: ModuleWriter,
  multiply: WrittenFunction,
  { XY, TZ }: Point,
  room: number,
): WrittenFunction {
  const numberAt = room + 2 * PAIR_BYTES + FACTOR_BYTES;
  const [sums, inverse, factor, number] = [room, room + PAIR_BYTES, room + 2 * PAIR_BYTES, numberAt].map(i32.const) as [
    Code,
    Code,
    Code,
    Code,
  ];
  const invert = invertDigits(module, numberAt + NUMBER_BYTES);
  return module.function(undefined, 1, (writer, out) => {
    const pair = writer.local(types.v128);
    const storeOne = limbs.map(i => [
      pair.set(f64x2.const(i === 0 ? 1 : 0, i === 0 ? 1 : 0)),
      storeFactor(factor, i, pair),
    ]);
    return [
      limbs.map(i => [
        pair.set(v128.shuffle(v128.load(XY, 16 * i), v128.load(TZ, 16 * i), lanes8(1, 3))),
        v128.store(sums, differenceAndSum(pair.get), 16 * i),
      ]),
      // A product is carried, and between −p and p.
      storeOne,
      multiply.call(sums, sums, factor),
      storeDigits(writer.local(types.i64), sums, number),
      invert.call(number),
      loadDigits(number, inverse),
      multiply.call(inverse, inverse, factor),
      limbs.map(i => [pair.set(v128.load(inverse, 16 * i)), storeFactor(factor, i, pair)]),
      multiply.call(sums, sums, factor),
      storeCanonical(writer.locals(types.i64, WORDS), writer.local(types.i64), sums, out.get),
    ];
  });
}

/** The digits of the lower half of a pair. */
function storeDigits(carried: Local, pair: Code, number: Code): Code {
  return [
    carried.set(i64.const(0n)),
    Array.from({ length: DIGITS }, (_, i) => [
      carried.set(i64.add(carried.get, digitOf(pair, 0, i, DIGIT_BITS))),
      i === DIGITS - 1
        ? i64.store(number, carried.get, 8 * i)
        : [
            i64.store(number, i64.and(carried.get, i64.const((1n << BigInt(DIGIT_BITS)) - 1n)), 8 * i),
            carried.set(i64.shrS(carried.get, i64.const(BigInt(DIGIT_BITS)))),
          ],
    ]),
  ];
}

/** Into both halves of a pair: no two digits begin in the same limb. */
function loadDigits(number: Code, pair: Code): Code {
  return [
    limbs.map(i => v128.store(pair, f64x2.const(0, 0), 16 * i)),
    Array.from({ length: DIGITS }, (_, i) => {
      const place = DIGIT_BITS * i;
      const digit = f64x2.convertLowI32x4(i32x4.splat(i32.load(number, 8 * i)));
      return v128.store(pair, f64x2.mul(digit, f64x2.splat(2 ** place)), 16 * Math.floor((place * LIMBS) / 255));
    }),
  ];
}

/** The upper half of a pair as the bytes of the least number that it is modulo p. */
function storeCanonical(words: readonly Local[], wrapped: Local, pair: Code, out: Code): Code {
  const mask = i64.const(2n ** BigInt(WORD_BITS) - 1n);
  const shift = i64.const(BigInt(WORD_BITS));
  const last = at(words, WORDS - 1);
  const propagate = words
    .slice(1)
    .map((word, i) => [
      word.set(i64.add(word.get, i64.shrS(at(words, i).get, shift))),
      at(words, i).set(i64.and(at(words, i).get, mask)),
    ]);
  return [
    // With p, so that there is no sign.
    words.map((word, i) => {
      const ofP = BigInt.asUintN(WORD_BITS, P >> BigInt(WORD_BITS * i));
      return word.set(i64.add(digitOf(pair, 1, i, WORD_BITS), i64.const(ofP)));
    }),
    propagate,
    // p or more is what 19 more carry to 2²⁵⁵.
    wrapped.set(i64.const(19n)),
    words.map(word => wrapped.set(i64.shrS(i64.add(wrapped.get, word.get), word === last ? i64.const(31n) : shift))),
    at(words, 0).set(i64.add(at(words, 0).get, i64.mul(wrapped.get, i64.const(19n)))),
    propagate,
    last.set(i64.and(last.get, i64.const(0x7fffffffn))),
    words.map((word, i) => i32.store(out, i32.wrap(word.get), 4 * i)),
  ];
}

/** The sum of the limbs that begin in the i-th digit of so many bits; it is not carried. */
function digitOf(pair: Code, half: 0 | 1, i: number, bits: number): Code {
  return limbs
    .filter(limb => Math.floor(limbPlace(limb) / bits) === i)
    .map(limb => {
      const place = limbPlace(limb);
      const integers = f64x2.truncToI32x4(f64x2.mul(v128.load(pair, 16 * limb), f64x2.splat(2 ** -place)));
      return i64.shl(i64.extendS(i32x4.extractLane(integers, half)), i64.const(BigInt(place % bits)));
    })
    .reduce((sum, term) => i64.add(sum, term), i64.const(0n));
}
