/**
 * SHA-256 (FIPS 180-4), HMAC (RFC 2104) and what HKDF expands (RFC 5869 §2.3). The message schedule is made four words at a
 * time.
 *
 * @module
 */

import { BLOCK_BYTES, constants, HASH_BYTES, initial } from '../sha256.ts';
import {
  addresses,
  at,
  type Code,
  i32,
  i32x4,
  type Local,
  lanes4,
  loopWhile,
  type ModuleWriter,
  tuple,
  types,
  v128,
  type WrittenFunction,
  when,
} from './assembler.ts';

const WORD_BYTES = 4;
const ROUNDS = 64;

/** For the round constants, the schedule, three states, and two blocks. */
export const SHA256_ROOM_BYTES = 2 * WORD_BYTES * ROUNDS + 3 * HASH_BYTES + 2 * BLOCK_BYTES;

/**
 * Exports four functions. Addresses of keys are those of blocks: a key and zeros. Messages are padded as if a block had been
 * before them, which the key is.
 *
 * - `hmacSha256(key, message, blocks, out)`
 * - `takeSha256Key(key, states)`: what the key makes of HMAC, two states, for `hmacSha256By(states, message, blocks, out)`
 * - `expandSha256(key, first, firstBlocks, later, laterBlocks, count, out, hashes)`: so many hashes at `out`, of the first
 *   message and of the later one, which each time has the hash before at its start, and the number of the hash at `count`.
 */
export function sha256(module: ModuleWriter, room: number): void {
  const [constantsAt, schedule] = [room, room + WORD_BYTES * ROUNDS];
  const statesAt = schedule + WORD_BYTES * ROUNDS;
  const [state, inner, outer] = addresses(statesAt, HASH_BYTES, 3);
  const blocksAt = statesAt + 3 * HASH_BYTES;
  const [keyBlock, hashBlock] = [i32.const(blocksAt), i32.const(blocksAt + BLOCK_BYTES)];
  module.data(constantsAt, bytesOf(constants));
  // Behind the inner hash: the padding of a block and a hash.
  module.data(blocksAt + BLOCK_BYTES + HASH_BYTES, Uint8Array.of(0x80));
  module.data(blocksAt + 2 * BLOCK_BYTES - 2, Uint8Array.of(3, 0));
  const compress = compressBlock(module, constantsAt, schedule);

  const takeKey = module.function(undefined, 1, (_, key) => {
    const padded = (target: Code, pad: number): Code => [
      store(target, initial),
      [0, 16, 32, 48].map(i => v128.store(keyBlock, v128.xor(v128.load(key.get, i), i32x4.splat(i32.const(pad))), i)),
      compress.call(target, keyBlock),
    ];
    return [padded(inner, 0x36363636), padded(outer, 0x5c5c5c5c)];
  });

  const authenticate = module.function(undefined, 3, (_, message, blocks, out) => [
    copy(state, inner),
    loopWhile(
      [
        compress.call(state, message.get),
        message.set(i32.add(message.get, i32.const(BLOCK_BYTES))),
        blocks.set(i32.sub(blocks.get, i32.const(1))),
      ],
      blocks.get,
    ),
    copySwapped(hashBlock, state),
    copy(state, outer),
    compress.call(state, hashBlock),
    copySwapped(out.get, state),
  ]);

  module.function('hmacSha256', 4, (_, key, message, blocks, out) => [
    takeKey.call(key.get),
    authenticate.call(message.get, blocks.get, out.get),
  ]);

  module.function('takeSha256Key', 2, (_, key, states) => [
    takeKey.call(key.get),
    copy(states.get, inner),
    copy(i32.add(states.get, i32.const(HASH_BYTES)), outer),
  ]);

  module.function('hmacSha256By', 4, (_, states, message, blocks, out) => [
    copy(inner, states.get),
    copy(outer, i32.add(states.get, i32.const(HASH_BYTES))),
    authenticate.call(message.get, blocks.get, out.get),
  ]);

  module.function('expandSha256', 8, (writer, key, first, firstBlocks, later, laterBlocks, count, out, hashes) => {
    const number = writer.local(types.i32);
    return [
      takeKey.call(key.get),
      authenticate.call(first.get, firstBlocks.get, out.get),
      number.set(i32.const(1)),
      when(
        i32.ltU(number.get, hashes.get),
        loopWhile(
          [
            number.set(i32.add(number.get, i32.const(1))),
            copy(later.get, out.get),
            i32.store8(count.get, number.get),
            out.set(i32.add(out.get, i32.const(HASH_BYTES))),
            authenticate.call(later.get, laterBlocks.get, out.get),
          ],
          i32.ltU(number.get, hashes.get),
        ),
      ),
    ];
  });
}

/**
 * FIPS 180-4 §5.1.1, of a message at `at` that follows the block of a key, up to the end of its last block. Returns its
 * blocks.
 */
export function padAfterKey(bytes: Uint8Array, at: number, length: number): number {
  const blocks = Math.ceil((length + 9) / BLOCK_BYTES);
  const end = at + BLOCK_BYTES * blocks;
  bytes.fill(0, at + length, end);
  bytes[at + length] = 0x80;
  const bits = 8 * (BLOCK_BYTES + length);
  bytes[end - 3] = bits >>> 16;
  bytes[end - 2] = bits >>> 8;
  bytes[end - 1] = bits;
  return blocks;
}

