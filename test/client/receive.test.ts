import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { x25519PublicKey } from '#crypto';
import { OwnCover } from '../../src/client/own-cover.ts';
import type { Pseudonym } from '../../src/client/pseudonym.ts';
import { payloadOpener, Receiver } from '../../src/client/receive.ts';
import { SentReplyKeys } from '../../src/client/sent-reply-keys.ts';
import * as limits from '../../src/limits.ts';
import {
  ACK_BLOCK_BYTES,
  type AckBlock,
  type AckKey,
  coverContent,
  coverFragmentId,
  type EncryptionKey,
  encodeNymMessage,
  type NymMessage,
  RecipientKeys,
  type ReplySurb,
  sealForRecipient,
  sealForSurb,
  splitMessage,
} from '../../src/message/index.ts';
import { sealAck } from '../../src/message/surb-ack.ts';
import { packetSizes } from '../../src/sphinx/index.ts';
import { pattern, someRecipient } from '../message/support.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { pseudonym, replyBlocks, senderTag } from './reply-blocks.ts';

const hour = 3_600_000;
const random = seededRandom('receive');
const ackKey = random(16) as AckKey;
const encryptionSecret = random(32);
const self = { ...someRecipient, encryption: x25519PublicKey(encryptionSecret) as EncryptionKey };
const alice = pseudonym(1);
const bob = pseudonym(2);
const none = new Uint8Array(0);

describe('what a gateway pushes', () => {
  test('an acknowledgement names its fragment; that of cover names none', () => {
    const { receiver } = client();
    const id = { set: 77, position: 3 };
    expect(receiver.push(sealAck(ackKey, id, random(16)), 0)).toEqual({ type: 'ack', id });
    expect(receiver.push(sealAck(ackKey, coverFragmentId, random(16)), 0)).toEqual({ type: 'cover-ack' });
  });

  test('cover is recognised', () => {
    const { receiver } = client();
    expect(receiver.push(openly(coverContent(packetSizes.regular)), 0)).toEqual({ type: 'cover' });
  });

  test('our own cover is known, once, by what stands in front of it, and no more of it is remembered than may be', () => {
    const { receiver, ownCover } = client();
    const loops = Array.from({ length: limits.coverUnderWay + 1 }, () => random(1643));
    for (const loop of loops) ownCover.add(loop);
    const [forgotten = none, known = none] = loops;
    expect(receiver.push(known, 0)).toEqual({ type: 'cover' });
    for (const noise of [known, forgotten]) expect(receiver.push(noise, 0).type).not.toBe('cover');
  });

  test('a plain and a repliable message come openly, in fragments of any order', () => {
    const { receiver } = client();
    const plain: NymMessage = { kind: 'plain', data: pattern(5000) };
    const repliable: NymMessage = {
      kind: 'repliable',
      tag: senderTag(9),
      content: 'data',
      surbs: replyBlocks(10),
      data: pattern(100),
    };
    for (const message of [plain, repliable]) {
      const received = fragments(message)
        .reverse()
        .map(bytes => receiver.push(openly(bytes), 0));
      expect(received.slice(0, -1).every(({ type }) => type === 'fragment-stored')).toBe(true);
      expect(received.at(-1)).toEqual({ type: 'message', message, pseudonym: undefined, sets: [expect.any(Number)] });
    }
  });

  test('a reply comes by several reply blocks, and says whose they were', () => {
    const { receiver, give } = client();
    const message: NymMessage = { kind: 'reply', data: pattern(4000) };
    const surbs = give(alice, 3);
    const received = fragments(message).map((bytes, i) => receiver.push(through(surbs[i], bytes), 0));
    expect(received).toEqual([
      { type: 'fragment-stored', pseudonym: alice },
      { type: 'fragment-stored', pseudonym: alice },
      { type: 'message', message, pseudonym: alice, sets: [expect.any(Number)] },
    ]);
  });

  test('a request for reply blocks says which pseudonym it is for', () => {
    const { receiver, give } = client();
    const message: NymMessage = { kind: 'surb-request', recipient: someRecipient, amount: 50 };
    const [bytes = none] = fragments(message);
    expect(receiver.push(through(give(bob, 1)[0], bytes), 0)).toEqual({
      type: 'message',
      message,
      pseudonym: bob,
      sets: [expect.any(Number)],
    });
  });

  test('replies to two pseudonyms at once are kept apart', () => {
    const { receiver, give } = client();
    const replies = [alice, bob].map(who => ({ who, surbs: give(who, 3), message: reply(3000 + who.tag.length) }));
    const last = replies.map(({ surbs, message }) =>
      fragments(message)
        .map((bytes, i) => receiver.push(through(surbs[i], bytes), 0))
        .at(-1),
    );
    expect(last).toEqual(
      replies.map(({ who, message }) => ({ type: 'message', message, pseudonym: who, sets: [expect.any(Number)] })),
    );
  });
});

