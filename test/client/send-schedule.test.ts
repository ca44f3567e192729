import { describe, expect, test } from 'vitest';
import { MAX_SLOTS_AT_ONCE, SendSchedule } from '../../src/client/send-schedule.ts';
import { criticalDistance, distanceFromExponential } from '../support/kolmogorov-smirnov.ts';
import { seededRandom } from '../support/seeded-random.ts';

const HOUR = 3_600_000;

/** The moments of all slots, with timers that fire `lateness` after the deadline. */
function slotTimes(schedule: SendSchedule, until: number, lateness: () => number): number[] {
  const times: number[] = [];
  for (;;) {
    const now = schedule.nextDeadline + lateness();
    if (now > until) return times;
    for (let slots = schedule.due(now); slots > 0; slots--) times.push(now);
  }
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, i) => time - (times[i] ?? 0));
}

describe('the gaps of a stream', () => {
  test('are exponential with a mean of 20 ms over an hour of main stream', () => {
    const schedule = new SendSchedule({ meanMs: 20, random: seededRandom('main'), now: 0 });
    const found = gaps(slotTimes(schedule, HOUR, () => 0));
    expect(found.length).toBeGreaterThan(178_000);
    expect(found.length).toBeLessThan(182_000);
    expect(distanceFromExponential(found, 20)).toBeLessThan(criticalDistance(found.length));
  });

  test('are exponential with a mean of 200 ms over six hours of loop cover', () => {
    const schedule = new SendSchedule({ meanMs: 200, random: seededRandom('loop'), now: 0 });
    const found = gaps(slotTimes(schedule, 6 * HOUR, () => 0));
    expect(distanceFromExponential(found, 200)).toBeLessThan(criticalDistance(found.length));
  });

  test('follow the multiplier', () => {
    const schedule = new SendSchedule({ meanMs: 20, random: seededRandom('slow'), now: 0 });
    schedule.multiplier = 6;
    const found = gaps(slotTimes(schedule, HOUR, () => 0));
    expect(distanceFromExponential(found.slice(1), 120)).toBeLessThan(criticalDistance(found.length));
  });
});

describe('late timers', () => {
  test('keep the rate while they are late by a few milliseconds', () => {
    const random = seededRandom('late');
    const schedule = new SendSchedule({ meanMs: 20, random: seededRandom('main'), now: 0 });
    const times = slotTimes(schedule, HOUR, () => ((random(1)[0] ?? 0) / 255) * 15);
    expect(times.length).toBeGreaterThan(178_000);
    expect(times.length).toBeLessThan(182_000);
  });

  test('never make a burst: after any stall at most ten slots at once, after a long one exactly one', () => {
    const random = seededRandom('stalls');
    const schedule = new SendSchedule({ meanMs: 20, random, now: 0 });
    let now = 0;
    for (let i = 0; i < 20_000; i++) {
      const stall = (random(1)[0] ?? 0) * 2;
      const lateness = stall + 1;
      now = schedule.nextDeadline + lateness;
      const slots = schedule.due(now);
      expect(slots).toBeGreaterThanOrEqual(1);
      expect(slots).toBeLessThanOrEqual(lateness > 100 ? 1 : MAX_SLOTS_AT_ONCE);
      expect(schedule.nextDeadline).toBeGreaterThan(now);
    }
  });

  test('of an hour of sleep cost that hour, and the stream goes on as if it began', () => {
    const schedule = new SendSchedule({ meanMs: 20, random: seededRandom('sleep'), now: 0 });
    expect(schedule.due(HOUR)).toBe(1);
    const found = gaps(slotTimes(schedule, 2 * HOUR, () => 0));
    expect(distanceFromExponential(found, 20)).toBeLessThan(criticalDistance(found.length));
  });

  test('nothing is due early', () => {
    const schedule = new SendSchedule({ meanMs: 20, random: seededRandom('early'), now: 1000 });
    expect(schedule.nextDeadline).toBeGreaterThan(1000);
    expect(schedule.due(schedule.nextDeadline - 0.001)).toBe(0);
    expect(schedule.due(schedule.nextDeadline)).toBe(1);
  });
});
