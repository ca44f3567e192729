import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import { requiredFragments } from '../../src/message/fragment.ts';
import {
  encodeNymMessage,
  fragmentCapacity,
  fragmentsNeeded,
  parseFragment,
  Reassembler,
  splitMessage,
} from '../../src/message/index.ts';
import { packetSizes } from '../../src/sphinx/index.ts';
import { seededRandom } from '../support/seeded-random.ts';
import {
  concatAll,
  digest,
  fromHex,
  hex,
  messageOf,
  pattern,
  patternSurb,
  setIds,
  sizeOfCapacity,
  vectors,
  vectorTag,
} from './support.ts';

const { chunking, required_fragments_sweep: sweeps, messages, available_plaintext: capacities } = vectors.upstream_run;
/** Outfox is another packet format, which is off everywhere. */
const sphinxCapacities = capacities.flatMap(({ size, plain, reply }) =>
  size === 'outfox_regular' ? [] : [{ size, plain, reply }],
);
const { items: headers, rejected } = vectors.source_test_fixtures.fragment_headers;

describe('splitting, byte for byte that of the reference', () => {
  test.each(sphinxCapacities)('$size packets hold fragments of $plain bytes', ({ size, plain, reply }) => {
    expect(fragmentCapacity(packetSizes[size])).toBe(plain);
    expect(fragmentCapacity(packetSizes[size])).toBe(reply);
  });

  test.each(chunking)('$serialized_len bytes in fragments of $plaintext_per_packet', vector => {
    const size = sizeOfCapacity(vector.plaintext_per_packet);
    const message = pattern(vector.serialized_len);
    const fragments = splitMessage(message, size, setIds(...vector.set_ids)).map(({ bytes }) => bytes);
    expect(fragments.length).toBe(vector.fragments);
    expect(fragmentsNeeded(message.length, size)).toBe(vector.fragments);
    expect(requiredFragments(message.length + 1, vector.plaintext_per_packet).unused).toBe(vector.space_left);
    for (const [index, prefix] of Object.entries(vector.fragment_prefixes_16B)) {
      expect(hex(fragments[Number(index)]?.subarray(0, 16) ?? new Uint8Array(0))).toBe(prefix);
    }
    const all = concatAll(fragments);
    if (vector.all_fragments_hex !== null) expect(hex(all)).toBe(vector.all_fragments_hex);
    expect(digest(all)).toBe(vector.blake3_of_all_fragments);
  });

  test.each(sweeps)('the numbers of fragments of $plaintext_per_packet bytes, for every length', sweep => {
    const pairs = new DataView(new ArrayBuffer(8 * (sweep.len_to_exclusive - sweep.len_from)));
    for (let length = sweep.len_from; length < sweep.len_to_exclusive; length++) {
      const { fragments, unused } = requiredFragments(length, sweep.plaintext_per_packet);
      pairs.setUint32(8 * (length - sweep.len_from), fragments);
      pairs.setUint32(8 * (length - sweep.len_from) + 4, unused);
    }
    expect(digest(new Uint8Array(pairs.buffer))).toBe(sweep.blake3_of_be_u32_pairs);
  });

  test('SURBs in batches of 100, 50 and 10 take 29, 15 and 3 packets', () => {
    const packets = [100, 50, 10].map(count => {
      const surbs = Array.from({ length: count }, (_, i) => patternSurb(i, 2));
      const message = encodeNymMessage({
        kind: 'repliable',
        tag: vectorTag,
        content: 'additional-surbs',
        surbs,
        data: new Uint8Array(0),
      });
      return fragmentsNeeded(message.length, packetSizes.regular);
    });
    expect(packets).toEqual([29, 15, 3]);
  });

  test('one packet holds 1602 bytes of plain data, 1601 of a reply, 201 beside three SURBs', () => {
    const packets = (length: number) => fragmentsNeeded(length, packetSizes.regular);
    expect([packets(1 + 1602), packets(1 + 1603)]).toEqual([1, 2]);
    expect([packets(2 + 1601), packets(2 + 1602)]).toEqual([1, 2]);
    expect([packets(22 + 3 * 460 + 201), packets(22 + 3 * 460 + 202)]).toEqual([1, 2]);
  });
});

