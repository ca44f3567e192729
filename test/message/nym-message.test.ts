import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import { decodeNymMessage, encodeNymMessage, type NymMessage, REPLY_SURB_BYTES } from '../../src/message/index.ts';
import { removePadding } from '../../src/message/padding.ts';
import { digest, fromHex, hex, messageOf, pattern, patternSurb, someRecipient, vectors, vectorTag } from './support.ts';

const { messages, parse_edge_cases: edgeCases } = vectors.upstream_run;

describe('messages are, byte for byte, those of the reference', () => {
  test.each(messages.map(vector => [vector.name, vector] as const))('%s', (_, vector) => {
    const encoded = encodeNymMessage(messageOf(vector), vector.input.version);
    expect(encoded.length).toBe(vector.serialized_len);
    expect(hex(encoded.subarray(0, 64))).toBe(vector.serialized_prefix_hex);
    if (vector.serialized_hex !== null) expect(hex(encoded)).toBe(vector.serialized_hex);
    expect(digest(encoded)).toBe(vector.serialized_blake3);

    const decoded = decodeNymMessage(encoded);
    expect(decoded).toEqual(messageOf(vector));
    if ('data' in decoded) expect(decoded.data.length).toBe(vector.inner_data_len);
  });
});

describe('messages of others are read as the reference reads them', () => {
  test.each(edgeCases.map(edge => [edge.case, edge] as const))('%s', (_, edge) => {
    const read = () =>
      edge.serialized_hex === undefined
        ? removePadding(fromHex('00020000'))
        : decodeNymMessage(fromHex(edge.serialized_hex));
    if (edge.upstream_result.startsWith('ok')) expect(read()).toBeDefined();
    else expect(read).toThrow(MixnetError);
  });

  test('a heartbeat carries SURBs, and no data', () => {
    const heartbeat: NymMessage = {
      kind: 'repliable',
      tag: vectorTag,
      content: 'heartbeat',
      surbs: [patternSurb(0, 1)],
      data: new Uint8Array(0),
    };
    const encoded = encodeNymMessage(heartbeat);
    expect(encoded[17]).toBe(5);
    expect(decodeNymMessage(encoded)).toEqual(heartbeat);
  });
});

describe('encoding', () => {
  test('whatever is encoded is read back', () => {
    fc.assert(
      fc.property(anyMessage, message => {
        expect(decodeNymMessage(encodeNymMessage(message))).toEqual(message);
      }),
    );
  });

  test('a SURB of four hops takes 460 bytes, and a hundred take what the reference says', () => {
    expect(REPLY_SURB_BYTES).toBe(460);
    const surbs = Array.from({ length: 100 }, (_, i) => patternSurb(i, 2));
    const message = encodeNymMessage({
      kind: 'repliable',
      tag: vectorTag,
      content: 'additional-surbs',
      surbs,
      data: new Uint8Array(0),
    });
    expect(message.length).toBe(46_022);
  });

  test('SURBs on a route of one hop are carried in version 2 lists', () => {
    const surbs = [patternSurb(0, 2, 412), patternSurb(1, 2, 412)];
    const message: NymMessage = { kind: 'repliable', tag: vectorTag, content: 'data', surbs, data: pattern(3) };
    const encoded = encodeNymMessage(message);
    expect(hex(encoded.subarray(18, 22))).toBe('00020102');
    expect(decodeNymMessage(encoded)).toEqual(message);
  });

  test('a list that its header could not describe, and an empty reply, are mistakes of the programmer', () => {
    const mixtures = [
      [patternSurb(0, 1), patternSurb(1, 2)],
      [patternSurb(0, 1), patternSurb(1, 1, 412)],
      [patternSurb(0, 1, 1164)],
    ];
    for (const surbs of mixtures) {
      const message: NymMessage = { kind: 'repliable', tag: vectorTag, content: 'data', surbs, data: pattern(3) };
      expect(() => encodeNymMessage(message)).toThrow(RangeError);
    }
    expect(() => encodeNymMessage({ kind: 'reply', data: new Uint8Array(0) })).toThrow(RangeError);
  });

  test('decoded SURBs do not keep the message they came in', () => {
    const encoded = encodeNymMessage({
      kind: 'repliable',
      tag: vectorTag,
      content: 'data',
      surbs: [patternSurb(0, 1)],
      data: pattern(9),
    });
    const decoded = decodeNymMessage(encoded);
    if (decoded.kind !== 'repliable') throw new Error('it is repliable');
    for (const surb of decoded.surbs) {
      for (const part of [surb.key, surb.surb.header, ...surb.surb.keys.perHop]) {
        expect(part.buffer).not.toBe(encoded.buffer);
      }
    }
    expect(decoded.tag.buffer).not.toBe(encoded.buffer);
  });
});

describe('hostile bytes', () => {
  test('random bytes are a message or a MixnetError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readsOrRefuses), { numRuns: 1000 });
  });

  test('a changed, shortened or lengthened message is a message or a MixnetError', () => {
    fc.assert(
      fc.property(
        anyMessage,
        fc.nat(),
        fc.nat(255),
        fc.nat(40),
        fc.uint8Array({ maxLength: 40 }),
        (message, at, to, cut, more) => {
          const bytes = encodeNymMessage(message);
          bytes[at % bytes.length] = to;
          readsOrRefuses(bytes);
          readsOrRefuses(bytes.subarray(0, Math.max(0, bytes.length - cut)));
          readsOrRefuses(new Uint8Array([...bytes, ...more]));
        },
      ),
    );
  });

  test('a list that announces billions of SURBs costs nothing', () => {
    for (const list of ['00ffffffff', '03ffff0401', '03ffffff01', '0300010001', '0300010601']) {
      expect(() => decodeNymMessage(fromHex(`01${'07'.repeat(16)}${list}${'00'.repeat(2000)}`))).toThrow(MixnetError);
    }
  });
});

function readsOrRefuses(bytes: Uint8Array): void {
  try {
    decodeNymMessage(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(MixnetError);
    expect(error).toHaveProperty('code', 'ERR_MIX_MIXNET_MALFORMED');
  }
}

const anyData = fc.uint8Array({ maxLength: 3000 });
const anyMessage: fc.Arbitrary<NymMessage> = fc.oneof(
  fc.record({ kind: fc.constant('plain' as const), data: anyData }),
  fc.record({ kind: fc.constant('reply' as const), data: fc.uint8Array({ minLength: 1, maxLength: 3000 }) }),
  fc.record({
    kind: fc.constant('surb-request' as const),
    recipient: fc.constant(someRecipient),
    amount: fc.nat(0xffff_ffff),
  }),
  fc
    .record({
      content: fc.constantFrom('data' as const, 'additional-surbs' as const, 'heartbeat' as const),
      surbs: fc.nat(8),
      rotation: fc.constantFrom(0 as const, 1 as const, 2 as const),
      hops: fc.integer({ min: 1, max: 5 }),
      data: anyData,
    })
    .map(({ content, surbs, rotation, hops, data }) => ({
      kind: 'repliable' as const,
      tag: vectorTag,
      content,
      surbs: Array.from({ length: surbs }, (_, i) => patternSurb(i, rotation, 396 + 16 * hops)),
      data: content === 'data' ? data : new Uint8Array(0),
    })),
);
