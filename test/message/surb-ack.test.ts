import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { x25519PublicKey } from '#crypto';
import { MixnetError } from '../../src/errors.ts';
import {
  ACK_BLOCK_BYTES,
  ACK_BYTES,
  type AckKey,
  coverFragmentId,
  createReplySurb,
  createSurbAck,
  decodeNymMessage,
  encodeNymMessage,
  openAck,
  openReply,
  type SenderTag,
  sealForSurb,
  splitAckBlock,
  splitMessage,
} from '../../src/message/index.ts';
import { encodeFragmentId, sealAck } from '../../src/message/surb-ack.ts';
import {
  encodeNodeAddress,
  nodeKey,
  packetFromSurb,
  packetSizes,
  parseNodeAddress,
  type Route,
  unwrapPacket,
} from '../../src/sphinx/index.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { fromHex, hex, pattern, vectors } from './support.ts';

const { ack } = vectors.derived;
const ackKey = fromHex(ack.ack_key) as AckKey;
const random = seededRandom('acknowledgements');
const secrets = Array.from({ length: 4 }, () => random(32));
const route: Route = secrets.map((secret, i) => ({
  address: parseNodeAddress(`198.51.100.${i + 1}`, 1789),
  key: nodeKey(x25519PublicKey(secret)),
}));
const delaysNs = [1_000_000, 2_000_000, 3_000_000, 4_000_000];
const destination = pattern(32);

describe('acknowledgements are, byte for byte, those of the reference', () => {
  test('sealed and opened', () => {
    const id = { set: 0x57d35e0a, position: 1 };
    expect(hex(encodeFragmentId(id))).toBe(ack.fragment_identifier);
    expect(hex(sealAck(ackKey, id, fromHex(ack.iv)))).toBe(ack.content_21);
    expect(openAck(ackKey, fromHex(ack.content_21))).toEqual(id);
    expect(hex(sealAck(ackKey, coverFragmentId, fromHex(ack.iv)))).toBe(ack.cover_content_21);
    expect(openAck(ackKey, fromHex(ack.cover_content_21))).toBe('cover');
  });

  test('the identifiers of fragments and of cover', () => {
    const { set12345_pos5, cover } = vectors.upstream_run.fragment_identifiers;
    expect(hex(encodeFragmentId({ set: 12345, position: 5 }))).toBe(set12345_pos5);
    expect(hex(encodeFragmentId(coverFragmentId))).toBe(cover);
    const { id, ciphertext_length: length } = vectors.source_test_fixtures.ack_identifier_length_test;
    const sealed = sealAck(ackKey, { set: 0x01020304, position: 5 }, random(16));
    expect(sealed.length).toBe(length);
    expect(openAck(ackKey, sealed)).toEqual({ set: 0x01020304, position: 5 });
    expect(hex(encodeFragmentId({ set: 0x01020304, position: 5 }))).toBe(id);
  });

  test.each(vectors.source_test_fixtures.node_routing_addresses.items)('node addresses: $address', item => {
    const [, ip = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(item.address) ?? [];
    const address = parseNodeAddress(ip, Number(port));
    expect(hex(encodeNodeAddress(address))).toBe(item.min);
    expect(hex(encodeNodeAddress(address, 32))).toBe(item.sphinx_32);
    if (item.surb_ack_19 !== undefined) expect(hex(encodeNodeAddress(address, 19))).toBe(item.surb_ack_19);
  });
});

describe('acknowledgements', () => {
  test("the recipient's gateway cuts the block off, and sends back a packet that only the sender understands", () => {
    const fragmentId = { set: 77, position: 3 };
    const { block } = createSurbAck({ route, delaysNs, ackKey, fragmentId, destination, random });
    expect(block.length).toBe(ACK_BLOCK_BYTES);
    const { firstHop, ackPacket, message } = splitAckBlock(new Uint8Array([...block, 1, 2, 3]));
    expect(firstHop).toEqual(route[0]?.address);
    expect(message).toEqual(Uint8Array.of(1, 2, 3));
    const last = travel(ackPacket);
    expect(hex(last.destination)).toBe(hex(destination));
    expect(last.plaintext.length).toBe(ACK_BYTES);
    expect(openAck(ackKey, last.plaintext)).toEqual(fragmentId);
  });

  test('bytes that hold no block are refused', () => {
    for (const bytes of [new Uint8Array(404), new Uint8Array(2048)])
      expect(() => splitAckBlock(bytes)).toThrow(MixnetError);
  });

  test('what strangers push reads as some identifier or a MixnetError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 22 }), bytes => {
        try {
          const id = openAck(ackKey, bytes);
          if (id !== 'cover') expect(id.set > 0 && id.position > 0).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(MixnetError);
        }
      }),
    );
  });
});

describe('reply SURBs', () => {
  test('made, sent, and used once by who knows only a tag, they bring the reply to their maker', () => {
    const made = createReplySurb({ route, delaysNs, destination, rotation: 2, random });
    const request = encodeNymMessage({
      kind: 'repliable',
      tag: random(16) as SenderTag,
      content: 'data',
      surbs: [made],
      data: pattern(5),
    });
    const received = decodeNymMessage(request);
    const replySurb = received.kind === 'repliable' ? received.surbs[0] : undefined;
    if (replySurb === undefined) throw new Error('the SURB is lost');
    expect(replySurb).toEqual(made);

    const [fragment] = splitMessage(encodeNymMessage({ kind: 'reply', data: pattern(9) }), packetSizes.regular, random);
    if (fragment === undefined) throw new Error('a reply has a fragment');
    const { block } = createSurbAck({ route, delaysNs, ackKey, fragmentId: fragment.id, destination, random });
    const plaintext = sealForSurb({ ackBlock: block, replySurb, fragment: fragment.bytes });
    const packet = packetFromSurb(replySurb.surb, plaintext, packetSizes.regular);
    expect(packet.firstHop).toEqual(route[0]?.address);
    expect(packet.bytes.length).toBe(packetSizes.regular.total);
    const last = travel(packet.bytes);
    expect(hex(last.destination)).toBe(hex(destination));
    expect(openReply(splitAckBlock(last.plaintext).message, made.key)).toEqual(fragment.bytes);
  });
});

/** Through all four hops. */
function travel(packet: Uint8Array) {
  let bytes = packet;
  for (const secret of secrets) {
    const unwrapped = unwrapPacket(bytes, secret);
    if (unwrapped.type === 'final') return unwrapped;
    bytes = unwrapped.packet;
  }
  throw new Error('the packet has no final hop');
}
