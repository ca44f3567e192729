import { expect, test } from 'vitest';
import { type SurbOrder, SurbWorkshop } from '../../src/client/surb-workshop.ts';
import { withParts } from '../../src/devnet/platforms.ts';
import type { ReplySurb } from '../../src/message/index.ts';
import { VirtualPlatform } from '../support/virtual-platform.ts';

const block = {} as ReplySurb;
const noSlots = () => Number.POSITIVE_INFINITY;

function order(name: string, amount: number, log: string[], changes: Partial<SurbOrder> = {}): SurbOrder {
  return {
    amount,
    urgent: true,
    owner: {},
    wanted: () => true,
    make: () => block,
    done: surbs => log.push(`${name}: ${surbs.length}`),
    failed: error => log.push(`${name} failed: ${error}`),
    ...changes,
  };
}

test('a few reply blocks are made at once, none too', () => {
  const log: string[] = [];
  const workshop = new SurbWorkshop(new VirtualPlatform(), noSlots);
  workshop.order(order('none', 0, log));
  workshop.order(order('few', 10, log));
  expect(log).toEqual(['none: 0', 'few: 10']);
});

test('many are made in slices, between which others have their turn', async () => {
  const log: string[] = [];
  const platform = new VirtualPlatform();
  const workshop = new SurbWorkshop(platform, noSlots);
  let [made, mostAtOnce, sinceTurn] = [0, 0, 0];
  const make = () => {
    made += 1;
    sinceTurn += 1;
    mostAtOnce = Math.max(mostAtOnce, sinceTurn);
    queueMicrotask(() => {
      sinceTurn = 0;
    });
    return block;
  };
  workshop.order(order('many', 500, log, { make }));
  expect(made).toBeLessThan(20);
  await platform.advance(0);
  expect(log).toEqual(['many: 500']);
  expect(mostAtOnce).toBeLessThan(20);
  expect(platform.pendingTimers).toBe(0);
});

test('none is begun that would not be done when the next packet is due, and yet all are made', async () => {
  const log: string[] = [];
  const platform = new VirtualPlatform();
  const [makeMs, gapMs] = [2, 7];
  let [busyMs, latest] = [0, 0];
  // Making one takes time, though the clock of the test stands still meanwhile.
  const now = () => platform.now() + busyMs;
  const slot = () => Math.ceil((now() + 1e-9) / gapMs) * gapMs;
  const workshop = new SurbWorkshop(withParts(platform, { now }), slot);
  const make = () => {
    const due = slot();
    busyMs += makeMs;
    if (log.length === 0) latest = Math.max(latest, now() - due);
    return block;
  };
  workshop.order(order('learns what one takes', 20, [], { make }));
  await platform.advance(1000);
  latest = 0;
  workshop.order(order('many', 100, log, { make }));
  await platform.advance(10_000);
  expect(log).toEqual(['many: 100']);
  expect(latest).toBe(0);
});

test('where packets are always due, one is made in every turn', async () => {
  const log: string[] = [];
  const platform = new VirtualPlatform();
  const workshop = new SurbWorkshop(platform, () => platform.now() - 1);
  workshop.order(order('many', 100, log));
  await platform.advance(99);
  expect(log).toEqual([]);
  await platform.advance(2);
  expect(log).toEqual(['many: 100']);
});

test('those that a message waits for come first', async () => {
  const log: string[] = [];
  const platform = new VirtualPlatform();
  const workshop = new SurbWorkshop(platform, noSlots);
  workshop.order(order('ahead', 100, log, { urgent: false }));
  workshop.order(order('more ahead', 100, log, { urgent: false }));
  workshop.order(order('first', 50, log));
  workshop.order(order('second', 0, log));
  await platform.advance(0);
  expect(log).toEqual(['first: 50', 'second: 0', 'ahead: 100', 'more ahead: 100']);
});

test('what nobody wants any more is not made, and what cannot be made is said', async () => {
  const log: string[] = [];
  const platform = new VirtualPlatform();
  const workshop = new SurbWorkshop(platform, noSlots);
  let wanted = true;
  workshop.order(order('given up', 100, log, { wanted: () => wanted }));
  wanted = false;
  const make = () => {
    throw new Error('no route');
  };
  workshop.order(order('impossible', 3, log, { make }));
  workshop.order(order('next', 3, log));
  await platform.advance(0);
  expect(log).toEqual(['impossible failed: Error: no route', 'next: 3']);
});

test('an order that fails when it is done takes no other with it', async () => {
  const log: string[] = [];
  const platform = new VirtualPlatform();
  const workshop = new SurbWorkshop(platform, noSlots);
  const done = () => {
    throw new Error('too many');
  };
  workshop.order(order('many', 30, log));
  workshop.order(order('unlucky', 1, log, { done }));
  workshop.order(order('next', 1, log));
  await platform.advance(0);
  expect(log).toEqual(['many: 30', 'unlucky failed: Error: too many', 'next: 1']);
});

test('a stopped workshop leaves no timer', () => {
  const platform = new VirtualPlatform();
  const workshop = new SurbWorkshop(platform, noSlots);
  workshop.order(order('many', 500, []));
  workshop.stop();
  expect(platform.pendingTimers).toBe(0);
});

test('what is made ahead is made for all by turns: who comes later does not wait for all of who came first', async () => {
  const log: string[] = [];
  const platform = new VirtualPlatform();
  const workshop = new SurbWorkshop(platform, noSlots);
  const [first, second, third] = [{}, {}, {}];
  const ahead = (name: string, owner: object) => workshop.order(order(name, 20, log, { urgent: false, owner }));
  for (const name of ['first', 'first again', 'first at last']) ahead(name, first);
  for (const name of ['second', 'second again']) ahead(name, second);
  ahead('third', third);
  await platform.advance(0);
  expect(log).toEqual([
    'first: 20',
    'second: 20',
    'third: 20',
    'first again: 20',
    'second again: 20',
    'first at last: 20',
  ]);
});
