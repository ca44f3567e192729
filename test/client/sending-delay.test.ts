import { expect, test } from 'vitest';
import { SendingDelay } from '../../src/client/sending-delay.ts';

/** Shows the controller the socket every 20 ms from `from` to `to`, and returns the multipliers it went through. */
function observe(delay: SendingDelay, from: number, to: number, packets: number): number[] {
  const seen: number[] = [];
  for (let now = from; now <= to; now += 20) {
    const multiplier = delay.observe(now, packets);
    if (seen.at(-1) !== multiplier) seen.push(multiplier);
  }
  return seen;
}

test('a full socket slows the stream by one step a second, down to a sixth, and a free one brings it back', () => {
  const delay = new SendingDelay(0);
  expect(observe(delay, 0, 10_000, 32)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(delay.multiplier).toBe(6);
  expect(observe(delay, 10_020, 13_000, 5)).toEqual([6, 5]);
  expect(observe(delay, 13_020, 30_000, 0)).toEqual([5, 4, 3, 2, 1]);
});

test('a socket that is neither full nor free changes nothing', () => {
  const delay = new SendingDelay(0);
  observe(delay, 0, 3000, 32);
  const before = delay.multiplier;
  expect(observe(delay, 3020, 60_000, 20)).toEqual([before]);
});

test('an ordinary socket never slows the stream', () => {
  expect(observe(new SendingDelay(0), 0, 3_600_000, 3)).toEqual([1]);
});
