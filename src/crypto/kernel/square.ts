/**
 * What BLAKE2, BLAKE3 and ChaCha20 have in common: sixteen words as a square, whose columns are mixed, and then its diagonals.
 *
 * @module
 */

import { at, type Code, type Local, type Tuple, tuple } from './assembler.ts';

/** A column, or with `turn` 1 the diagonal that begins there. */
export function columnOf(words: readonly Local[], column: number, turn: number): Tuple<Local, 4> {
  return tuple(4, row => at(words, 4 * row + ((column + row * turn) % 4)));
}

/** The rounds of a BLAKE: a message word for each half of the function G, of which there are two for each column and diagonal. */
export function blakeRounds(words: readonly Local[], schedule: Uint8Array, halves: readonly [HalfG, HalfG]): Code {
  return Array.from(schedule, (word, step) => {
    const column = columnOf(words, (step >> 1) % 4, (step >> 3) % 2);
    return halves[step % 2 === 0 ? 0 : 1](...column, word);
  });
}

type HalfG = (a: Local, b: Local, c: Local, d: Local, word: number) => Code;
