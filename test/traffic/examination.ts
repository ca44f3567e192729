/**
 * Whether an observer can tell what a client is doing: the tests that its traffic has to pass, by what a gateway and
 * the nodes see of it.
 *
 * **Against the model.** Both streams are Poisson, hence their sum, 55 a second: the gaps are exponential. A clock with
 * ticks hides that. Timers fire on whole milliseconds (in browsers those below four milliseconds late), two slots
 * within a tick leave together, and sockets hand over what came meanwhile: true gaps of 0.3 ms are seen as 0 or as 1.
 * So arrival times are scattered before their gaps are compared: each is moved to a uniformly random place within its
 * own stretch of `GRAIN_MS`. For a Poisson process that changes nothing, as its points within any stretch are uniform
 * and independent given their number; so the test stays exact, and is blind to what happens within `GRAIN_MS` only.
 * Points that are moved to the next tick of a steady clock leave the number in stretches of whole ticks what it was.
 *
 * **Idle against saturated.** Both are seen through the same clock, so here the gaps are compared as they are, at full
 * resolution: work that delays packets by as little as a tick would show.
 *
 * **Level.** Each examination makes nine statistical tests, a whole run of two runtimes eighteen. Each has a chance of
 * `FALSE_ALARM` to fail without a reason, all together less than one in ten thousand. Five minutes of traffic pass
 * unless it deviates by two hundredths of its distribution; a minute, by four and a half. Gaps are not quite
 * independent after scheduling (a late slot makes the next gap shorter), which makes distances smaller, never larger.
 *
 * **After stalls** no distribution is expected, as whole stretches are missing. A stall of a second shows as a gap of
 * more than half a second, which traffic itself never has. In the quarter of a second behind it the main stream goes on
 * with one packet and its usual 12, the loop stream with its usual one and the five or fewer it missed: 20. A client
 * that makes up for the stall sends as fast as it can build, 50 or more; down to eight milliseconds a packet it is over
 * the limit of 30, which is ten standard deviations above 20 for the mean of 20 stalls.
 *
 * @module
 */

import { uniformUnit } from '../../src/crypto/sampling.ts';
import type { RandomBytes } from '../../src/platform/platform.ts';
import {
  criticalDistance,
  criticalDistanceBetween,
  distanceBetween,
  distanceFromExponential,
} from '../support/kolmogorov-smirnov.ts';
import type { Recording, State, Unwrapped } from './recording.ts';

/** 50 of the main stream and 5 of loop cover. */
export const PACKETS_PER_SECOND = 55;
/** Stretches in which the order of arrivals is not looked at. Ten ticks of a timer. */
export const GRAIN_MS = 10;
const FALSE_ALARM = 5e-6;
/** Standard deviations that are exceeded with that chance, both ways. */
const MAX_DEVIATIONS = 4.6;
const MAX_BURST = 14;
const BURST_MS = 10;
const STALL_GAP_MS = 500;
const AFTER_STALL_MS = 250;
const MAX_AFTER_STALL = 30;

/** One test of an examination. */
export interface Finding {
  readonly what: string;
  readonly found: string;
  readonly expected: string;
  readonly passed: boolean;
}

export interface Recordings extends Record<State, Recording> {}

/** Every test, passed or not, of what was recorded of one client in its three states. */
export function examine({ idle, saturated, stalled }: Recordings, random: RandomBytes): readonly Finding[] {
  return [
    ...[idle, saturated].flatMap(recording => [rateOf(recording), gapsOf(recording, random)]),
    sameRate(idle, saturated),
    sameGaps(idle, saturated),
    ...[idle, saturated].map(burstOf),
    afterStalls(stalled),
    ...[idle, saturated, stalled].flatMap(looks),
    cover(idle),
    ...sizes([idle, saturated, stalled]),
  ];
}

function rateOf({ state, seconds, arrivals }: Recording): Finding {
  const packets = timesOfPackets(arrivals).length;
  const [expected, spread] = [PACKETS_PER_SECOND * seconds, MAX_DEVIATIONS * Math.sqrt(PACKETS_PER_SECOND * seconds)];
  return {
    what: `${state}: packets in ${seconds.toFixed(0)} s`,
    found: `${packets}`,
    expected: `${expected.toFixed(0)} ± ${spread.toFixed(0)}`,
    passed: Math.abs(packets - expected) <= spread,
  };
}

function gapsOf({ state, arrivals }: Recording, random: RandomBytes): Finding {
  const gaps = gapsBetween(scatter(timesOfPackets(arrivals), GRAIN_MS, random));
  const distance = distanceFromExponential(gaps, 1000 / PACKETS_PER_SECOND);
  return atMost(`${state}: gaps, distance from exponential`, distance, criticalDistance(gaps.length, FALSE_ALARM));
}

