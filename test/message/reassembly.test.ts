import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/crypto/bytes.ts';
import { MixnetError } from '../../src/errors.ts';
import { type Fragment, Reassembler, splitMessage } from '../../src/message/index.ts';
import { packetSizes } from '../../src/sphinx/index.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { fromHex, hex, pattern, sizeOfCapacity, vectors } from './support.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const limits = { maxBytes: 1_000_000, maxSets: 100 };

describe('what the reference does at the edges, and what it should do where it crashes', () => {
  test.each(vectors.upstream_run.reconstruction_edge_cases)('$case', ({ fragments, result }) => {
    const reassembler = new Reassembler(limits);
    // The vectors are without padding: give it to the last fragment.
    const outcomes = fragments.map((fragment, i) =>
      reassembler.insert(fromHex(i === fragments.length - 1 ? `${fragment}01` : fragment), 0),
    );
    expect(outcomes.slice(0, -1).every(outcome => outcome === undefined)).toBe(true);
    const last = outcomes.at(-1);
    expect(last && hex(last)).toBe(result ?? undefined);
  });

  test('two full sets that name each other in a ring are no message', () => {
    const reassembler = new Reassembler({ maxBytes: 1_000_000, maxSets: 100 });
    for (const [set, other] of [
      [5, 6],
      [6, 5],
    ] as const) {
      for (let position = 1; position <= 255; position++) {
        const linked = position === 1 || position === 255;
        const header = `8000000${set}ff${position.toString(16).padStart(2, '0')}${linked ? `8000000${other}` : '00'}`;
        expect(reassembler.insert(fromHex(`${header}0101`), 0)).toBeUndefined();
      }
    }
    expect(reassembler.size.sets).toBe(2);
    reassembler.prune(hour);
    expect(reassembler.size).toEqual({ bytes: 0, sets: 0 });
  });

  test('a set that names a predecessor which does not name it is not appended to it', () => {
    const reassembler = new Reassembler(limits);
    expect(reassembler.insert(fromHex('8000000601018000000562'), 0)).toBeUndefined();
    expect(reassembler.insert(fromHex('800000050101006101'), 0)).toEqual(fromHex('61'));
    expect(reassembler.size.sets).toBe(1);
  });

  test('a complete message without padding is an error, and its set is done with', () => {
    const reassembler = new Reassembler(limits);
    expect(() => reassembler.insert(fromHex('80000005010100000200'), 0)).toThrow(MixnetError);
    expect(reassembler.size).toEqual({ bytes: 0, sets: 0 });
    expect(reassembler.insert(fromHex('80000005010100000201'), 0)).toBeUndefined();
  });
});

describe('time', () => {
  test('a fragment of a finished message is known for an hour, and then forgotten', () => {
    const reassembler = new Reassembler(limits);
    const [only] = split(pattern(9), 'known');
    expect(reassembler.insert(bytesOf(only), 0)).toEqual(pattern(9));
    expect(reassembler.insert(bytesOf(only), 59 * minute)).toBeUndefined();
    expect(reassembler.insert(bytesOf(only), 61 * minute)).toEqual(pattern(9));
  });

  test('an unfinished message is dropped 30 minutes after its last fragment, not before', () => {
    const reassembler = new Reassembler(limits);
    const [a, b, c, d] = split(pattern(60), 'slow');
    reassembler.insert(bytesOf(a), 0);
    reassembler.insert(bytesOf(b), 29 * minute);
    reassembler.insert(bytesOf(c), 58 * minute);
    expect(reassembler.insert(bytesOf(d), 87 * minute)).toBeUndefined();
    const [e] = split(pattern(60), 'slow').slice(4);
    expect(reassembler.insert(bytesOf(e), 116 * minute)).toEqual(pattern(60));

    const late = new Reassembler(limits);
    for (const fragment of split(pattern(60), 'late').slice(0, 4)) late.insert(bytesOf(fragment), 0);
    late.prune(30 * minute);
    expect(late.size).toEqual({ bytes: 0, sets: 0 });
  });
});

