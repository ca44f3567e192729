/** What was measured of both, as the table of the README. */

import { median, quantile } from '../support/quantile.ts';
import type { PageTurn } from './peers-fetch.ts';

/** Of one of the two, in one round. What was not to be measured is missing. */
export interface Turn {
  readonly page: PageTurn;
  readonly packetsPerCpuSecond?: number | undefined;
}

export interface Pair<Of> {
  readonly theirs: Of;
  readonly ours: Of;
}

/** What ours is to theirs, at the most or at the least. */
export interface Goal {
  readonly bound: 'at most' | 'at least';
  readonly ratio: number;
}

export interface Row {
  readonly title: string;
  /** In the whole, and the spread from round to round. */
  readonly values: Pair<Spread>;
  readonly ratio: Spread;
  readonly shown: (value: number) => string;
  readonly goal: Goal | undefined;
}

export interface Spread {
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

const half: Goal = { bound: 'at most', ratio: 0.5 };
const twice: Goal = { bound: 'at least', ratio: 2 };

/** Of what was measured. */
export function rowsOf(rounds: readonly Pair<Turn>[], bytesToLoad: Pair<number>): Row[] {
  const most = (values: readonly number[]) => quantile(values, 0.95);
  const row = (
    title: string,
    shown: Row['shown'],
    of: (turn: Turn) => readonly (number | undefined)[],
    { of: whole = median, goal }: { of?: (values: readonly number[]) => number; goal?: Goal } = {},
  ): Row => {
    const measured = (turn: Turn) => of(turn).filter(value => value !== undefined);
    const theirs = rounds.map(round => measured(round.theirs));
    const ours = rounds.map(round => measured(round.ours));
    const ratios = rounds.map((_, i) => whole(ours[i] ?? []) / whole(theirs[i] ?? []));
    return {
      title,
      shown,
      goal,
      values: {
        theirs: spread(whole(theirs.flat()), theirs.map(whole)),
        ours: spread(whole(ours.flat()), ours.map(whole)),
      },
      ratio: spread(whole(ours.flat()) / whole(theirs.flat()), ratios),
    };
  };
  const loaded = bytesToLoad.ours / bytesToLoad.theirs;
  return [
    row('from loading the page to the first answer', seconds, ({ page }) => [page.setUp]),
    row('first byte, from a new host each time', seconds, ({ page }) => page.cold ?? [], { goal: half }),
    row('… 95 % within', seconds, ({ page }) => page.cold ?? [], { of: most }),
    row('first byte, from one host', seconds, ({ page }) => page.warm ?? [], { goal: half }),
    row('… 95 % within', seconds, ({ page }) => page.warm ?? [], { of: most }),
    row('1 MB down', seconds, ({ page }) => [page.megabyte]),
    row('12 requests at once, to 4 new hosts', seconds, ({ page }) => [page.twelve]),
    row('processor time of a minute with nothing to do', tenths('s'), ({ page }) => [page.idle?.cpuSecondsPerMinute], {
      goal: half,
    }),
    row('… packets sent in each second of it', tenths(''), ({ page }) => [page.idle?.packetsPerSecond]),
    row('… processor time for each packet', tenths('ms'), ({ page }) => [cpuMsPerPacket(page)]),
    row('memory, above that of an empty page', megabytes, ({ page }) => [page.memoryBytes]),
    {
      title: 'to load, brotli',
      shown: megabytes,
      goal: undefined,
      values: { theirs: spread(bytesToLoad.theirs), ours: spread(bytesToLoad.ours) },
      ratio: spread(loaded),
    },
    row('packets per second of processor time, pacing off', count, turn => [turn.packetsPerCpuSecond], { goal: twice }),
  ].filter(({ ratio }) => !Number.isNaN(ratio.value));
}

export function isMissed({ goal, ratio }: Row): boolean {
  if (goal === undefined) return false;
  return goal.bound === 'at most' ? ratio.value > goal.ratio : ratio.value < goal.ratio;
}

export function tableOf(rows: readonly Row[]): string {
  const cells = ({ title, values, ratio, shown, goal }: Row): string[] => [
    title,
    withSpread(values.theirs, shown),
    withSpread(values.ours, shown),
    withSpread(ratio, value => value.toFixed(2), '**'),
    goal === undefined ? '' : `${goal.bound} ${goal.ratio}`,
  ];
  return [
    "| | Nym's | this package | ours to theirs | goal |",
    '|---|---|---|---|---|',
    ...rows.map(row => `| ${cells(row).join(' | ')} |`),
  ].join('\n');
}

function spread(value: number, values: readonly number[] = [value]): Spread {
  return { value, least: Math.min(...values), most: Math.max(...values) };
}

function withSpread({ value, least, most }: Spread, shown: (value: number) => string, mark = ''): string {
  const whole = `${mark}${shown(value)}${mark}`;
  return shown(least) === shown(most) ? whole : `${whole} (${shown(least)}–${shown(most)})`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function cpuMsPerPacket({ idle }: PageTurn): number | undefined {
  return idle && ((1000 / 60) * idle.cpuSecondsPerMinute) / idle.packetsPerSecond;
}

function tenths(unit: string): (value: number) => string {
  return value => `${value.toFixed(1)} ${unit}`.trimEnd();
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;
}

function count(value: number): string {
  return value.toFixed(0);
}
