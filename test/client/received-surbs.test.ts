import { describe, expect, test } from 'vitest';
import { INSPECTION_INTERVAL, ReceivedSurbs } from '../../src/client/received-surbs.ts';
import { replyBlocks, senderTag } from './reply-blocks.ts';
import { ReplyConversation } from './reply-conversation.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const tag = senderTag(1);

describe('the reserve', () => {
  test("as Nym's clients do: ten reply blocks answer nothing, they ask for more", () => {
    const surbs = new ReceivedSurbs<number>({ strictReserve: true });
    expect(surbs.received(tag, replyBlocks(10), false, 0)).toEqual({ send: [], requests: [], failed: [] });
    const { send, requests } = surbs.reply(tag, 'general', items(3), 0);
    expect(send).toEqual([]);
    expect(requests.map(({ amount }) => amount)).toEqual([10]);
    expect(surbs.available(tag)).toBe(9);
    const more = surbs.received(tag, replyBlocks(10), true, 300);
    expect(more.send.map(({ item }) => item)).toEqual([1, 2, 3]);
    expect(more.requests).toEqual([]);
    expect(surbs.available(tag)).toBe(16);
  });

  test.each([
    [10, 0, 5],
    [11, 1, 4],
    [20, 5, 0],
    [30, 5, 0],
  ])('strict, %i reply blocks and five packets: %i go at once', (attached, atOnce, parked) => {
    const surbs = new ReceivedSurbs<number>({ strictReserve: true });
    surbs.received(tag, replyBlocks(attached), false, 0);
    const { send } = surbs.reply(tag, 'general', items(5), 0);
    expect(send.length).toBe(atOnce);
    expect(surbs.parked('general')).toBe(parked);
  });

  test('ours: ten reply blocks answer eight packets at once, and the ninth carries a request', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.received(tag, replyBlocks(10), false, 0);
    const { send, requests } = surbs.reply(tag, 'general', items(8), 0);
    expect(send.length).toBe(8);
    expect(requests.map(({ amount }) => amount)).toEqual([10]);
    expect(surbs.available(tag)).toBe(1);
  });

  test('ours: a reply that is too long for what is there asks first, for as much as may be stored', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.received(tag, replyBlocks(10), false, 0);
    const { send, requests } = surbs.reply(tag, 'general', items(500), 0);
    expect(requests.map(({ amount }) => amount)).toEqual([50, 50, 50, 43]);
    expect(send.length).toBe(4);
    expect(surbs.available(tag)).toBe(2);
  });

  test('a retransmission may take one more than new data, a request for more takes the last one', () => {
    const surbs = new ReceivedSurbs<number>({ strictReserve: true });
    surbs.received(tag, replyBlocks(10), false, 0);
    expect(surbs.replyAgain(tag, 1, 0).send.length).toBe(1);
    expect(surbs.available(tag)).toBe(9);
    expect(surbs.replyAgain(tag, 2, 0).send).toEqual([]);
    for (let left = 8; left > 0; left--) expect(surbs.requestAgain(tag)).toBeDefined();
    expect(surbs.requestAgain(tag)).toBeUndefined();
  });
});