describe('bounds', () => {
  test('garbage of half a day never holds more than the limits, and what comes afterwards is received', () => {
    const reassembler = new Reassembler({ maxBytes: 100_000, maxSets: 50 });
    for (let i = 0; i < 20_000; i++) {
      reassembler.insert(noise(200), (i * 12 * hour) / 20_000);
      expect(reassembler.size.bytes).toBeLessThanOrEqual(100_000);
      expect(reassembler.size.sets).toBeLessThanOrEqual(50);
    }
    const fragments = split(pattern(500), 'afterwards');
    const done = fragments.map(fragment => reassembler.insert(bytesOf(fragment), 12 * hour));
    expect(done.at(-1)).toEqual(pattern(500));
  });

  test('empty fragments are not free', () => {
    const reassembler = new Reassembler({ maxBytes: 100_000, maxSets: 1e9 });
    for (let set = 1; set < 3000; set++) {
      const header = Uint8Array.of(0x80, 0, set >> 8, set, 255, 1, 0);
      reassembler.insert(header, 0);
    }
    expect(reassembler.size.sets).toBeLessThan(1000);
  });

  test('a flood from one origin evicts its own, never what another origin is sending', () => {
    const reassembler = new Reassembler({ maxBytes: 100_000, maxSets: 50 });
    const honest = { who: 'an exit' };
    const flooder = { who: 'another' };
    const fragments = split(pattern(3000), 'honest');
    let received: Uint8Array | undefined;
    for (const fragment of fragments) {
      for (let i = 0; i < 100; i++) reassembler.insert(noise(1611), 0, flooder);
      received = reassembler.insert(bytesOf(fragment), 0, honest);
    }
    expect(received).toEqual(pattern(3000));
  });

  test('fragments of two origins never make one message, and disturb each other in no way', () => {
    const reassembler = new Reassembler(limits);
    const [a, b] = [{ who: 'a' }, { who: 'b' }];
    const fragments = split(pattern(30), 'mixed');
    fragments.forEach((fragment, i) => {
      expect(reassembler.insert(bytesOf(fragment), 0, i % 2 === 0 ? a : b)).toBeUndefined();
    });
    const done = fragments.map(fragment => reassembler.insert(bytesOf(fragment), 0));
    expect(done.at(-1)).toEqual(pattern(30));
    reassembler.forget(a);
    reassembler.forget(b);
    expect(reassembler.size).toEqual({ bytes: 0, sets: 0 });
  });

  test('finished messages are remembered up to a number: a peer who sends very many has the oldest forgotten', () => {
    const reassembler = new Reassembler(limits);
    const first = fromHex('80000001010100006101');
    reassembler.insert(first, 0);
    for (let set = 2; set < 20_000; set++) {
      reassembler.insert(Uint8Array.of(0x80, 0, set >> 8, set, 1, 1, 0, 0x61, 1), 0);
    }
    expect(reassembler.insert(first, 0)).toBeDefined();
    expect(reassembler.insert(Uint8Array.of(0x80, 0, 19_999 >> 8, 19_999 & 255, 1, 1, 0, 0x61, 1), 0)).toBeUndefined();
  });

  test('any bytes, changed fragments among them, throw nothing but MixnetError', () => {
    const random = seededRandom('mutations');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(99), fc.nat(12), fc.nat(255)), { maxLength: 60 }),
        fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 20 }),
        (changes, garbage) => {
          const reassembler = new Reassembler({ maxBytes: 20_000, maxSets: 10 });
          const fragments = splitMessage(pattern(600), sizeOfCapacity(20), random).map(({ bytes }) => bytes);
          for (const [which, at, to] of changes) {
            const fragment = fragments[which % fragments.length];
            if (fragment !== undefined) fragment[at] = to;
          }
          for (const bytes of [...fragments, ...garbage]) {
            try {
              reassembler.insert(bytes, 0);
            } catch (error) {
              expect(error).toBeInstanceOf(MixnetError);
            }
          }
          expect(reassembler.size.bytes).toBeLessThanOrEqual(20_000);
        },
      ),
    );
  });

  test('a message of 20 MB, in reverse order, is put together in seconds', () => {
    const message = new Uint8Array(20_000_000).fill(7);
    const fragments = splitMessage(message, packetSizes.regular, seededRandom('large'));
    const reassembler = new Reassembler({ maxBytes: 25_000_000, maxSets: 100 });
    let received: Uint8Array | undefined;
    for (const fragment of [...fragments].reverse()) received = reassembler.insert(fragment.bytes, 0);
    expect(received?.length).toBe(message.length);
    expect(equalBytes(received ?? new Uint8Array(0), message)).toBe(true);
  });
});

function split(message: Uint8Array, seed: string): readonly Fragment[] {
  return splitMessage(message, sizeOfCapacity(20), seededRandom(seed));
}

function bytesOf(fragment: Fragment | undefined): Uint8Array {
  if (fragment === undefined) throw new Error('the test has no such fragment');
  return fragment.bytes;
}

let noises = 0;

/** A fragment of a set of several, of which nothing else will ever come. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  noises += 1;
  new DataView(bytes.buffer).setUint32(0, 0x8000_0000 + 1_000_000 + noises);
  bytes[4] = 200;
  bytes[5] = 1 + (noises % 200);
  return bytes;
}
