import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixedSecret, hkdfBlake3, x25519, x25519PublicKey } from '#crypto';
import { MixnetError } from '../../src/errors.ts';
import {
  ACK_BLOCK_BYTES,
  type AckBlock,
  coverContent,
  decodeNymMessage,
  encodeNymMessage,
  isCover,
  keyMaterial,
  openFromSender,
  openReply,
  parseFragment,
  type Recipient,
  RecipientKeys,
  replyKeyDigest,
  sealForRecipient,
  sealForSurb,
  splitMessage,
} from '../../src/message/index.ts';
import { packetSizes } from '../../src/sphinx/index.ts';
import { utf8Of } from '../support/bytes.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { digest, fromHex, hex, messageOf, pattern, patternSurb, setIds, someRecipient, vectors } from './support.ts';

const { regular_payload: regular, reply_payload: reply, loop_cover: cover } = vectors.derived;
const secret = fromHex(regular.recipient_private);
const encryption = fixedSecret(secret);
const recipient: Recipient = {
  ...someRecipient,
  encryption: fromHex(regular.recipient_public) as Recipient['encryption'],
};
const ackBlock = pattern(ACK_BLOCK_BYTES) as AckBlock;
const ephemeral = () => fromHex(regular.ephemeral_private);
const keys = new RecipientKeys();

describe('payloads are, byte for byte, those of the reference', () => {
  test('to a known recipient', () => {
    const sealed = sealForRecipient({
      ackBlock,
      recipient,
      fragment: fragmentOf('plain_hello'),
      random: ephemeral,
      keys,
    });
    expect(hex(sealed)).toBe(regular.payload_2048);
    expect(hex(keyMaterial(sealed.subarray(ACK_BLOCK_BYTES)))).toBe(regular.ephemeral_public);
    expect(openFromSender(sealed.subarray(ACK_BLOCK_BYTES), encryption)).toEqual(fragmentOf('plain_hello'));
  });

  test('through a reply SURB', () => {
    const key = fromHex(reply.surb_encryption_key) as ReturnType<typeof patternSurb>['key'];
    const sealed = sealForSurb({
      ackBlock,
      replySurb: { ...patternSurb(0, 1), key },
      fragment: fragmentOf('reply_data_5'),
    });
    expect(digest(sealed)).toBe(reply.payload_blake3);
    expect(hex(sealed.subarray(405, 405 + 96))).toBe(reply.payload_from_405_first_96);
    expect(hex(keyMaterial(sealed.subarray(405)))).toBe(reply.key_digest);
    expect(openReply(sealed.subarray(405), key)).toEqual(fragmentOf('reply_data_5'));
  });

  test('loop cover, to oneself', () => {
    const content = coverContent(packetSizes.regular);
    expect(content.length).toBe(cover.plaintext_len);
    expect(digest(content)).toBe(cover.plaintext_blake3);
    const { utf8, length } = vectors.source_test_fixtures.loop_cover_text;
    expect(utf8Of(content.subarray(0, length))).toBe(utf8);
    const sealed = sealForRecipient({ ackBlock, recipient, fragment: content, random: ephemeral, keys });
    expect(digest(sealed)).toBe(cover.payload_blake3);
    expect(hex(sealed.subarray(405, 405 + 96))).toBe(cover.payload_from_405_first_96);
    expect(isCover(openFromSender(sealed.subarray(405), encryption))).toBe(true);
  });

  test.each(vectors.upstream_run.hkdf_blake3_no_salt_empty_info)(
    'keys from the shared secret $ikm',
    ({ ikm, okm16, okm64 }) => {
      const none = new Uint8Array(0);
      expect(hex(hkdfBlake3(fromHex(ikm), undefined, none, 16))).toBe(okm16);
      expect(hex(hkdfBlake3(fromHex(ikm), undefined, none, 64))).toBe(okm64);
    },
  );

  test.each(vectors.upstream_run.reply_key_digest)('the digest of reply key $surb_encryption_key', vector => {
    const key = fromHex(vector.surb_encryption_key) as Parameters<typeof replyKeyDigest>[0];
    expect(hex(replyKeyDigest(key))).toBe(vector.blake3_digest);
  });

  test('the public keys of the vectors belong to their private keys', () => {
    expect(hex(x25519PublicKey(secret))).toBe(regular.recipient_public);
    expect(hex(x25519(secret, fromHex(regular.ephemeral_public)))).toBe(
      hex(x25519(ephemeral(), fromHex(regular.recipient_public))),
    );
  });
});

