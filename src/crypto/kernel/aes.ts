/**
 * AES (FIPS 197), encryption of eight blocks at a time, without look-ups: bit-sliced, as E. Käsper and P. Schwabe have it in
 * "Faster and timing-attack resistant AES-GCM" (CHES 2009). There is a vector for each bit of a byte; the i-th byte of it has
 * that bit of the i-th bytes of all eight blocks.
 *
 * @module
 */

import { AES_KEY_ROOM_BYTES, BITS, BLOCK_BYTES, expandAesKey, keyPlaces, ROUND_KEY_BYTES } from './aes-key.ts';
import {
  at,
  type Code,
  i32,
  i32x4,
  i64,
  i64x2,
  type Local,
  loopWhile,
  type ModuleWriter,
  types,
  v128,
  type WrittenFunction,
} from './assembler.ts';
import { subBytes } from './s-box.ts';

/** What is encrypted at a time. */
export const AES_STEP_BYTES = 8 * BLOCK_BYTES;
/** For a step, and for the keys. */
export const AES_ROOM_BYTES = AES_STEP_BYTES + AES_KEY_ROOM_BYTES;

/**
 * Exports four functions, which begin with a step at `room`:
 *
 * - `expandAesKey(key, is256)`: what is encrypted after this is under that key.
 * - `encryptAesStep()`: eight blocks, each by itself, in place
 * - `xorAesCounter(counter, data, end)`: whole steps of data, XORed with the stream of a counter of 64 bits, the second half of
 *   a block, big-endian
 * - `xorAesCounter32(counter, data, end)`: the same with one of 32 bits, at the start of a block, little-endian
 */
export function aes(module: ModuleWriter, room: number): void {
  expandAesKey(module, room + AES_STEP_BYTES);
  const encryptStep = writeEncryption(module, room);
  xorCounter(module, 'xorAesCounter', room, encryptStep, {
    read: bigEndian64,
    add: (counter, count) =>
      i64x2.add(counter, v128.const(new Uint8Array(BigUint64Array.of(0n, BigInt(count)).buffer))),
    write: bigEndian64,
  });
  xorCounter(module, 'xorAesCounter32', room, encryptStep, {
    read: block => block,
    add: (counter, count) => i32x4.add(counter, v128.const(new Uint8Array(Uint32Array.of(count, 0, 0, 0).buffer))),
    write: counter => counter,
  });
}

interface Counter {
  readonly read: (block: Code) => Code;
  readonly add: (counter: Code, count: number) => Code;
  readonly write: (counter: Code) => Code;
}

function xorCounter(module: ModuleWriter, name: string, room: number, encryptStep: WrittenFunction, by: Counter): void {
  module.function(name, 3, (writer, start, data, end) => {
    const counter = writer.local(types.v128);
    const step = i32.const(room);
    const offsets = BITS.map(i => BLOCK_BYTES * i);
    return [
      counter.set(by.read(v128.load(start.get))),
      loopWhile(
        [
          offsets.map((offset, i) => v128.store(step, by.write(by.add(counter.get, i)), offset)),
          encryptStep.call(),
          offsets.map(offset =>
            v128.store(data.get, v128.xor(v128.load(data.get, offset), v128.load(step, offset)), offset),
          ),
          counter.set(by.add(counter.get, offsets.length)),
          data.set(i32.add(data.get, i32.const(AES_STEP_BYTES))),
        ],
        i32.ltU(data.get, end.get),
      ),
    ];
  });
}

/** Both halves of a block, from bytes or to them. */
function bigEndian64(block: Code): Code {
  return v128.shuffle(block, block, [7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8]);
}

function writeEncryption(module: ModuleWriter, room: number): WrittenFunction {
  const { lastKey, keys } = keyPlaces(room + AES_STEP_BYTES);
  return module.function('encryptAesStep', 0, writer => {
    const step = i32.const(room);
    const q = writer.locals(types.v128, 8);
    const [key, last] = [writer.local(types.i32), writer.local(types.i32)];
    const addKey = [
      q.map((bit, i) => bit.set(v128.xor(bit.get, v128.load(key.get, BLOCK_BYTES * i)))),
      key.set(i32.add(key.get, i32.const(ROUND_KEY_BYTES))),
    ];
    return [
      q.map((block, i) => block.set(v128.load(step, BLOCK_BYTES * i))),
      transpose(q, writer.local(types.v128)),
      key.set(i32.const(keys)),
      last.set(i32.load(lastKey)),
      addKey,
      loopWhile(
        [subBytes(writer, q), mixShiftedColumns(q, writer.locals(types.v128, 16)), addKey],
        i32.ltU(key.get, last.get),
      ),
      subBytes(writer, q),
      q.map(bit => bit.set(shiftRows(bit.get, 0))),
      addKey,
      transpose(q, writer.local(types.v128)),
      q.map((block, i) => v128.store(step, block.get, BLOCK_BYTES * i)),
    ];
  });
}

/** FIPS 197 §5.1.2. With `turn`, the rows are moved up by that afterwards. */
function shiftRows(bit: Code, turn: number): Code {
  const order = Array.from({ length: BLOCK_BYTES }, (_, i) => {
    const row = (i + turn) % 4;
    return 4 * (((i >> 2) + row) % 4) + row;
  });
  return v128.shuffle(bit, bit, order);
}

/** ShiftRows and MixColumns (§5.1.3): 2·(a + b) + b + c + d, where b, c and d are the bytes below a. */
function mixShiftedColumns(q: readonly Local[], room: readonly Local[]): Code {
  const [sums, below] = [room.slice(0, 8), room.slice(8)];
  const twoRowsUp = Array.from({ length: BLOCK_BYTES }, (_, i) => (i & 12) + ((i + 2) % 4));
  return [
    BITS.map(i => [
      at(below, i).set(shiftRows(at(q, i).get, 1)),
      at(sums, i).set(v128.xor(shiftRows(at(q, i).get, 0), at(below, i).get)),
    ]),
    BITS.map(i => {
      const sum = at(sums, i).get;
      const rest = v128.xor(at(below, i).get, v128.shuffle(sum, sum, twoRowsUp));
      // Twice a byte is its bits moved up, and the highest one moves into those of x⁸ = x⁴ + x³ + x + 1.
      const doubled = i === 0 ? at(sums, 7).get : at(sums, i - 1).get;
      const folded = i === 1 || i === 3 || i === 4 ? v128.xor(doubled, at(sums, 7).get) : doubled;
      return at(q, i).set(v128.xor(folded, rest));
    }),
  ];
}

/** From eight blocks to a vector for each bit, and back: the bits of eight bytes each are a square. */
function transpose(q: readonly Local[], t: Local): Code {
  const swap = (a: Local, b: Local, shift: number, mask: bigint): Code => [
    t.set(v128.and(v128.xor(i64x2.shrU(a.get, i32.const(shift)), b.get), i64x2.splat(i64.const(mask)))),
    b.set(v128.xor(b.get, t.get)),
    a.set(v128.xor(a.get, i64x2.shl(t.get, i32.const(shift)))),
  ];
  const stages = [
    [1, 0x5555555555555555n],
    [2, 0x3333333333333333n],
    [4, 0x0f0f0f0f0f0f0f0fn],
  ] as const;
  return stages.map(([distance, mask]) =>
    BITS.filter(i => (i & distance) === 0).map(i => swap(at(q, i), at(q, i + distance), distance, mask)),
  );
}