describe('requests for more', () => {
  test.each([
    [0, 10],
    [5, 10],
    [30, 30],
    [500, 50],
  ])('strict, with %i packets waiting asks for %i', (waiting, amount) => {
    const surbs = new ReceivedSurbs<number>({ strictReserve: true });
    surbs.received(tag, replyBlocks(1), false, 0);
    const fresh = new ReceivedSurbs<number>({ strictReserve: true });
    fresh.received(tag, [], false, 0);
    fresh.reply(tag, 'general', items(waiting), 0);
    expect(fresh.received(tag, replyBlocks(1), false, 10).requests.map(request => request.amount)).toEqual([amount]);
  });

  test('nothing is asked for while two hundred are there or on their way', () => {
    const surbs = new ReceivedSurbs<number>({ strictReserve: true });
    surbs.received(tag, replyBlocks(210), false, 0);
    const first = surbs.reply(tag, 'general', items(400), 0);
    expect(first.send.length).toBe(200);
    const asked = [first, ...Array.from({ length: 9 }, () => surbs.reply(tag, 'general', items(1), 0))];
    const amounts = asked.flatMap(({ requests }) => requests.map(({ amount }) => amount));
    // 10 left, each request takes one: 9 + 50, 8 + 100, 7 + 150, 6 + 200.
    expect(amounts).toEqual([50, 50, 50, 50]);
  });

  test('only what was asked for counts as an answer; what comes with data does not', () => {
    const surbs = new ReceivedSurbs<number>({ strictReserve: true });
    surbs.received(tag, replyBlocks(10), false, 0);
    surbs.reply(tag, 'general', items(40), 0);
    expect(surbs.received(tag, replyBlocks(5), false, 10).requests).toEqual([]);
    expect(surbs.received(tag, replyBlocks(40), true, 20).requests.map(({ amount }) => amount)).toEqual([]);
  });

  test('more than was asked for is no credit against later requests', () => {
    const surbs = new ReceivedSurbs<number>({ strictReserve: true });
    surbs.received(tag, replyBlocks(15), true, 0);
    expect(surbs.reply(tag, 'general', items(8), 10).requests.map(({ amount }) => amount)).toEqual([10]);
  });

  test('a sender who is unknown, or known without a reply block', () => {
    const surbs = new ReceivedSurbs<number>();
    expect(() => surbs.reply(tag, 'general', items(1), 0)).toThrow(
      expect.objectContaining({ code: 'ERR_MIX_MIXNET_UNKNOWN_SENDER' }),
    );
    expect(surbs.replyAgain(tag, 1, 0).failed).toEqual([1]);
    surbs.received(tag, [], false, 0);
    expect(surbs.reply(tag, 'general', items(1), 0)).toEqual({ send: [], requests: [], failed: [] });
    expect(surbs.received(tag, replyBlocks(5), false, 1).send.map(({ item }) => item)).toEqual([1]);
  });

  test('silence: asked again every ten seconds, five times, and then given up', () => {
    for (const strictReserve of [true, false]) {
      const surbs = new ReceivedSurbs<number>({ strictReserve });
      surbs.received(tag, replyBlocks(10), false, 0);
      surbs.reply(tag, 'general', items(300), 0);
      const parked = surbs.parked('general');
      const asked: number[] = [];
      let failed: readonly number[] = [];
      let failedAt = 0;
      for (let now = INSPECTION_INTERVAL; now <= 2 * minute; now += INSPECTION_INTERVAL) {
        const decision = surbs.inspect(now);
        for (const { amount } of decision.requests) {
          asked.push(now / second);
          expect(amount).toBe(50);
        }
        if (decision.failed.length > 0) {
          failed = decision.failed;
          failedAt = now;
        }
      }
      expect(asked).toEqual(strictReserve ? [10, 20, 30, 40, 50] : [10, 20]);
      expect(failedAt).toBe(60 * second);
      expect(failed.length).toBe(parked);
      expect(surbs.parked('general')).toBe(0);
    }
  });

  test('an idle hour does not count against a reply that then waits', () => {
    const surbs = new ReceivedSurbs<number>({ strictReserve: true });
    surbs.received(tag, replyBlocks(10), false, 0);
    for (let now = 0; now < hour; now += INSPECTION_INTERVAL) surbs.inspect(now);
    expect(surbs.reply(tag, 'general', items(1), hour).requests.length).toBe(1);
    expect(surbs.inspect(hour + 5 * second)).toEqual({ send: [], requests: [], failed: [] });
    expect(surbs.received(tag, replyBlocks(10), true, hour + 6 * second).send.length).toBe(1);
  });

  test('a request that was lost while nobody waited does not hold up who waits later', () => {
    const surbs = new ReceivedSurbs<number>({ strictReserve: true });
    expect(surbs.received(tag, replyBlocks(5), false, 0).requests.length).toBe(1);
    expect(surbs.reply(tag, 'general', items(2), minute).requests.length).toBe(1);
  });

  test('retransmissions that wait are enough to ask again', () => {
    const surbs = new ReceivedSurbs<number>({ strictReserve: true });
    surbs.received(tag, replyBlocks(9), false, 0);
    surbs.replyAgain(tag, 7, 0);
    expect(surbs.inspect(10 * second).requests.length).toBe(1);
    expect(surbs.received(tag, replyBlocks(10), true, 11 * second).send.map(({ item }) => item)).toEqual([7]);
  });

  test('who only ever gives too few to go on is given up after five minutes', () => {
    const surbs = new ReceivedSurbs<number>({ strictReserve: true });
    surbs.received(tag, replyBlocks(1), false, 0);
    surbs.reply(tag, 'general', items(1), 0);
    let failedAt = 0;
    for (let now = INSPECTION_INTERVAL; now < 10 * minute && failedAt === 0; now += INSPECTION_INTERVAL) {
      if (surbs.inspect(now).failed.length > 0) failedAt = now;
      surbs.received(tag, now % 15_000 === 0 ? replyBlocks(1) : [], true, now);
    }
    expect(failedAt).toBeGreaterThanOrEqual(5 * minute);
    expect(failedAt).toBeLessThanOrEqual(5 * minute + 30 * second);
  });
});