describe('what is lost, repeated or late', () => {
  test('a fragment sent again, by another reply block or openly, changes nothing', () => {
    const { receiver, give } = client();
    const [first = none, second = none] = fragments(reply(2000));
    const surbs = give(alice, 5);
    expect(receiver.push(through(surbs[0], first), 0).type).toBe('fragment-stored');
    expect(receiver.push(through(surbs[1], first), 0).type).toBe('fragment-stored');
    expect(receiver.push(through(surbs[2], second), 0).type).toBe('message');
    expect(receiver.push(through(surbs[3], second), 0)).toEqual({ type: 'fragment-stored', pseudonym: alice });

    const [only = none] = fragments({ kind: 'plain', data: pattern(5) });
    expect(receiver.push(openly(only), 0).type).toBe('message');
    expect(receiver.push(openly(only), 0).type).toBe('fragment-stored');
  });

  test('the same packet twice is read once: its key is gone', () => {
    const { receiver, give, keys } = client();
    const [bytes = none] = fragments(reply(10));
    const pushed = through(give(alice, 1)[0], bytes);
    expect(receiver.push(pushed, 0).type).toBe('message');
    expect(keys.size).toBe(0);
    expect(receiver.push(pushed, 0).type).not.toBe('message');
  });

  test('a reply after 24 hours, or after its pseudonym was released, is not understood', () => {
    const { receiver, give, keys } = client();
    const [bytes = none] = fragments(reply(10));
    const [late, released] = [give(alice, 1)[0], give(bob, 1)[0]];
    keys.forget(bob);
    receiver.forget(bob);
    expect(receiver.push(through(released, bytes), 0).type).not.toBe('message');
    expect(receiver.push(through(late, bytes), 24 * hour).type).not.toBe('message');
  });
});

describe('what strangers write', () => {
  test('a message whose fragments come for two pseudonyms is never put together', () => {
    const { receiver, give } = client();
    const parts = fragments(reply(4000));
    const surbs = [...give(alice, 1), ...give(bob, 1), ...give(alice, 1)];
    const received = parts.map((bytes, i) => receiver.push(through(surbs[i], bytes), 0));
    expect(received.map(({ type }) => type)).toEqual(['fragment-stored', 'fragment-stored', 'fragment-stored']);
  });

  test('an answer that did not come by a reply block is dropped, and so is anything else that did', () => {
    const { receiver, give } = client();
    const answers: NymMessage[] = [reply(10), { kind: 'surb-request', recipient: someRecipient, amount: 50 }];
    for (const answer of answers) {
      const [bytes = none] = fragments(answer);
      expect(receiver.push(openly(bytes), 0)).toMatchObject({ type: 'dropped', pseudonym: undefined });
    }
    const others: NymMessage[] = [
      { kind: 'plain', data: pattern(5) },
      { kind: 'repliable', tag: senderTag(3), content: 'data', surbs: replyBlocks(1), data: pattern(5) },
    ];
    for (const other of others) {
      const [bytes = none] = fragments(other);
      expect(receiver.push(through(give(alice, 1)[0], bytes), 0)).toMatchObject({ type: 'dropped', pseudonym: alice });
    }
  });

  test('any bytes are dropped or kept, and nothing is thrown', () => {
    const { receiver } = client();
    for (const length of [0, 1, 20, 21, 22, 31, 32, 33, 1643, 7787]) {
      for (let i = 0; i < 200; i++) {
        expect(['dropped', 'fragment-stored', 'ack']).toContain(receiver.push(random(length), 0).type);
      }
      receiver.push(new Uint8Array(length), 0);
    }
  });

  test('hostile fragments under good encryption, by reply blocks too, are dropped, kept or read', () => {
    const { receiver, give } = client();
    const whole = [
      ...fragments(reply(3000)),
      ...fragments({ kind: 'repliable', tag: senderTag(3), content: 'data', surbs: replyBlocks(4), data: pattern(5) }),
    ];
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(1610), fc.nat(255), fc.boolean(), (which, at, to, byReply) => {
        const bytes = (whole[which] ?? none).slice();
        bytes[at < 200 ? at % 12 : at] = to;
        const pushed = byReply ? through(give(alice, 1)[0], bytes) : openly(bytes);
        expect(['dropped', 'fragment-stored', 'message']).toContain(receiver.push(pushed, 0).type);
      }),
      { numRuns: 500 },
    );
  });
});

function client() {
  const keys = new SentReplyKeys();
  const ownCover = new OwnCover();
  const receiver = new Receiver({ opener: payloadOpener({ ackKey, encryptionSecret, ownCover }), replyKeys: keys });
  const give = (who: Pseudonym, count: number) => {
    const surbs = replyBlocks(count);
    keys.register(surbs, who, 7, 0);
    return surbs;
  };
  return { keys, ownCover, receiver, give };
}

function reply(length: number): NymMessage {
  return { kind: 'reply', data: pattern(length) };
}

function fragments(message: NymMessage): Uint8Array[] {
  return splitMessage(encodeNymMessage(message), packetSizes.regular, random).map(({ bytes }) => bytes);
}

const ackBlock = pattern(ACK_BLOCK_BYTES) as AckBlock;

function openly(fragment: Uint8Array): Uint8Array {
  return sealForRecipient({ ackBlock, recipient: self, fragment, random, keys: new RecipientKeys() }).subarray(
    ACK_BLOCK_BYTES,
  );
}

function through(replySurb: ReplySurb | undefined, fragment: Uint8Array): Uint8Array {
  if (replySurb === undefined) throw new Error('the test has no reply block left');
  return sealForSurb({ ackBlock, replySurb, fragment }).subarray(ACK_BLOCK_BYTES);
}