/** FIPS 180-4 §6.2.2: mixes the block at the second address into the state at the first. */
function compressBlock(module: ModuleWriter, constantsAt: number, scheduleAt: number): WrittenFunction {
  return module.function(undefined, 2, (writer, state, block) => {
    const s = writer.locals(types.i32, 8);
    const where = writer.local(types.i32);
    return [
      writeSchedule(writer.locals(types.v128, 6), block, i32.const(constantsAt), i32.const(scheduleAt)),
      s.map((word, i) => word.set(i32.load(state.get, WORD_BYTES * i))),
      where.set(i32.const(scheduleAt)),
      // After eight rounds every word is where it was.
      loopWhile(
        [eightRounds(s, writer.local(types.i32), where.get), where.set(i32.add(where.get, i32.const(8 * WORD_BYTES)))],
        i32.ltU(where.get, i32.const(scheduleAt + WORD_BYTES * ROUNDS)),
      ),
      s.map((word, i) => i32.store(state.get, i32.add(i32.load(state.get, WORD_BYTES * i), word.get), WORD_BYTES * i)),
    ];
  });
}

/** The sums of the words Wₜ and the constants Kₜ. */
function writeSchedule(room: readonly Local[], block: Local, constants: Code, schedule: Code): Code {
  const [p, q] = [at(room, 4), at(room, 5)];
  const code: Code[] = [];
  const write = (t: number, words: Local): Code =>
    v128.store(schedule, i32x4.add(words.get, v128.load(constants, WORD_BYTES * t)), WORD_BYTES * t);
  for (let t = 0; t < 16; t += 4)
    code.push(at(room, t / 4).set(bigEndian(v128.load(block.get, WORD_BYTES * t))), write(t, at(room, t / 4)));
  const rotr = (v: Local, bits: number): Code =>
    v128.or(i32x4.shrU(v.get, i32.const(bits)), i32x4.shl(v.get, i32.const(32 - bits)));
  const xorOf = (a: Code, b: Code, c: Code): Code => v128.xor(v128.xor(a, b), c);
  const ofX = xorOf(rotr(p, 7), rotr(p, 18), i32x4.shrU(p.get, i32.const(3)));
  const ofY = xorOf(rotr(p, 17), rotr(p, 19), i32x4.shrU(p.get, i32.const(10)));
  for (let t = 16; t < ROUNDS; t += 4) {
    // The sixteen words before these.
    const [w0, w1, w2, w3] = tuple(4, i => at(room, (t / 4 + i) % 4));
    code.push(
      p.set(v128.shuffle(w0.get, w1.get, lanes4(1, 2, 3, 4))),
      q.set(i32x4.add(i32x4.add(w0.get, v128.shuffle(w2.get, w3.get, lanes4(1, 2, 3, 4))), ofX)),
      // The upper two words need the lower two.
      p.set(v128.shuffle(w3.get, w3.get, lanes4(2, 3, 2, 3))),
      q.set(i32x4.add(q.get, v128.and(ofY, i32x4.const(-1, -1, 0, 0)))),
      p.set(v128.shuffle(q.get, q.get, lanes4(0, 1, 0, 1))),
      w0.set(i32x4.add(q.get, v128.and(ofY, i32x4.const(0, 0, -1, -1)))),
      write(t, w0),
    );
  }
  return code;
}

function eightRounds(s: readonly Local[], first: Local, schedule: Code): Code {
  const rotr = (a: Local, bits: number): Code => i32.rotr(a.get, i32.const(bits));
  const xorOf = (a: Code, b: Code, c: Code): Code => i32.xor(i32.xor(a, b), c);
  const sum = (...terms: Code[]): Code => terms.reduce((a, b) => i32.add(a, b));
  return [0, 1, 2, 3, 4, 5, 6, 7].map(t => {
    const [a, b, c, d, e, f, g, h] = tuple(8, i => at(s, (i - t + 8) % 8));
    const choice = i32.xor(g.get, i32.and(e.get, i32.xor(f.get, g.get)));
    const majority = i32.or(i32.and(a.get, b.get), i32.and(c.get, i32.or(a.get, b.get)));
    return [
      first.set(sum(h.get, i32.load(schedule, WORD_BYTES * t), choice, xorOf(rotr(e, 6), rotr(e, 11), rotr(e, 25)))),
      d.set(i32.add(d.get, first.get)),
      h.set(sum(first.get, xorOf(rotr(a, 2), rotr(a, 13), rotr(a, 22)), majority)),
    ];
  });
}

function store(target: Code, words: Int32Array): Code {
  return [...words].map((word, i) => i32.store(target, i32.const(word), WORD_BYTES * i));
}

/** A hash. */
function copy(target: Code, source: Code): Code {
  return [0, 16].map(i => v128.store(target, v128.load(source, i), i));
}

function copySwapped(target: Code, source: Code): Code {
  return [0, 16].map(i => v128.store(target, bigEndian(v128.load(source, i)), i));
}

function bigEndian(words: Code): Code {
  return v128.shuffle(words, words, [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12]);
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