test('a very long reply is given up in one piece', () => {
  const surbs = new ReceivedSurbs<number>();
  surbs.received(tag, replyBlocks(1), false, 0);
  surbs.reply(tag, 'general', items(300_000), 0);
  let failed = 0;
  for (let now = 0; now < 2 * minute; now += INSPECTION_INTERVAL) failed += surbs.inspect(now).failed.length;
  expect(failed).toBe(300_000);
});

describe('what is parked', () => {
  test('is sent again first, then new, lanes in turn', () => {
    const surbs = new ReceivedSurbs<string>();
    surbs.received(tag, [], false, 0);
    surbs.reply(tag, 'a', ['a1', 'a2', 'a3'], 0);
    surbs.reply(tag, 'b', ['b1'], 0);
    surbs.replyAgain(tag, 'again', 0);
    const { send } = surbs.received(tag, replyBlocks(20), false, 1);
    expect(send.map(({ item }) => item)).toEqual(['again', 'a1', 'b1', 'a2', 'a3']);
  });

  test('is dropped when nobody waits for it any more', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.received(tag, [], false, 0);
    surbs.reply(tag, 'a', items(5), 0);
    surbs.replyAgain(tag, 9, 0);
    surbs.drop(tag, item => item > 2);
    expect(surbs.parked('a')).toBe(2);
    expect(surbs.received(tag, replyBlocks(20), false, 1).send.map(({ item }) => item)).toEqual([1, 2]);
  });
});

describe('reply blocks that were not used after all', () => {
  test('are the next to be used, once, and let go what waits', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.received(tag, replyBlocks(10), false, 0);
    const { send } = surbs.reply(tag, 'general', items(8), 0);
    const [first, second] = send.map(({ surb }) => surb);
    if (first === undefined || second === undefined) throw new Error('nothing was sent');
    expect(surbs.giveBack(tag, first, 1).send).toEqual([]);
    expect(surbs.giveBack(tag, first, 1).send).toEqual([]);
    expect(surbs.giveBack(tag, second, 1).send).toEqual([]);
    expect(surbs.available(tag)).toBe(3);
    expect(surbs.reply(tag, 'general', [9], 2).send).toEqual([{ item: 9, surb: second }]);
    expect(surbs.reply(tag, 'general', [10], 2).send).toEqual([]);
    expect(surbs.giveBack(tag, second, 3).send).toEqual([{ item: 10, surb: second }]);
  });

  test('are gone with the rotation they are of, and strangers’ are nobody’s', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.rotate({ rotation: 1, previousAccepted: false }, 0);
    surbs.received(tag, replyBlocks(10, 1), false, 0);
    const [sent] = surbs.reply(tag, 'general', [1], 0).send;
    const [foreign] = replyBlocks(1);
    if (sent === undefined || foreign === undefined) throw new Error('nothing was sent');
    surbs.rotate({ rotation: 2, previousAccepted: false }, hour);
    const before = surbs.available(tag);
    surbs.giveBack(tag, sent.surb, hour);
    surbs.giveBack(tag, foreign, hour);
    surbs.giveBack(senderTag(99), foreign, hour);
    expect(surbs.available(tag)).toBe(before);
  });
});

