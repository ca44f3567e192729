/**
 * Inverses by division steps, as in `inverse25519.ts`, in integers of 64 bits: nine digits of 30 bits each, one to eight
 * bytes, the last with a sign.
 *
 * @module
 */

import {
  addresses,
  type Code,
  i32,
  i64,
  type Local,
  loopWhile,
  type ModuleWriter,
  types,
  type WrittenFunction,
} from './assembler.ts';

export const DIGIT_BITS = 30;
export const DIGITS = 9;
const NUMBER_BYTES = 8 * DIGITS;
/** What `invertDigits` needs of memory. */
export const INVERSE_ROOM_BYTES = 4 * NUMBER_BYTES + 16;

const BATCHES = Math.ceil(590 / DIGIT_BITS);
/** p has only these two digits. */
const P_LOWEST = -19n;
const P_HIGHEST = 1n << BigInt(255 - DIGIT_BITS * (DIGITS - 1));
const DIGIT_MASK = (1n << BigInt(DIGIT_BITS)) - 1n;
/** Modulo 2³⁰. */
const INVERSE_OF_19 = 678152731;

/** In the place of the digits at its parameter, of a number between −p and p: those of its inverse, between −11p and 11p. */
export function invertDigits(module: ModuleWriter, room: number): WrittenFunction {
  const [f, g, d, e, matrix] = addresses(room, NUMBER_BYTES, 5);
  const find = findMatrix(module, matrix);
  const [applyToFG, applyToDE] = [multiplyByMatrix(module, matrix, false), multiplyByMatrix(module, matrix, true)];
  return module.function(undefined, 1, (writer, number) => {
    const [batch, count] = writer.locals(types.i32, 2);
    const sign = writer.local(types.i64);
    const code: Code[] = [count.set(i32.const(-1)), batch.set(i32.const(BATCHES))];
    for (let i = 0; i < DIGITS; i++) {
      const ofP = i === 0 ? P_LOWEST : i === DIGITS - 1 ? P_HIGHEST : 0n;
      code.push(
        i64.store(f, i64.const(ofP), 8 * i),
        i64.store(g, i64.load(number.get, 8 * i), 8 * i),
        i64.store(d, i64.const(0n), 8 * i),
        i64.store(e, i64.const(i === 0 ? 1n : 0n), 8 * i),
      );
    }
    code.push(
      loopWhile(
        [
          count.set(find.call(count.get, i32.wrap(i64.load(f)), i32.wrap(i64.load(g)))),
          applyToFG.call(f, g),
          applyToDE.call(d, e),
          batch.set(i32.sub(batch.get, i32.const(1))),
        ],
        batch.get,
      ),
      // f is 1 or −1, which its highest digit tells.
      sign.set(i64.shrS(i64.load(f, 8 * (DIGITS - 1)), i64.const(63n))),
    );
    for (let i = 0; i < DIGITS; i++)
      code.push(i64.store(number.get, i64.sub(i64.xor(i64.load(d, 8 * i), sign.get), sign.get), 8 * i));
    return code;
  });
}

/** Of the next 30 steps; the parameters and the result are those of `findMatrix` in `inverse25519.ts`. */
function findMatrix(module: ModuleWriter, matrix: Code): WrittenFunction {
  return module.function(
    undefined,
    3,
    (writer, left, f, g) => {
      const [uf, ug, vf, vg, odd, exchange, step] = writer.locals(types.i32, 7);
      const signed = (a: Local): Code => i32.and(i32.sub(i32.xor(a.get, exchange.get), exchange.get), odd.get);
      const steps = [
        odd.set(i32.sub(i32.const(0), i32.and(g.get, i32.const(1)))),
        exchange.set(i32.and(odd.get, i32.shrS(left.get, i32.const(31)))),
        left.set(i32.sub(i32.xor(left.get, exchange.get), i32.const(1))),
        g.set(i32.add(g.get, signed(f))),
        vf.set(i32.add(vf.get, signed(uf))),
        vg.set(i32.add(vg.get, signed(ug))),
        f.set(i32.add(f.get, i32.and(g.get, exchange.get))),
        uf.set(i32.shl(i32.add(uf.get, i32.and(vf.get, exchange.get)), i32.const(1))),
        ug.set(i32.shl(i32.add(ug.get, i32.and(vg.get, exchange.get)), i32.const(1))),
        g.set(i32.shrS(g.get, i32.const(1))),
        step.set(i32.sub(step.get, i32.const(1))),
      ];
      return [
        uf.set(i32.const(1)),
        vg.set(i32.const(1)),
        step.set(i32.const(DIGIT_BITS)),
        loopWhile(steps, step.get),
        ...[uf, ug, vf, vg].map((entry, i) => i32.store(matrix, entry.get, 4 * i)),
        left.get,
      ];
    },
    1,
  );
}

/** Of the numbers at both parameters: see `multiplyByMatrix` in `inverse25519.ts`. */
function multiplyByMatrix(module: ModuleWriter, matrix: Code, modP: boolean): WrittenFunction {
  return module.function(undefined, 2, (writer, x, y) => {
    const entries = writer.locals(types.i64, 4);
    const [uf, ug, vf, vg] = entries;
    const [timesX, timesY, carryX, carryY, xi, yi] = writer.locals(types.i64, 6);
    const product = (a: Local, b: Local): Code => i64.add(i64.mul(a.get, xi.get), i64.mul(b.get, yi.get));
    const shift = i64.const(BigInt(DIGIT_BITS));
    const code: Code[] = entries.map((entry, i) => entry.set(i64.extendS(i32.load(matrix, 4 * i))));
    code.push(xi.set(i64.load(x.get)), yi.set(i64.load(y.get)));
    for (const [carry, times, a, b] of [
      [carryX, timesX, uf, ug],
      [carryY, timesY, vf, vg],
    ] as const) {
      code.push(carry.set(product(a, b)));
      if (modP)
        code.push(
          // The least multiple of p, of either sign, that makes the lowest digit zero.
          times.set(i64.mul(carry.get, i64.const(BigInt(INVERSE_OF_19)))),
          times.set(
            i64.shrS(i64.shl(times.get, i64.const(BigInt(64 - DIGIT_BITS))), i64.const(BigInt(64 - DIGIT_BITS))),
          ),
          carry.set(i64.add(carry.get, i64.mul(times.get, i64.const(P_LOWEST)))),
        );
      code.push(carry.set(i64.shrS(carry.get, shift)));
    }
    for (let i = 1; i < DIGITS; i++) {
      code.push(xi.set(i64.load(x.get, 8 * i)), yi.set(i64.load(y.get, 8 * i)));
      for (const [out, carry, times, a, b] of [
        [x, carryX, timesX, uf, ug],
        [y, carryY, timesY, vf, vg],
      ] as const) {
        code.push(carry.set(i64.add(carry.get, product(a, b))));
        if (modP && i === DIGITS - 1)
          code.push(carry.set(i64.add(carry.get, i64.mul(times.get, i64.const(P_HIGHEST)))));
        code.push(
          i64.store(out.get, i64.and(carry.get, i64.const(DIGIT_MASK)), 8 * (i - 1)),
          carry.set(i64.shrS(carry.get, shift)),
        );
      }
    }
    code.push(i64.store(x.get, carryX.get, 8 * (DIGITS - 1)), i64.store(y.get, carryY.get, 8 * (DIGITS - 1)));
    return code;
  });
}
