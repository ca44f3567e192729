/**
 * What leaves a client whose packets take long to build, on a clock of its own that moves while they are built: the time
 * it takes must not show, or idle would differ from busy.
 */

import { expect, test } from 'vitest';
import { GENERAL_LANE, Lanes } from '../../src/client/lanes.ts';
import { ReadyPackets } from '../../src/client/ready-packets.ts';
import { newCounters } from '../../src/client/stats.ts';
import { completeTraffic } from '../../src/client/traffic.ts';
import { TrafficStreams } from '../../src/client/traffic-streams.ts';
import type { Platform } from '../../src/platform/platform.ts';
import {
  criticalDistance,
  criticalDistanceBetween,
  distanceBetween,
  distanceFromExponential,
} from '../support/kolmogorov-smirnov.ts';
import { seededRandom } from '../support/seeded-random.ts';

const MEAN_GAP_MS = 1000 / 55;
const PACKETS = 20_000;

test.each([2, 5, 7])('gaps stay exponential, idle and busy, where a packet takes %i ms to build', buildMs => {
  const [idle, busy] = [false, true].map(isBusy => observed(buildMs, isBusy).gaps) as [number[], number[]];
  for (const gaps of [idle, busy]) {
    expect(distanceFromExponential(gaps, MEAN_GAP_MS)).toBeLessThan(criticalDistance(PACKETS));
  }
  expect(distanceBetween(idle, busy)).toBeLessThan(criticalDistanceBetween(PACKETS, PACKETS));
});

test.each([1, 2, 5, 7])('a page has its turn while packets are made that take %i ms each', buildMs => {
  const { tasks } = observed(buildMs, false);
  // A slot builds what is missing for itself; but for these, no task is longer than it takes to draw a picture.
  const long = tasks.filter(ms => ms > Math.max(5, buildMs));
  expect(long.length).toBeLessThan(PACKETS / 100);
  expect(tasks[0]).toBeLessThanOrEqual(Math.max(5, buildMs));
});

function observed(buildMs: number, isBusy: boolean): { readonly gaps: number[]; readonly tasks: readonly number[] } {
  const machine = new SlowMachine(`${buildMs} ms`);
  const build = () => {
    machine.time += buildMs;
    return 'packet';
  };
  const lanes = new Lanes<string>();
  if (isBusy) lanes.push(GENERAL_LANE, { remaining: Number.MAX_SAFE_INTEGER, next: () => 'item' });
  const times: number[] = [];
  const send = () => times.push(machine.time) > 0;
  const streams = new TrafficStreams<string, string>({
    platform: machine.platform,
    traffic: completeTraffic({}),
    wire: { connected: true, bufferedBytes: 0, send },
    ready: new ReadyPackets(
      lanes,
      { wanted: () => true, discard() {}, real: build, cover: build },
      machine.platform.randomBytes,
    ),
    counters: newCounters(),
    sent() {},
  });
  machine.run(() => streams.start());
  while (times.length <= PACKETS) machine.ring();
  streams.stop();
  return { gaps: times.slice(1, PACKETS + 1).map((time, i) => time - (times[i] ?? 0)), tasks: machine.tasks };
}

/** Does one thing at a time: what is due meanwhile waits. */
class SlowMachine {
  time = 0;
  /** How long each took. */
  readonly tasks: number[] = [];
  readonly platform: Platform;
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  constructor(seed: string) {
    this.platform = {
      now: () => this.time,
      randomBytes: seededRandom(seed),
      setTimer: (callback: () => void, delay: number) => {
        const timer = { at: this.time + delay, callback };
        this.#timers.add(timer);
        return { cancel: () => void this.#timers.delete(timer) };
      },
    } as Platform;
  }

  ring(): void {
    const [next] = [...this.#timers].sort((a, b) => a.at - b.at);
    if (next === undefined) throw new Error('nothing is due');
    this.#timers.delete(next);
    this.time = Math.max(this.time, next.at);
    this.run(next.callback);
  }

  run(task: () => void): void {
    const start = this.time;
    task();
    this.tasks.push(this.time - start);
  }
}