describe('fragment headers', () => {
  test.each(headers)('$bytes is read', header => {
    const parsed = parseFragment(fromHex(header.bytes));
    expect(parsed).toEqual({
      id: { set: header.id, position: header.current },
      total: header.total,
      previous: header.previous,
      next: header.next,
      payload: new Uint8Array(0),
    });
  });

  test.each(rejected)('$bytes is refused: $why', ({ bytes }) => {
    expect(() => parseFragment(fromHex(bytes))).toThrow(MixnetError);
  });

  test('any bytes are a fragment or a MixnetError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
        try {
          const { id, total } = parseFragment(bytes);
          expect(id.position).toBeLessThanOrEqual(total);
        } catch (error) {
          expect(error).toBeInstanceOf(MixnetError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what is split is put together again', () => {
  const capacity = 20;
  const boundaries = [1, 2, 3, 4].flatMap(sets => {
    const full = 255 * (capacity - 7) * sets - 3 * 2 * (sets - 1) - 1;
    return [-14, -13, -12, -11, -10, -4, -3, -2, -1, 0, 1, 2, 3, 9, 10, 11, 12, 13, 14].map(delta => full + delta);
  });

  test.each(boundaries)('a message of %i bytes, around a boundary of sets', length => {
    const message = pattern(length);
    const random = seededRandom(`boundary ${length}`);
    const fragments = splitMessage(message, sizeOfCapacity(capacity), random);
    expect(fragments.every(({ bytes }) => bytes.length === capacity)).toBe(true);
    const reassembler = new Reassembler({ maxBytes: 1e7, maxSets: 100 });
    const done = shuffled(fragments, random).map(({ bytes }) => reassembler.insert(bytes, 0));
    expect(done.slice(0, -1).every(message => message === undefined)).toBe(true);
    expect(done.at(-1)).toEqual(message);
    expect(reassembler.size).toEqual({ bytes: 0, sets: 0 });
  });

  test('any message, in any order, with repetitions, among others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 11, max: 60 }),
        fc.string(),
        (messages, capacity, seed) => {
          const random = seededRandom(seed);
          const fragments = messages.flatMap(message => splitMessage(message, sizeOfCapacity(capacity), random));
          const twice = shuffled([...fragments, ...fragments], random);
          const reassembler = new Reassembler({ maxBytes: 1e7, maxSets: 100 });
          const done = twice.map(({ bytes }) => reassembler.insert(bytes, 0)).filter(message => message !== undefined);
          expect(done.map(hex).sort()).toEqual(messages.map(hex).sort());
          expect(reassembler.size).toEqual({ bytes: 0, sets: 0 });
        },
      ),
      { numRuns: 200 },
    );
  });

  test('splitting a large message copies nothing until a fragment is read, and a second reading gives the same', () => {
    const message = pattern(1_000_000);
    const fragments = splitMessage(message, packetSizes.regular, seededRandom('lazy'));
    const first = fragments[0];
    expect(hex(first?.bytes ?? message)).toBe(hex(first?.bytes ?? new Uint8Array(0)));
    expect(Object.values({ ...first }).some(value => value instanceof Uint8Array)).toBe(false);
  });

  test('the sets of one message never share an id, whatever is drawn', () => {
    const message = pattern(4 * 255 * 13);
    const drawn = setIds(0, 7, 0x8000_0007, 7, 0xffff_ffff, 0x8000_0000, 3, 4, 5);
    const ids = new Set(splitMessage(message, sizeOfCapacity(20), drawn).map(({ id }) => id.set));
    expect([...ids]).toEqual([7, 0x7fff_ffff, 3, 4, 5]);
  });
});

describe('messages of the vectors in packets', () => {
  test.each(messages.map(vector => [vector.name, vector] as const))('%s', (_, vector) => {
    const size = packetSizes[vector.packet_size];
    const message = encodeNymMessage(messageOf(vector), vector.input.version);
    const fragments = splitMessage(message, size, setIds(vector.set_id)).map(({ bytes }) => bytes);
    expect(fragments.length).toBe(vector.fragments);
    expect(fragments.every(bytes => bytes.length === vector.plaintext_per_packet)).toBe(true);
    expect(digest(concatAll(fragments))).toBe(vector.fragments_blake3);
  });
});

function shuffled<T>(items: readonly T[], random: (length: number) => Uint8Array): T[] {
  const view = new DataView(random(4 * items.length).buffer);
  return items
    .map((item, i) => ({ item, at: view.getUint32(4 * i) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