describe('bounds', () => {
  test('a sender who pushes reply blocks without end fills a store of 400, the youngest', () => {
    const surbs = new ReceivedSurbs<number>();
    for (let i = 0; i < 100; i++) surbs.received(tag, replyBlocks(100), i % 2 === 0, i);
    expect(surbs.available(tag)).toBe(400);
    const last = replyBlocks(1)[0];
    if (last !== undefined) surbs.received(tag, [last], false, 200);
    const { send } = surbs.reply(tag, 'a', items(398), 300);
    expect(send.length).toBe(398);
    expect(surbs.available(tag)).toBeLessThanOrEqual(2);
  });

  test('very many senders: the longest silent make room, and their waiting replies fail', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.received(tag, [], false, 0);
    surbs.reply(tag, 'a', [1], 0);
    const failed: number[] = [];
    for (let n = 2; n < 6000; n++) failed.push(...surbs.received(senderTag(n), replyBlocks(1), false, n).failed);
    expect(surbs.senders).toBe(4096);
    expect(failed).toEqual([1]);
    for (let n = 10_000; n < 10_200; n++) surbs.received(senderTag(n), replyBlocks(400), false, n);
    expect(surbs.senders).toBeLessThan(4096);
    expect(surbs.available(senderTag(10_199))).toBe(400);
    expect(surbs.available(senderTag(10_000))).toBe(0);
  });

  test('replies to who never gives reply blocks are refused beyond a limit', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.received(tag, [], false, 0);
    surbs.reply(tag, 'a', items(8000), 0);
    expect(() => surbs.reply(tag, 'a', items(500), 0)).toThrow(expect.objectContaining({ code: 'ERR_MIX_USAGE_BUSY' }));
  });

  test('a sender without reply blocks is forgotten after five minutes, one with them after a day', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.received(tag, [], false, 0);
    surbs.received(senderTag(2), replyBlocks(12), false, 0);
    surbs.inspect(5 * minute - 1);
    expect(surbs.senders).toBe(2);
    surbs.inspect(5 * minute);
    expect(surbs.senders).toBe(1);
    surbs.inspect(24 * hour - 1);
    expect(surbs.available(senderTag(2))).toBe(12);
    surbs.inspect(24 * hour);
    expect(surbs.senders).toBe(0);
  });
});

