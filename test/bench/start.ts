/**
 * What it costs a page to be in the mixnet: the time from the request for its script to its first packet at the gateway, and
 * the memory that the browser takes above that of a page that does nothing. Ours and the published package take turns, each
 * in a browser that has been started for it, over the same mixnet in a process of its own.
 *
 *     node --conditions=mixfetch-source --import tsx test/bench/start.ts [--readme FILE] [--rounds N] [--seconds N] [--rest N]
 *
 * Before a page is opened, its browser is left to itself for `--rest` seconds, 2 unless it is said: one that has just been
 * started takes the processor for itself, which makes both take longer, ours by more. `--rest 0` measures that.
 *
 * Writes its table between the marks of README.md. Exits with 1 when they are missing, or when the goal is missed.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type OpenedPage, openPage, type PageOptions, published, scriptsOf } from '../interop/chromium.ts';
import { readmePath } from '../readme/chapters.ts';
import { startChild } from '../support/child.ts';
import { compressed } from '../support/page-code.ts';
import { median } from '../support/quantile.ts';
import { usageOfBrowsers } from './browser-usage.ts';
import { versionOf } from './compiled-clients.ts';
import { restOf, roundsOf, secondsOf } from './run-length.ts';
import type { NetworkJobs } from './start-network.ts';
import { tablePlace } from './table-place.ts';
import { within } from './within.ts';

/** Of the published package's. */
const GOAL = 0.2;
const CHAPTER = 'bench:start';
/** In which a client must have begun. */
const FIRST_PACKET_WITHIN_SECONDS = 60;

const page = (script: string, modules: PageOptions['modules'] = {}) => ({
  script: new URL(`start-${script}-page.ts`, import.meta.url),
  modules,
});
const blank = page('blank');
const ours = page('ours');
const theirs = page('published', {
  '@nymproject/mix-fetch': published('@nymproject/mix-fetch/dist/index.js'),
  '@nymproject/mix-tunnel': published('@nymproject/mix-tunnel/dist/esm/index.js'),
});

/** Of one page. */
interface Turn {
  readonly startMs: number;
  readonly memory: number;
}

const { values: options } = parseArgs({
  options: {
    readme: { type: 'string', default: readmePath },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    rest: { type: 'string', default: '2' },
  },
});
const [rounds, seconds, rest] = [roundsOf(options.rounds), secondsOf(options.seconds), restOf(options.rest)];
const writeTable = tablePlace(options.readme, CHAPTER);
const { table, worst, version } = await measure();
console.log(table);
writeTable(table);
if (worst > GOAL) {
  console.error(`goal missed in Chromium ${version}: more than ${GOAL * 100} % of the published package's`);
  process.exitCode = 1;
}

async function measure() {
  const network = startChild<NetworkJobs>(new URL('./start-network.ts', import.meta.url));
  try {
    const entrance = await network.ask('entrance');
    const turns: { blank: number; theirs: Turn; ours: Turn }[] = [];
    let version = '';
    const open = async (options: PageOptions): Promise<OpenedPage> => {
      const opened = await openPage({
        ...options,
        given: entrance,
        restSeconds: rest,
        mapped: { 'validator.nymtech.net:443': `127.0.0.1:${new URL(entrance.api).port}` },
      });
      version = opened.browser.version();
      return opened;
    };
    const turnOf = async (options: PageOptions): Promise<Turn> => {
      const arrived = network.ask('firstPacket');
      const opened = await open(options);
      try {
        const at = await within(FIRST_PACKET_WITHIN_SECONDS, 'the first packet', arrived);
        return { startMs: at - opened.scriptAskedFor, memory: await settledMemory(opened) };
      } finally {
        await opened.close();
      }
    };
    const blankMemory = async () => {
      const opened = await open(blank);
      try {
        return await settledMemory(opened);
      } finally {
        await opened.close();
      }
    };
    for (let round = 0; round < rounds; round++)
      turns.push({ blank: await blankMemory(), theirs: await turnOf(theirs), ours: await turnOf(ours) });
    await network.ask('stop');
    const code = { theirs: await codeOf(theirs), ours: await codeOf(ours) };
    return { ...formatTable(turns, code, version), version };
  } finally {
    await network.end();
  }
}

/** Without the page's garbage. */
async function settledMemory({ page }: OpenedPage): Promise<number> {
  await sleep(seconds * 1000);
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  return usageOfBrowsers().bytes;
}

function formatTable(
  turns: readonly { blank: number; theirs: Turn; ours: Turn }[],
  code: { readonly theirs: string; readonly ours: string },
  version: string,
) {
  const ratios = {
    start: median(turns.map(turn => turn.ours.startMs / turn.theirs.startMs)),
    memory: median(turns.map(turn => (turn.ours.memory - turn.blank) / (turn.theirs.memory - turn.blank))),
  };
  const line = (title: string, which: 'theirs' | 'ours', [start, memory, goal]: readonly string[]) => {
    const starts = turns.map(turn => turn[which].startMs / 1000);
    const memories = turns.map(turn => (turn[which].memory - turn.blank) / 2 ** 20);
    return `| ${title} | ${code[which]} | ${range(starts, 2)} s | ${start} | ${range(memories, 1)} MiB | ${memory} | ${goal} |`;
  };
  const table = [
    '| a page in the mixnet | code (compressed) | to its first packet | to the first | memory above a blank page | to the first | goal |',
    '|---|---|---|---|---|---|---|',
    line(titleOf('@nymproject/mix-fetch', '@nymproject/mix-tunnel'), 'theirs', ['1', '1', '']),
    line('this package', 'ours', [
      `**${ratios.start.toFixed(2)}**`,
      `**${ratios.memory.toFixed(2)}**`,
      `at most ${GOAL}`,
    ]),
    '',
    `Median, least and most of ${rounds} turns, each in a new Chromium ${version}, ${rest} s after that was started, ${new Date().toISOString().slice(0, 10)}.`,
  ].join('\n');
  return { table, worst: Math.max(ratios.start, ratios.memory) };
}

function range(values: readonly number[], digits: number): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)];
  return `${middle.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

/** What the page loads, and that compressed. */
async function codeOf(options: PageOptions): Promise<string> {
  const scripts = [...(await scriptsOf(options)).values()];
  const megabytes = (sizes: readonly number[]) => `${(sizes.reduce((sum, size) => sum + size, 0) / 1e6).toFixed(2)} MB`;
  return `${megabytes(scripts.map(({ length }) => length))} (${megabytes(scripts.map(compressed))})`;
}

function titleOf(...names: readonly string[]): string {
  return names.map(name => `\`${name}\` ${versionOf(name)}`).join(' with ');
}
