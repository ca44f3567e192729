/** One turn of a mixFetch in a page of Chromium: each turn has a browser of its own, and hosts that nobody has used. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type OpenedPage, openPage, type PageOptions } from '../interop/chromium.ts';
import type { Child } from '../support/child.ts';
import { answers } from './answers.ts';
import { usageOfBrowsers } from './browser-usage.ts';
import type { NetworkJobs } from './network.ts';
import type { Times } from './timed-page.ts';
import { within } from './within.ts';

/** A page whose script offers a `timedPage`, and the options for the client in it. */
export interface Contestant {
  readonly page: PageOptions;
  readonly options: object;
}

/** What can be measured in a page, beside the first answer. */
export const pageParts = ['cold', 'warm', 'megabyte', 'twelve', 'idle'] as const;
export type PagePart = (typeof pageParts)[number];

/** Times are in ms. What was not to be measured is missing. */
export interface PageTurn {
  /** From the page's beginning to the first answer. */
  readonly setUp: number;
  /** To the first byte, each from another host. */
  readonly cold?: readonly number[] | undefined;
  /** To the first byte, all from one host, one after the other. */
  readonly warm?: readonly number[] | undefined;
  readonly megabyte?: number | undefined;
  /** Twelve requests at once to four new hosts. */
  readonly twelve?: number | undefined;
  /** After the last answer. */
  readonly idle?: Idleness | undefined;
  /** More than the browser takes with an empty page. */
  readonly memoryBytes: number;
  readonly browser: string;
}

/** With nothing to do but to send cover. */
export interface Idleness {
  /** Of all processes of the browser. */
  readonly cpuSecondsPerMinute: number;
  readonly packetsPerSecond: number;
}

/** First bytes of each kind in one turn. */
export const SAMPLES = 10;
const HOSTS_AT_ONCE = 4;
const REQUESTS_PER_HOST = 3;
/** After the last answer, for what follows it. */
const REST_SECONDS = 5;
const IDLE_SECONDS = 20;

const LIMIT_SECONDS = 60;
/** At seven kilobytes a second. */
const MEGABYTE_LIMIT_SECONDS = 150;

export async function pageTurn(
  { page, options }: Contestant,
  network: Child<NetworkJobs>,
  emptyPageBytes: number,
  wanted: (part: PagePart) => boolean,
): Promise<PageTurn> {
  const opened = await within(LIMIT_SECONDS, 'opening the page', openPage(page));
  try {
    const [host = '', ...coldHosts] = await network.ask('newHosts', 1 + SAMPLES);
    const hostsAtOnce = await network.ask('newHosts', HOSTS_AT_ONCE);
    const twelve = hostsAtOnce.flatMap(host => repeated(host, REQUESTS_PER_HOST));
    await within(LIMIT_SECONDS, 'loading', opened.page.waitForFunction('globalThis.timedPage !== undefined'));
    const setUp = opened.page.evaluate(given => timedPage.setUp(...given), [options, `${host}/small`] as const);
    return {
      setUp: await within(LIMIT_SECONDS, 'set-up', setUp),
      cold: wanted('cold') ? await firstBytes(opened, coldHosts) : undefined,
      warm: wanted('warm') ? await firstBytes(opened, repeated(host, SAMPLES)) : undefined,
      megabyte: wanted('megabyte') ? (await time(opened, [host], '/megabyte')).all : undefined,
      twelve: wanted('twelve') ? (await time(opened, twelve, '/small')).all : undefined,
      idle: wanted('idle') ? await idleness(network) : undefined,
      memoryBytes: usageOfBrowsers().bytes - emptyPageBytes,
      browser: opened.browser.version(),
    };
  } catch (cause) {
    throw new Error(`the last lines that the page wrote:\n${opened.console.slice(-20).join('\n')}`, { cause });
  } finally {
    await opened.close();
  }
}

/** What the browser takes with a page that does nothing. */
export async function memoryOfEmptyPage(): Promise<number> {
  const opened = await openPage({ script: new URL('timed-page.ts', import.meta.url) });
  try {
    return usageOfBrowsers().bytes;
  } finally {
    await opened.close();
  }
}

async function firstBytes(opened: OpenedPage, hosts: readonly string[]): Promise<number[]> {
  const times = [];
  for (const host of hosts) times.push((await time(opened, [host], '/small')).firstByte);
  return times;
}

async function time(opened: OpenedPage, hosts: readonly string[], path: keyof typeof answers): Promise<Times> {
  const urls = hosts.map(host => `${host}${path}`);
  const limit = path === '/megabyte' ? MEGABYTE_LIMIT_SECONDS : LIMIT_SECONDS;
  const timing = opened.page.evaluate(given => timedPage.time(given), urls);
  const times = await within(limit, `${urls.length} × ${path}`, timing);
  if (times.bytes !== urls.length * answers[path]) throw new Error(`${times.bytes} bytes came of ${path}`);
  return times;
}

function repeated(host: string, times: number): string[] {
  return Array.from({ length: times }, () => host);
}

async function idleness(network: Child<NetworkJobs>): Promise<Idleness> {
  await sleep(1000 * REST_SECONDS);
  const now = async () => ({
    cpuSeconds: usageOfBrowsers().cpuSeconds,
    packets: await network.ask('packets'),
    seconds: performance.now() / 1000,
  });
  const before = await now();
  await sleep(1000 * IDLE_SECONDS);
  const after = await now();
  const seconds = after.seconds - before.seconds;
  return {
    cpuSecondsPerMinute: (60 * (after.cpuSeconds - before.cpuSeconds)) / seconds,
    packetsPerSecond: (after.packets - before.packets) / seconds,
  };
}
