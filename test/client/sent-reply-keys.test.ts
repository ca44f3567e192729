import { describe, expect, test } from 'vitest';
import { SentReplyKeys } from '../../src/client/sent-reply-keys.ts';
import { type ReplySurb, replyKeyDigest } from '../../src/message/index.ts';
import { pseudonym, replyBlocks } from './reply-blocks.ts';

const second = 1000;
const hour = 3_600_000;
const alice = pseudonym(1);
const bob = pseudonym(2);

describe('keys of reply blocks that were given away', () => {
  test('a key opens one reply, for the pseudonym under which it was given', () => {
    const keys = new SentReplyKeys();
    const [a, b] = [replyBlocks(2), replyBlocks(1)];
    keys.register(a, alice, 7, 0);
    keys.register(b, bob, 7, 0);
    expect(keys.take(digestOf(a[1]), 10)).toEqual({ key: a[1]?.key, pseudonym: alice });
    expect(keys.take(digestOf(a[1]), 10)).toBeUndefined();
    expect(keys.take(digestOf(b[0]), 10)?.pseudonym).toBe(bob);
    expect(keys.take(new Uint8Array(32), 10)).toBeUndefined();
    expect(keys.size).toBe(1);
  });

  test('a key lives for 24 hours', () => {
    const keys = new SentReplyKeys();
    const [first, last] = [replyBlocks(1), replyBlocks(1)];
    keys.register(first, alice, 7, 0);
    keys.register(last, alice, 7, hour);
    keys.purge(24 * hour - 1);
    expect(keys.size).toBe(2);
    expect(keys.take(digestOf(first[0]), 24 * hour)).toBeUndefined();
    keys.purge(24 * hour);
    expect(keys.size).toBe(1);
    expect(keys.outstanding(alice)).toBe(1);
    expect(keys.take(digestOf(last[0]), 25 * hour - 1)).toBeDefined();
  });

  test('a key dies one epoch after its rotation ended', () => {
    const keys = new SentReplyKeys();
    const [old, current] = [replyBlocks(2, 1), replyBlocks(3, 2)];
    keys.rotate({ rotation: 7, previousAccepted: false });
    keys.register(old, alice, 7, 0);
    keys.rotate({ rotation: 8, previousAccepted: true });
    keys.register(current, alice, 8, hour);
    expect(keys.take(digestOf(old[0]), hour)).toBeDefined();
    keys.rotate({ rotation: 8, previousAccepted: false });
    expect(keys.take(digestOf(old[1]), hour)).toBeUndefined();
    expect(keys.size).toBe(3);
    keys.rotate({ rotation: 10, previousAccepted: true });
    expect(keys.size).toBe(0);
  });

  test('a released pseudonym leaves nothing', () => {
    const keys = new SentReplyKeys();
    const given = replyBlocks(5);
    keys.register(given, alice, 7, 0);
    keys.register(replyBlocks(5), bob, 7, 0);
    keys.forget(alice);
    expect(keys.size).toBe(5);
    expect(keys.outstanding(alice)).toBe(0);
    expect(keys.take(digestOf(given[0]), 0)).toBeUndefined();
  });
});

describe('how many reply blocks the other side is believed to hold', () => {
  test('those given and not used, each pseudonym for itself', () => {
    const keys = new SentReplyKeys();
    const given = replyBlocks(12);
    keys.register(given, alice, 7, 0);
    keys.register(replyBlocks(4), bob, 7, 0);
    for (const surb of given.slice(0, 5)) keys.take(digestOf(surb), 100);
    expect(keys.outstanding(alice)).toBe(7);
    expect(keys.outstanding(bob)).toBe(4);
    expect(keys.outstanding(pseudonym(3))).toBe(0);
  });

  test('not those given long before one that was used: these are lost, and yet open a late reply', () => {
    const keys = new SentReplyKeys();
    const [early, later, latest] = [replyBlocks(10), replyBlocks(10), replyBlocks(10)];
    keys.register(early, alice, 7, 0);
    keys.register(later, alice, 7, 55 * second);
    keys.register(latest, alice, 7, 70 * second);
    expect(keys.outstanding(alice)).toBe(30);
    keys.take(digestOf(latest[0]), 80 * second);
    expect(keys.outstanding(alice)).toBe(19);
    expect(keys.take(digestOf(early[3]), 90 * second)).toBeDefined();
    expect(keys.outstanding(alice)).toBe(19);
  });

  test('not those of a past rotation, which their holder throws away', () => {
    const keys = new SentReplyKeys();
    keys.register(replyBlocks(10, 1), alice, 7, 0);
    keys.rotate({ rotation: 8, previousAccepted: true });
    expect(keys.outstanding(alice)).toBe(0);
    keys.register(replyBlocks(3, 2), alice, 8, hour);
    expect(keys.outstanding(alice)).toBe(3);
    expect(keys.size).toBe(13);
  });

  test('it stays true through a day of downloads in which one packet in fifty is lost', () => {
    const keys = new SentReplyKeys();
    let inFlight: ReplySurb[] = [];
    let truth = 0;
    for (let minute = 0; minute < 24 * 60; minute++) {
      const now = minute * 60 * second;
      const given = replyBlocks(200);
      keys.register(given, alice, 7, now);
      inFlight.push(...given);
      truth += 200;
      const used = inFlight.splice(0, inFlight.length - 150);
      truth -= used.length;
      const arrived = used.filter((_, i) => i % 50 !== 0);
      for (const surb of arrived) keys.take(digestOf(surb), now + second);
      keys.purge(now);
      expect(Math.abs(keys.outstanding(alice) - truth)).toBeLessThan(30);
    }
    inFlight = [];
    expect(keys.size).toBeLessThan(8192 + 200);
  });
});

describe('bounds', () => {
  test('a pseudonym keeps 8192 keys, the youngest', () => {
    const keys = new SentReplyKeys();
    const first = replyBlocks(100);
    keys.register(first, alice, 7, 0);
    for (let i = 1; i < 200; i++) keys.register(replyBlocks(100), alice, 7, i);
    const last = replyBlocks(100);
    keys.register(last, alice, 7, 1000);
    expect(keys.size).toBeLessThanOrEqual(8192);
    expect(keys.size).toBeGreaterThan(8000);
    expect(keys.take(digestOf(first[0]), 2000)).toBeUndefined();
    expect(keys.take(digestOf(last[0]), 2000)).toBeDefined();
  });

  test('all pseudonyms together keep 131072; the one with most loses first', () => {
    const keys = new SentReplyKeys();
    const small = replyBlocks(10);
    keys.register(small, alice, 7, 0);
    for (let n = 10; n < 40; n++) for (let i = 0; i < 50; i++) keys.register(replyBlocks(100), pseudonym(n), 7, i);
    expect(keys.size).toBeLessThanOrEqual(131_072);
    expect(keys.outstanding(alice)).toBe(10);
  });
});

function digestOf(surb: ReplySurb | undefined): Uint8Array {
  if (surb === undefined) throw new Error('the test has no such reply block');
  return replyKeyDigest(surb.key);
}