describe('when the keys of the network change', () => {
  const before = { rotation: 7, previousAccepted: false };
  const during = { rotation: 8, previousAccepted: true };
  const after = { rotation: 8, previousAccepted: false };

  test('new reply blocks are asked for at once, by an old one, and the old ones serve until they come', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.rotate(before, 0);
    const old = replyBlocks(30, 1);
    surbs.received(tag, old, false, 0);
    const { requests } = surbs.rotate(during, hour);
    expect(requests.map(({ amount, surb }) => [amount, surb])).toEqual([[30, old[0]]]);
    expect(surbs.reply(tag, 'a', items(5), hour).send.map(({ surb }) => surb)).toEqual(old.slice(1, 6));
    const fresh = replyBlocks(30, 2);
    surbs.received(tag, fresh, true, hour + second);
    expect(surbs.reply(tag, 'a', items(2), hour).send.map(({ surb }) => surb)).toEqual(fresh.slice(0, 2));
  });

  test('never more than 50 are asked for', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.rotate(before, 0);
    surbs.received(tag, replyBlocks(300, 1), false, 0);
    expect(surbs.rotate(during, hour).requests.map(({ amount }) => amount)).toEqual([50]);
  });

  test('the old ones are gone after the first epoch, the new ones stay', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.rotate(before, 0);
    surbs.received(tag, replyBlocks(8, 1), false, 0);
    surbs.rotate(during, hour);
    surbs.received(tag, replyBlocks(5, 2), true, hour + second);
    const held = surbs.available(tag);
    surbs.rotate(after, 2 * hour);
    expect(surbs.available(tag)).toBe(5);
    expect(held).toBeGreaterThan(5);
  });

  test('reply blocks of the next rotation, from a sender who learnt of it before us, are never taken for old', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.rotate(before, 0);
    surbs.received(tag, replyBlocks(20, 2), false, hour - second);
    expect(surbs.rotate(during, hour).requests).toEqual([]);
    surbs.rotate(after, 2 * hour);
    expect(surbs.available(tag)).toBe(20);
  });

  test('reply blocks of the last rotation that come late are used last, and die with it', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.rotate(before, 0);
    surbs.rotate(during, hour);
    const [late, fresh] = [replyBlocks(12, 1), replyBlocks(5, 2)];
    surbs.received(tag, late, false, hour + second);
    surbs.received(tag, fresh, false, hour + 2 * second);
    const used = surbs.reply(tag, 'a', items(4), hour + 3 * second).send.map(({ surb }) => surb.rotation);
    expect(used.every(rotation => rotation === 2)).toBe(true);
    surbs.rotate(after, 2 * hour);
    // The fifth of the fresh ones.
    expect(surbs.available(tag)).toBe(1);
  });

  test('old ones make room: as many are dropped as there are more than ten new ones', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.rotate(before, 0);
    surbs.received(tag, replyBlocks(21, 1), false, 0);
    surbs.rotate(during, hour); // one of them carries a request
    surbs.received(tag, replyBlocks(10, 2), true, hour + second);
    expect(surbs.available(tag)).toBe(30);
    surbs.received(tag, replyBlocks(6, 2), true, hour + 2 * second);
    expect(surbs.available(tag)).toBe(20 - 6 + 16);
  });

  test('reply blocks without a rotation are as old as their arrival', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.rotate(before, 0);
    surbs.received(tag, replyBlocks(20, 0), false, 0);
    expect(surbs.rotate(during, hour).requests.length).toBe(1);
    surbs.rotate(after, 2 * hour);
    expect(surbs.available(tag)).toBe(0);
  });

  test('after a sleep of days nothing old is left, whatever its parity', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.rotate(before, 0);
    surbs.received(tag, replyBlocks(20, 1), false, 0);
    surbs.received(tag, replyBlocks(20, 2), false, 0);
    expect(surbs.rotate({ rotation: 9, previousAccepted: true }, 48 * hour)).toEqual({
      send: [],
      requests: [],
      failed: [],
    });
    expect(surbs.available(tag)).toBe(0);
  });

  test('seeing the same rotation again, or an older one for a while, changes nothing', () => {
    const surbs = new ReceivedSurbs<number>();
    surbs.rotate(after, 0);
    surbs.received(tag, replyBlocks(20, 2), false, 0);
    for (const view of [after, before, after, after]) surbs.rotate(view, hour);
    expect(surbs.available(tag)).toBe(20);
  });
});