function sameRate(idle: Recording, saturated: Recording): Finding {
  const [a, b] = [idle, saturated].map(({ arrivals, seconds }) => ({
    packets: timesOfPackets(arrivals).length,
    seconds,
  }));
  const [first, second] = [a?.packets ?? 0, b?.packets ?? 0];
  const scale = idle.seconds / saturated.seconds;
  const spread = MAX_DEVIATIONS * Math.sqrt(first + scale ** 2 * second);
  return atMost('idle and saturated: difference of packets', Math.abs(first - scale * second), spread);
}

function sameGaps(idle: Recording, saturated: Recording): Finding {
  const [a, b] = [idle, saturated].map(({ arrivals }) => gapsBetween(timesOfPackets(arrivals)));
  if (a === undefined || b === undefined) throw new RangeError('nothing was recorded');
  const critical = criticalDistanceBetween(a.length, b.length, FALSE_ALARM);
  return atMost('idle and saturated: distance of gaps, unscattered', distanceBetween(a, b), critical);
}

function burstOf({ state, arrivals }: Recording): Finding {
  const times = timesOfPackets(arrivals);
  let [burst, from] = [0, 0];
  times.forEach((time, to) => {
    while ((times[from] ?? time) < time - BURST_MS) from += 1;
    burst = Math.max(burst, to - from + 1);
  });
  return atMost(`${state}: packets within ${BURST_MS} ms`, burst, MAX_BURST);
}

function afterStalls({ state, arrivals }: Recording): Finding {
  const times = timesOfPackets(arrivals);
  const ends = times.filter((time, i) => time - (times[i - 1] ?? time) > STALL_GAP_MS);
  const packets = times.filter(time => ends.some(end => time >= end && time < end + AFTER_STALL_MS));
  const what = `${state}: packets in the ${AFTER_STALL_MS} ms after a stall, on average`;
  // Without a stall nothing is shown.
  return atMost(what, ends.length === 0 ? Number.POSITIVE_INFINITY : packets.length / ends.length, MAX_AFTER_STALL);
}

/** Of one version and, for each of packets and acknowledgements, one size: at every hop, whatever is inside. */
function looks({ state, unwrapped }: Recording): Finding[] {
  const versions = new Set(unwrapped.map(({ version, bytes, content }) => `${version} (${content}, ${bytes})`));
  const different = new Set(unwrapped.map(({ version }) => version));
  const contents = new Set(unwrapped.map(({ content }) => content));
  const wanted = state === 'saturated' ? ['cover', 'real'] : ['cover'];
  return [
    {
      what: `${state}: versions after unwrapping`,
      found: different.size === 1 ? [...different].join() : [...versions].sort().join(', '),
      expected: '259',
      passed: different.size === 1 && different.has(259),
    },
    {
      what: `${state}: contents at the last hop`,
      found: share(unwrapped),
      expected: wanted.join(' and '),
      passed: wanted.every(content => contents.has(content as Unwrapped['content'])),
    },
  ];
}

function cover({ unwrapped }: Recording): Finding {
  const real = unwrapped.filter(({ content }) => content === 'real').reduce((sum, { packets }) => sum + packets, 0);
  return { what: 'idle: real packets', found: `${real}`, expected: '0', passed: real === 0 };
}

function sizes(recordings: readonly Recording[]): Finding[] {
  const frames = new Set(
    recordings.flatMap(({ arrivals }) => arrivals.filter(({ kind }) => kind === 'packet').map(({ bytes }) => bytes)),
  );
  const data = new Set(
    recordings.flatMap(({ unwrapped }) =>
      unwrapped.filter(({ content }) => content === 'cover' || content === 'real').map(({ bytes }) => bytes),
    ),
  );
  return [one('sizes of frames, in all states', frames), one('sizes of packets at the last hop, in all states', data)];
}

function one(what: string, values: ReadonlySet<number>): Finding {
  return { what, found: [...values].sort().join(', '), expected: 'one', passed: values.size === 1 };
}

function share(unwrapped: readonly Unwrapped[]): string {
  const [real, all] = [['real'], ['real', 'cover']].map(contents =>
    unwrapped.filter(({ content }) => contents.includes(content)).reduce((sum, { packets }) => sum + packets, 0),
  );
  return `${((100 * (real ?? 0)) / Math.max(1, all ?? 0)).toFixed(0)} % real`;
}

function atMost(what: string, found: number, limit: number): Finding {
  const digits = Number.isInteger(limit) ? 0 : limit < 1 ? 4 : 0;
  return {
    what,
    found: found.toFixed(digits),
    expected: `at most ${limit.toFixed(digits)}`,
    passed: found <= limit,
  };
}

export function timesOfPackets(arrivals: Recording['arrivals']): number[] {
  return arrivals.filter(({ kind }) => kind === 'packet').map(({ at }) => at);
}

export function gapsBetween(times: readonly number[]): number[] {
  return times.slice(1).map((time, i) => time - (times[i] ?? 0));
}

/**
 * Moves each time to a random place within its own stretch of that length. Leaves a Poisson process one of the same
 * rate.
 */
export function scatter(times: readonly number[], grain: number, random: RandomBytes): number[] {
  return times.map(time => (Math.floor(time / grain) + uniformUnit(random)) * grain).toSorted((a, b) => a - b);
}