describe('payloads', () => {
  test.each(Object.values(packetSizes).filter(size => size.name !== 'ack'))('fill a packet of size $name', size => {
    const random = seededRandom(size.name);
    const [fragment] = splitMessage(encodeNymMessage({ kind: 'plain', data: pattern(7) }), size, random);
    const bytes = fragment?.bytes ?? new Uint8Array(0);
    const sealed = sealForRecipient({ ackBlock, recipient, fragment: bytes, random, keys });
    expect(sealed.length).toBe(size.plaintext);
    const opened = openFromSender(sealed.subarray(ACK_BLOCK_BYTES), encryption);
    expect(opened).toEqual(bytes);
    expect(decodeNymMessage(parseFragment(opened).payload.subarray(0, 8))).toEqual({ kind: 'plain', data: pattern(7) });
  });

  test('a fragment of no packet size is a mistake of the programmer', () => {
    const fragment = new Uint8Array(1610);
    expect(() => sealForRecipient({ ackBlock, recipient, fragment, random: ephemeral, keys })).toThrow(RangeError);
    expect(() => sealForSurb({ ackBlock, replySurb: patternSurb(0, 1), fragment })).toThrow(RangeError);
  });

  test('the same fragment to the same recipient never looks the same', () => {
    const random = seededRandom('fresh');
    const fragment = fragmentOf('plain_hello');
    const sealed = () => hex(sealForRecipient({ ackBlock, recipient, fragment, random, keys }).subarray(405));
    expect(sealed()).not.toBe(sealed());
  });

  test('open with the same key however often their recipient is written to, and whatever kind of key it has', () => {
    const random = seededRandom('recipient keys');
    const publicKeys = [fromHex(regular.recipient_public), ...Array.from({ length: 8 }, () => random(32))];
    for (const encryption of publicKeys)
      for (let use = 0; use < 10; use++) {
        const ownSecret = random(32);
        const agreed = keys.agree(ownSecret, { ...recipient, encryption: encryption as Recipient['encryption'] });
        expect(agreed).toEqual(x25519(ownSecret, encryption));
      }
  });

  test('to a key of low order are refused, again and again', () => {
    const encryption = new Uint8Array(32) as Recipient['encryption'];
    for (let use = 0; use < 2; use++)
      expect(() => keys.agree(ephemeral(), { ...recipient, encryption })).toThrow(
        expect.objectContaining({ code: 'ERR_MIX_MIXNET_MALFORMED' }),
      );
  });

  test('no fragment is taken for cover', () => {
    const random = seededRandom('no cover');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), data => {
        for (const { bytes } of splitMessage(data, packetSizes.regular, random)) expect(isCover(bytes)).toBe(false);
      }),
    );
    expect(isCover(new Uint8Array(0))).toBe(false);
  });

  test('what a gateway pushes is opened or a MixnetError, low-order keys too', () => {
    expect(() => openFromSender(new Uint8Array(1643), encryption)).toThrow(MixnetError);
    expect(() => openFromSender(new Uint8Array(31), encryption)).toThrow(MixnetError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), pushed => {
        try {
          expect(openFromSender(pushed, encryption).length).toBe(pushed.length - 32);
        } catch (error) {
          expect(error).toBeInstanceOf(MixnetError);
        }
      }),
    );
  });
});

function fragmentOf(name: string): Uint8Array {
  const vector = vectors.upstream_run.messages.find(message => message.name === name);
  if (vector === undefined) throw new Error(`no vector ${name}`);
  const [fragment] = splitMessage(encodeNymMessage(messageOf(vector)), packetSizes.regular, setIds(vector.set_id));
  return fragment?.bytes ?? new Uint8Array(0);
}
