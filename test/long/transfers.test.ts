/**
 * Large transfers at the default pace: a download and an upload at the same time, by two clients, each with a mixnet of its
 * own, and a reader that pauses for minutes. TLS is this package's own, whose empty records keep an exit from cutting what lasts longer than five minutes.
 *
 * `TRANSFER_BYTES` is the size of each, default 100 MB; `PAUSE_SECONDS` how long the reader pauses, default 240.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Child, startChild } from '../support/child.ts';
import { Figures, megabytes, rate, seconds } from '../support/figures.ts';
import type { ClientJobs, Transfer } from './client-process.ts';
import { contentPieces, sha256 } from './content.ts';
import type { NetworkJobs } from './network-process.ts';
import { downloadBound, MB, uploadBound } from './pace.ts';

const bytes = Number(process.env['TRANSFER_BYTES'] ?? 100 * MB);
const pauseSeconds = Number(process.env['PAUSE_SECONDS'] ?? 240);
const megabytesEach = `${bytes / MB} MB`;

const MAX_GROWTH = 32 * 2 ** 20;
/** A small machine that others use too. */
const SLOWEST = 20_000;
const WARM_UP_MS = 600_000;
const timeout = 120_000 + (bytes / SLOWEST) * 1000;

const figures = new Figures({
  file: new URL('FIGURES.md', import.meta.url),
  title: 'Figures of the long tests',
  chapter: 'Transfers',
  about: [
    'Written by `npm run test:long -- transfers`: two clients at their default pace, one that downloads and one that uploads, at the',
    'same time, each over a mixnet of its own on the same machine. Where processor time is short, it sets the rate. Memory is what is',
    'resident after the garbage has been collected, and its growth is counted from the end of a warm-up.',
  ],
});

interface Pair {
  readonly network: Child<NetworkJobs>;
  readonly client: Child<ClientJobs>;
  /** Resident memory of the client after its warm-up. */
  readonly warm: number;
}

let downloader: Pair;
let uploader: Pair;

beforeAll(async () => {
  [downloader, uploader] = await Promise.all([start(), start()]);
}, WARM_UP_MS);

afterAll(async () => {
  figures.write();
  await Promise.all([downloader, uploader].map(stop));
});

describe('large transfers', () => {
  test('a download and an upload at the same time arrive whole, and are not kept in memory', { timeout }, async () => {
    const [down, up] = await Promise.all([
      downloader.client.ask('download', contentUrl(bytes)),
      uploader.client.ask('upload', 'https://files.test/digest', bytes),
    ]);
    await report(`download of ${megabytesEach}`, down, downloadBound, downloader);
    await report(`upload of ${megabytesEach}`, up, uploadBound, uploader);
    const right = sha256(contentPieces(bytes));
    expect(down.sha256).toBe(right);
    expect(up.answer).toBe(right);
    expect(down.memory - downloader.warm).toBeLessThan(MAX_GROWTH);
    expect(up.memory - uploader.warm).toBeLessThan(MAX_GROWTH);
  });

  test('a download whose reader pauses for minutes arrives whole, and others meanwhile', {
    timeout: 900_000,
  }, async () => {
    const pause = { afterBytes: MB, seconds: pauseSeconds, meanwhile: contentUrl(40_000) };
    const done = await downloader.client.ask('download', contentUrl(6 * MB), pause);
    figures.add(`download of 6 MB, paused for ${seconds(pauseSeconds)} after the first`, seconds(done.seconds));
    figures.add('its resident memory', ...growth(done, downloader.warm));
    expect(done.sha256).toBe(sha256(contentPieces(6 * MB)));
    expect(done.meanwhile).toBe(sha256(contentPieces(40_000)));
    expect(done.memory - downloader.warm).toBeLessThan(MAX_GROWTH);
  });
});

async function report(what: string, done: Transfer, bound: number, { network, warm }: Pair): Promise<void> {
  const ofNetwork = await network.ask('cpuSeconds');
  figures.add(what, rate(bytes, done.seconds), `${rate(bound, 1)} at most`);
  figures.add('its time', seconds(done.seconds));
  figures.add('processor time of its client', seconds(done.cpuSeconds), `mixnet and web server: ${seconds(ofNetwork)}`);
  figures.add('its resident memory', ...growth(done, warm));
}

function growth({ memory }: Transfer, before: number): [measured: string, beside: string] {
  return [`${megabytes(memory - before)} more than before`, `${megabytes(MAX_GROWTH)} at most`];
}

async function start(): Promise<Pair> {
  const network = startChild<NetworkJobs>(new URL('network-process.ts', import.meta.url), { args: ['files.test'] });
  const { api, ca } = await network.ask('entrance');
  const client = startChild<ClientJobs>(new URL('client-process.ts', import.meta.url), {
    args: [api, ca, '', 'own'],
    flags: ['--expose-gc'],
  });
  return { network, client, warm: await warmUp(client) };
}

async function stop({ network, client }: Pair): Promise<void> {
  await client.ask('stop');
  await network.ask('stop');
  await Promise.all([client, network].map(child => child.end()));
}

/** Resident after some use of all that is going to be used. */
async function warmUp(client: Child<ClientJobs>): Promise<number> {
  await client.ask('download', contentUrl(2 * MB));
  await client.ask('upload', 'https://files.test/digest', MB / 2);
  return client.ask('residentMemory');
}

function contentUrl(length: number): string {
  return `https://files.test/content?bytes=${length}&seed=0`;
}
