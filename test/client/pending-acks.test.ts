import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fragmentKey, PendingAcks, type PendingFragment } from '../../src/client/pending-acks.ts';
import { seededRandom } from '../support/seeded-random.ts';

const TIMEOUT = 1635;

function fragment(position: number, maxRetransmissions = 30): PendingFragment {
  return { id: fragmentKey({ set: 7, position }), maxRetransmissions };
}

test('set and position make one key, without collisions up to the largest', () => {
  expect(fragmentKey({ set: 0x7fffffff, position: 255 })).toBe(0x7fffffff * 256 + 255);
  expect(Number.isSafeInteger(fragmentKey({ set: 0x7fffffff, position: 255 }))).toBe(true);
  expect(fragmentKey({ set: 1, position: 0 })).not.toBe(fragmentKey({ set: 0, position: 255 }));
});

describe('a fragment that nobody acknowledges', () => {
  test.each([0, 1, 10, 30])('is sent again exactly %i times, then lost', limit => {
    const acks = new PendingAcks();
    const sent = fragment(1, limit);
    acks.add(sent);
    let now = 0;
    let transmissions = 0;
    for (;;) {
      acks.sent(sent.id, now, TIMEOUT);
      transmissions += 1;
      now = acks.nextDeadline ?? Number.NaN;
      expect(now).toBe(transmissions * TIMEOUT);
      const { again, lost } = acks.expired(now);
      if (lost.length > 0) {
        expect(lost).toEqual([sent]);
        expect(again).toEqual([]);
        break;
      }
      expect(again).toEqual([sent]);
    }
    expect(transmissions).toBe(limit + 1);
    expect([acks.size, acks.nextDeadline]).toEqual([0, undefined]);
  });

  test('has no timer while it waits for its slot, however long', () => {
    const acks = new PendingAcks();
    acks.add(fragment(1));
    expect(acks.nextDeadline).toBeUndefined();
    expect(acks.expired(1e9)).toEqual({ again: [], lost: [] });
    expect(acks.size).toBe(1);
  });

  test('does not expire before its time, and one timer replaces the other', () => {
    const acks = new PendingAcks();
    acks.add(fragment(1));
    acks.sent(fragment(1).id, 0, TIMEOUT);
    acks.sent(fragment(1).id, 100, TIMEOUT);
    expect(acks.expired(TIMEOUT).again).toEqual([]);
    expect(acks.nextDeadline).toBe(100 + TIMEOUT);
    expect(acks.expired(100 + TIMEOUT).again).toHaveLength(1);
  });
});

describe('an acknowledgement', () => {
  test('ends the wait, also while the fragment is queued or being sent again', () => {
    const acks = new PendingAcks();
    for (const position of [1, 2, 3]) acks.add(fragment(position));
    acks.sent(fragment(2).id, 0, TIMEOUT);
    acks.sent(fragment(3).id, 0, TIMEOUT);
    expect(acks.expired(TIMEOUT).again).toHaveLength(2);
    for (const position of [1, 2, 3]) expect(acks.acked(fragment(position).id)).toEqual(fragment(position));
    acks.sent(fragment(3).id, TIMEOUT, TIMEOUT);
    expect([acks.size, acks.nextDeadline]).toEqual([0, undefined]);
  });

  test('of something unknown, or a second one, is ignored', () => {
    const acks = new PendingAcks();
    acks.add(fragment(1));
    expect(acks.acked(99)).toBeUndefined();
    expect(acks.acked(fragment(1).id)).toBeDefined();
    expect(acks.acked(fragment(1).id)).toBeUndefined();
  });
});

test('a fragment that nobody wants any more goes in any state, and no other with it', () => {
  const acks = new PendingAcks();
  for (let position = 1; position <= 100; position++) {
    acks.add(fragment(position));
    if (position % 3 === 0) acks.sent(fragment(position).id, position, TIMEOUT);
  }
  acks.expired(TIMEOUT + 30);
  for (let position = 2; position <= 100; position += 2) acks.drop(fragment(position).id);
  expect(acks.size).toBe(50);
  expect(acks.expired(1e9).again.every(({ id }) => id % 2 === 1)).toBe(true);
  for (let position = 1; position <= 100; position++) acks.drop(fragment(position).id);
  expect([acks.size, acks.nextDeadline]).toEqual([0, undefined]);
});

test('an hour at 50 packets a second and 20 % loss: every fragment settles and the memory is empty again', () => {
  const random = seededRandom('loss');
  const acks = new PendingAcks();
  const lostOnTheWay = () => (random(1)[0] ?? 0) < 51;
  const arriving: { at: number; id: number }[] = [];
  const queue: number[] = [];
  let [next, acked, lost, largest] = [1, 0, 0, 0];
  for (let now = 0; queue.length > 0 || acks.size > 0 || now < 3_600_000; now += 20) {
    while (arriving[0] !== undefined && arriving[0].at <= now) {
      if (acks.acked(arriving.shift()?.id ?? 0) !== undefined) acked += 1;
    }
    const expired = acks.expired(now);
    for (const { id } of expired.again) queue.push(id);
    lost += expired.lost.length;
    if (now < 3_600_000 && queue.length === 0) {
      const sent = { id: next++, maxRetransmissions: 5 };
      acks.add(sent);
      queue.push(sent.id);
    }
    const id = queue.shift();
    if (id !== undefined && acks.has(id)) {
      acks.sent(id, now, TIMEOUT);
      if (!lostOnTheWay() && !lostOnTheWay()) arriving.push({ at: now + 90, id });
    }
    largest = Math.max(largest, acks.size);
  }
  expect(acked + lost).toBe(next - 1);
  expect(lost / next).toBeLessThan(0.005);
  expect(largest).toBeLessThan(200);
  expect([acks.size, acks.nextDeadline]).toEqual([0, undefined]);
});

test('timers run out in order, whatever is removed between', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1000), fc.boolean()), { maxLength: 200 }), timers => {
      const acks = new PendingAcks();
      timers.forEach(([timeout], i) => {
        acks.add(fragment(i));
        acks.sent(fragment(i).id, 0, timeout);
      });
      timers.forEach(([, removed], i) => {
        if (removed) acks.acked(fragment(i).id);
      });
      const expected = timers.filter(([, removed]) => !removed).map(([timeout]) => timeout);
      const found: number[] = [];
      while (acks.nextDeadline !== undefined) {
        const at = acks.nextDeadline;
        for (const _ of acks.expired(at).again) found.push(at);
      }
      expect(found).toEqual(expected.sort((a, b) => a - b));
    }),
  );
});
