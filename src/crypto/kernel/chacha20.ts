/**
 * ChaCha20 (RFC 8439 §2.3), four blocks at a time: a vector has the same word of each.
 *
 * @module
 */

import { constants } from '../chacha20.ts';
import {
  at,
  type Code,
  i32,
  i32x4,
  type Local,
  lanes4,
  loopWhile,
  type ModuleWriter,
  types,
  v128,
} from './assembler.ts';
import { columnOf } from './square.ts';

const BLOCK_BYTES = 64;
/** The state of a block: constants, key, counter and nonce. */
export const CHACHA20_ROOM_BYTES = 64;
const BLOCKS = 4;
/** What is encrypted at a time. */
export const CHACHA20_STEP_BYTES = BLOCKS * BLOCK_BYTES;
const COUNTER = 12;

/**
 * Exports `chacha20`, of two addresses: of what is XORed with the stream from the first block on, and of its end, behind whole
 * steps. The key is at `room + 16`; the counter and the nonce, behind it, are zeros unless somebody writes them.
 */
export function chacha20(module: ModuleWriter, room: number): void {
  module.data(room, new Uint8Array(constants.buffer));
  const state = i32.const(room);
  module.function('chacha20', 2, (writer, data, end) => {
    const v = writer.locals(types.v128, 16);
    const counter = writer.local(types.v128);
    const round = writer.local(types.i32);
    const start = v.map((_, i) => (i === COUNTER ? counter.get : i32x4.splat(i32.load(state, 4 * i))));
    return [
      counter.set(i32x4.add(i32x4.splat(i32.load(state, 4 * COUNTER)), i32x4.const(0, 1, 2, 3))),
      loopWhile(
        [
          v.map((word, i) => word.set(at(start, i))),
          round.set(i32.const(10)),
          loopWhile([doubleRound(v), round.set(i32.sub(round.get, i32.const(1)))], round.get),
          v.map((word, i) => word.set(i32x4.add(word.get, at(start, i)))),
          [0, 4, 8, 12].map(i => xorWords(v.slice(i, i + 4), writer.locals(types.v128, 4), data.get, 4 * i)),
          counter.set(i32x4.add(counter.get, i32x4.const(BLOCKS, BLOCKS, BLOCKS, BLOCKS))),
          data.set(i32.add(data.get, i32.const(CHACHA20_STEP_BYTES))),
        ],
        i32.ltU(data.get, end.get),
      ),
    ];
  });
}

/** The columns of the 4×4 words, then the diagonals. */
function doubleRound(v: readonly Local[]): Code {
  return [0, 1].map(turn =>
    [0, 1, 2, 3].map(column => {
      const [a, b, c, d] = columnOf(v, column, turn);
      return [halfQuarter(a, b, c, d, 16, 12), halfQuarter(a, b, c, d, 8, 7)];
    }),
  );
}

function halfQuarter(a: Local, b: Local, c: Local, d: Local, first: number, second: number): Code {
  return [
    a.set(i32x4.add(a.get, b.get)),
    d.set(v128.xor(d.get, a.get)),
    d.set(rotl(d.get, first)),
    c.set(i32x4.add(c.get, d.get)),
    b.set(v128.xor(b.get, c.get)),
    b.set(rotl(b.get, second)),
  ];
}

function rotl(words: Code, bits: number): Code {
  // By whole bytes, it is one instruction.
  if (bits % 8 === 0)
    return v128.shuffle(
      words,
      words,
      Array.from({ length: 16 }, (_, i) => (i & 12) + ((i - bits / 8) & 3)),
    );
  return v128.or(i32x4.shl(words, i32.const(bits)), i32x4.shrU(words, i32.const(32 - bits)));
}

/** Of four words that follow one another in each block, which are those from `offset` on: transposed, they are in a row. */
function xorWords(words: readonly Local[], room: readonly Local[], data: Code, offset: number): Code {
  const [a, b, c, d] = words as [Local, Local, Local, Local];
  const [p, q, r, s] = room as [Local, Local, Local, Local];
  const rows = [
    v128.shuffle(p.get, q.get, lanes4(0, 1, 4, 5)),
    v128.shuffle(p.get, q.get, lanes4(2, 3, 6, 7)),
    v128.shuffle(r.get, s.get, lanes4(0, 1, 4, 5)),
    v128.shuffle(r.get, s.get, lanes4(2, 3, 6, 7)),
  ];
  return [
    p.set(v128.shuffle(a.get, b.get, lanes4(0, 4, 1, 5))),
    q.set(v128.shuffle(c.get, d.get, lanes4(0, 4, 1, 5))),
    r.set(v128.shuffle(a.get, b.get, lanes4(2, 6, 3, 7))),
    s.set(v128.shuffle(c.get, d.get, lanes4(2, 6, 3, 7))),
    rows.map((row, block) => {
      const place = BLOCK_BYTES * block + offset;
      return v128.store(data, v128.xor(v128.load(data, place), row), place);
    }),
  ];
}