describe('hours of conversation', () => {
  test.each([true, false])('a day of questions and answers, one packet in fifty lost (strict: %s)', strictReserve => {
    const talk = new ReplyConversation({ strictReserve, loss: 0.02 });
    const items: number[] = [];
    for (let i = 0; i < 24 * 60; i++) {
      talk.say(i === 0 ? 15 : 3);
      talk.run(second);
      items.push(...talk.answer(1 + (i % 40)));
      talk.run(59 * second);
    }
    talk.run(2 * minute);
    expect(talk.failed).toEqual([]);
    expect(items.filter(item => !talk.delivered.has(item))).toEqual([]);
    expect(Math.max(...talk.requested)).toBeLessThanOrEqual(50);
    expect(Math.min(...talk.requested)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...talk.given)).toBeLessThanOrEqual(100);
    expect(talk.mostHeld).toBeLessThanOrEqual(400);
    expect(talk.lowestAfterData).toBeGreaterThanOrEqual(strictReserve ? 9 : 1);
    expect(talk.keys.size).toBeLessThanOrEqual(8192);
  });

  test('a long download from a strict holder is carried by its own requests, and no budget stops it', () => {
    const talk = new ReplyConversation({ strictReserve: true, loss: 0.05 });
    talk.say(12);
    talk.run(second);
    const items: number[] = [];
    for (let i = 0; i < 2000; i++) {
      // As an exit reads: 16 KiB, not more than 31 packets waiting.
      if (talk.holder.parked('c') < 20) items.push(...talk.answer(11, 'c'));
      talk.run(100);
    }
    talk.run(minute);
    expect(talk.failed).toEqual([]);
    expect(items.length).toBeGreaterThan(5000);
    expect(items.every(item => talk.delivered.has(item))).toBe(true);
  });

  test('ours answers faster than the reference with what it has', () => {
    const packets = (strictReserve: boolean) => {
      const talk = new ReplyConversation({ strictReserve });
      talk.say(12);
      talk.run(second);
      talk.answer(2000);
      talk.run(5 * second);
      return talk.delivered.size;
    };
    expect(packets(false)).toBeGreaterThan(1.5 * packets(true));
  });

  test('a sender who falls silent is given up within a minute, one who comes back is answered again', () => {
    const talk = new ReplyConversation({ strictReserve: true });
    talk.say(12);
    talk.run(second);
    talk.mute = true;
    const lost = talk.answer(100);
    talk.run(75 * second);
    expect([...talk.delivered.keys()].length + talk.failed.length).toBe(lost.length);
    expect(talk.failed.length).toBeGreaterThan(90);
    talk.mute = false;
    talk.say(12);
    talk.run(second);
    const items = talk.answer(100);
    talk.run(minute);
    expect(items.every(item => talk.delivered.has(item))).toBe(true);
  });

  test.each([
    [true, 0, 4 * minute],
    [true, 4 * minute, 0],
    [false, 0, 4 * minute],
    [false, 4 * minute, 0],
  ])(
    'three rotations while talking (strict: %s; maker %i ms late, holder %i ms late): nothing is lost',
    (strictReserve, makerLate, holderLate) => {
      const talk = new ReplyConversation({ strictReserve });
      const items: number[] = [];
      talk.say(40);
      talk.run(second);
      for (let step = 0; step < 3 * 24 * 60; step++) {
        const rotation = 7 + Math.floor(step / (24 * 60));
        const intoRotation = (step % (24 * 60)) * minute;
        const viewAt = (late: number) => {
          const seen = intoRotation >= late || rotation === 7 ? rotation : rotation - 1;
          const previousAccepted = seen === rotation && rotation > 7 && intoRotation < hour;
          return { rotation: seen, previousAccepted };
        };
        talk.rotateNetwork(viewAt(0));
        talk.rotateMaker(viewAt(makerLate));
        talk.rotateHolder(viewAt(holderLate));
        // So rarely that what is held would outlive its rotation.
        if (step % 45 === 0) items.push(...talk.answer(2));
        talk.run(minute);
      }
      talk.run(2 * minute);
      expect(talk.failed).toEqual([]);
      expect(items.every(item => talk.delivered.has(item))).toBe(true);
      expect(talk.dead).toBe(0);
    },
  );

  test('an idle sender of yesterday is answered after a rotation, for the holder asked in time', () => {
    const talk = new ReplyConversation();
    talk.say(20);
    talk.run(10 * hour);
    const during = { rotation: 8, previousAccepted: true };
    talk.rotateNetwork(during);
    talk.rotateMaker(during);
    talk.run(minute);
    talk.rotateHolder(during);
    talk.run(hour);
    const after = { rotation: 8, previousAccepted: false };
    talk.rotateNetwork(after);
    talk.rotateMaker(after);
    talk.rotateHolder(after);
    talk.run(5 * hour);
    const answers = talk.answer(5);
    talk.run(10 * second);
    expect(answers.every(item => talk.delivered.has(item))).toBe(true);
    expect(talk.dead).toBe(0);
  });
});

function items(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}
