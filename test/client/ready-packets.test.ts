import { expect, test } from 'vitest';
import { ADDITIONAL_SURBS_LANE, Lanes, single } from '../../src/client/lanes.ts';
import { ReadyPackets } from '../../src/client/ready-packets.ts';
import { seededRandom } from '../support/seeded-random.ts';

function createReady() {
  const lanes = new Lanes<string>();
  const built: string[] = [];
  const make = {
    unwanted: new Set<string>(),
    routable: true,
    wanted: (item: string) => !make.unwanted.has(item),
    discarded: [] as string[],
    discard: (item: string) => void make.discarded.push(item),
    real(item: string) {
      if (!make.routable) return undefined;
      built.push(item);
      return `packet of ${item}, #${built.length}`;
    },
    cover() {
      if (!make.routable) return undefined;
      built.push('cover');
      return `cover, #${built.length}`;
    },
  };
  const ready = new ReadyPackets(lanes, make, seededRandom('ready'));
  const prepare = (now: number) => {
    while (ready.prepareOne(now));
  };
  return { lanes, built, make, ready, prepare };
}

test('slots find their packets built', () => {
  const { lanes, built, ready, prepare } = createReady();
  lanes.push('a', single('x'));
  prepare(0);
  const before = built.length;
  expect(ready.length('a')).toBe(1);
  expect(ready.takeReal(20)?.item).toBe('x');
  expect(ready.length('a')).toBe(0);
  expect(ready.takeReal(20)).toBeUndefined();
  expect(ready.takeCover(20)).toMatch('cover');
  expect(ready.takeCover(20)).toMatch('cover');
  expect(built).toHaveLength(before);
});

test('a packet that waits for seconds is built anew, from the same item', () => {
  const { lanes, built, ready, prepare } = createReady();
  lanes.push('a', single('x'));
  prepare(0);
  const before = built.length;
  expect(ready.takeReal(60_000)).toMatchObject({ item: 'x', packet: `packet of x, #${before + 1}` });
  expect(ready.takeCover(60_000)).toBe(`cover, #${before + 2}`);
});

test('a slot that nothing at all is ready for carries what is queued, not cover', () => {
  const { lanes, built, ready } = createReady();
  for (const item of ['x', 'y']) lanes.push('a', single(item));
  expect(ready.takeReal(0)?.item).toBe('x');
  ready.prepareOne(0);
  expect(ready.takeReal(0)).toBeUndefined();
  expect(ready.takeCover(0)).toMatch('cover');
  expect(ready.takeReal(0)?.item).toBe('y');
  expect(built).toEqual(['x', 'cover', 'y']);
});

test('a new topology rebuilds all of them, and loses no item', () => {
  const { lanes, built, make, ready, prepare } = createReady();
  lanes.push('a', single('x'));
  prepare(0);
  const before = built.length;
  ready.rebuild();
  prepare(10);
  expect(ready.takeReal(20)).toMatchObject({ item: 'x', packet: `packet of x, #${before + 2}` });
  make.routable = false;
  ready.rebuild();
  expect(ready.takeCover(40)).toBeUndefined();
});

test('what nobody waits for any more is not sent', () => {
  const { lanes, make, ready, prepare } = createReady();
  for (const item of ['x', 'y', 'z']) lanes.push('a', single(item));
  prepare(0);
  make.unwanted.add('x').add('y');
  expect(ready.takeReal(10)).toBeUndefined();
  prepare(10);
  expect(ready.takeReal(20)?.item).toBe('z');
  expect(make.discarded).toEqual(['x', 'y']);
  lanes.push('a', single('never built'));
  make.unwanted.add('never built');
  prepare(30);
  expect(make.discarded).toEqual(['x', 'y', 'never built']);
});

test('reply blocks that are ready give way to what is queued after them', () => {
  const { lanes, ready, prepare } = createReady();
  lanes.push(ADDITIONAL_SURBS_LANE, single('surbs'));
  prepare(0);
  ready.makeWay(ADDITIONAL_SURBS_LANE);
  expect(ready.length(ADDITIONAL_SURBS_LANE)).toBe(1);
  lanes.push('connection:1', single('request'));
  ready.makeWay('connection:1');
  prepare(1);
  expect(ready.takeReal(20)?.item).toBe('request');
  prepare(20);
  expect(ready.takeReal(40)?.item).toBe('surbs');
});

test('a packet that the link did not take goes out before the others', () => {
  const { lanes, ready, prepare } = createReady();
  for (const item of ['x', 'y', 'z']) lanes.push('a', single(item));
  prepare(0);
  expect(ready.length('a')).toBe(2);
  const real = ready.takeReal(10);
  if (real === undefined) throw new Error('nothing is ready');
  prepare(10);
  ready.putBack(real, 10);
  expect([20, 30, 40].map(now => ready.nextReal(now)?.item)).toEqual(['x', 'y', 'z']);
});

test('a cover packet comes first, so that no slot is without one, and few real ones are ready, so that urgent ones need not wait', () => {
  const { lanes, built, ready, prepare } = createReady();
  for (const item of ['x', 'y', 'z']) lanes.push('a', single(item));
  prepare(0);
  expect(built.slice(0, 3)).toEqual(['cover', 'x', 'y']);
  expect(new Set(built.slice(3))).toEqual(new Set(['cover']));
  expect(ready.total).toBe(2);
});

test('as many packets are ready whether there is something to send or not', () => {
  const [idle, busy] = [createReady(), createReady()];
  for (const item of ['x', 'y', 'z']) busy.lanes.push('a', single(item));
  for (const { prepare } of [idle, busy]) prepare(0);
  expect(busy.built.length).toBe(idle.built.length);
});
