/**
 * How long a page's thread is busy at a time while a client runs in it: a page that draws has 16 ms for each picture. The
 * tasks are those that Chromium itself writes down (the event `RunTask` of its trace), of the thread of the page, with the
 * time for which that had a processor: on a machine with other things to do, the clock goes on while it has none.
 *
 *     node --conditions=mixfetch-source --import tsx test/bench/smooth.ts [--readme FILE] [--seconds N]
 *
 * Writes its table between the marks of README.md. Exits with 1 when they are missing, or when the goal is missed.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type OpenedPage, openPage } from '../interop/chromium.ts';
import { readmePath } from '../readme/chapters.ts';
import { startChild } from '../support/child.ts';
import { quantile } from '../support/quantile.ts';
import { secondsOf } from './run-length.ts';
import type { NetworkJobs } from './smooth-network.ts';
import { tablePlace } from './table-place.ts';

const CHAPTER = 'bench:smooth';
const GOAL_MS = 10;
const IDLE = 'connected and idle';
/** Categories of Chromium's trace. */
const TRACED = ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline', '__metadata'];

interface Phase {
  readonly what: string;
  readonly tasks: readonly Task[];
  readonly seconds: number;
}

/** ms */
interface Task {
  readonly processor: number;
  readonly clock: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds, by the clock and of the thread. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

const { values: options } = parseArgs({
  options: { readme: { type: 'string', default: readmePath }, seconds: { type: 'string', default: '20' } },
});
const seconds = secondsOf(options.seconds);
const writeTable = tablePlace(options.readme, CHAPTER);
const { phases, buildMs, version } = await measure();
const table = formatTable();
console.log(table);
writeTable(table);
if (phases.some(({ what, tasks }) => what === IDLE && quantile(processorTimes(tasks), 1) > GOAL_MS)) {
  console.error(`goal missed: a task of more than ${GOAL_MS} ms while idle`);
  process.exitCode = 1;
}

async function measure() {
  const network = startChild<NetworkJobs>(new URL('./smooth-network.ts', import.meta.url));
  const opened = await openPage({ script: new URL('smooth-page.ts', import.meta.url) });
  try {
    const { page, browser } = opened;
    await page.waitForFunction('globalThis.smoothPage !== undefined');
    const entrance = await network.ask('entrance');
    const traced = async (what: string, act: () => Promise<unknown>): Promise<Phase> => {
      await browser.startTracing(page, { categories: TRACED });
      const start = performance.now();
      await act();
      const elapsed = (performance.now() - start) / 1000;
      return { what, tasks: tasksIn(await browser.stopTracing()), seconds: elapsed };
    };
    const phases = [
      await traced('connecting, and the first ten seconds', async () => {
        await page.evaluate(given => smoothPage.connect(given), entrance);
        await sleep(10_000);
      }),
      await traced(IDLE, () => sleep(seconds * 1000)),
      await traced('a download of 500 KB', () => download(opened, 'http://shop.test/bytes/500000')),
    ];
    await page.evaluate(() => smoothPage.close());
    const buildMs = await page.evaluate(() => smoothPage.buildTime());
    await network.ask('stop');
    return { phases, buildMs, version: browser.version() };
  } finally {
    await opened.close();
    await network.end();
  }
}

async function download({ page }: OpenedPage, url: string): Promise<void> {
  const length = await page.evaluate(given => smoothPage.download(given), url);
  if (!url.endsWith(`/${length}`)) throw new Error(`${length} bytes came`);
}

/** Of the page's main thread: that of the busiest renderer. */
function tasksIn(trace: Buffer): Task[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: readonly TraceEvent[] };
  const mains = traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  const ofThread = mains.map(({ pid, tid }) =>
    traceEvents
      .filter(event => event.pid === pid && event.tid === tid && event.name === 'RunTask' && event.ph === 'X')
      .map(({ dur = 0, tdur = dur }) => ({ processor: tdur / 1000, clock: dur / 1000 })),
  );
  const [busiest = []] = ofThread.sort((a, b) => sum(processorTimes(b)) - sum(processorTimes(a)));
  if (busiest.length === 0) throw new Error('the trace has no tasks');
  return busiest;
}

function formatTable(): string {
  const lines = phases.map(({ what, tasks, seconds }) => {
    const times = processorTimes(tasks);
    const longest = quantile(times, 1);
    const byClock = Math.max(...tasks.map(({ clock }) => clock));
    const cells = [
      ...[what, `${tasks.length}`, `${(sum(times) / 10 / seconds).toFixed(0)} %`],
      ...[`${quantile(times, 0.99).toFixed(1)} ms`, `**${longest.toFixed(1)} ms**`, (longest / buildMs).toFixed(1)],
      ...[`${times.filter(ms => ms > GOAL_MS).length}`, what === IDLE ? `at most ${GOAL_MS} ms` : ''],
      `${byClock.toFixed(1)} ms`,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `| a page with a client | tasks | thread busy | 99 of 100 take at most | the longest | in packets built | above ${GOAL_MS} ms | goal for the longest | the longest by the clock |`,
    '|---|---|---|---|---|---|---|---|---|',
    ...lines,
    '',
    `Processor time, but for the last column. One packet takes ${buildMs.toFixed(1)} ms to build here. Chromium ${version}, ${new Date().toISOString().slice(0, 10)}.`,
  ].join('\n');
}

function processorTimes(tasks: readonly Task[]): number[] {
  return tasks.map(({ processor }) => processor);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
