/** Minutes of real use of one client, over a mixnet in another process, at the real pace and delays. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Child, startChild } from '../support/child.ts';
import { Figures, megabytes, rate, seconds } from '../support/figures.ts';
import { quantile } from '../support/quantile.ts';
import type { ClientJobs } from './client-process.ts';
import { content, sha256 } from './content.ts';
import type { NetworkJobs } from './network-process.ts';
import { downloadBound, MB, uploadBound } from './pace.ts';
import { ratesOfVirtualNetwork } from './virtual-network.ts';

const hosts = ['shop.test', 'rpc.test', 'news.test', 'files.test', 'mail.test'];

const MAX_GROWTH = 32 * 2 ** 20;

const figures = new Figures({
  file: new URL('FIGURES.md', import.meta.url),
  title: 'Figures of the long tests',
  chapter: 'One client, for minutes',
  about: [
    'Written by `npm run test:long`: a client, and a mixnet on the same machine in another process, both at their default',
    'pace and delays. That one process unwraps every packet and every acknowledgement four times and builds the answers, so',
    'that a small or busy machine, not the pace of the client, may set the rate of a download. Where processor time is not',
    'counted, the clock is virtual, and stands while there is work.',
  ],
});
let network: Child<NetworkJobs>;
let client: Child<ClientJobs>;
let memoryAfterWarmUp: number;

beforeAll(async () => {
  network = startChild<NetworkJobs>(new URL('network-process.ts', import.meta.url), { args: hosts });
  const { api, ca } = await network.ask('entrance');
  client = startChild<ClientJobs>(new URL('client-process.ts', import.meta.url), {
    args: [api, ca],
    flags: ['--expose-gc'],
  });
  await client.ask('download', contentUrl(2 * MB));
  await client.ask('upload', 'https://files.test/digest', MB / 2);
  await client.ask('requests', hosts, 40);
  memoryAfterWarmUp = await client.ask('residentMemory');
});

afterAll(async () => {
  figures.write();
  await client.ask('stop');
  await network.ask('stop');
  await Promise.all([client.end(), network.end()]);
});

describe('one client, for minutes', () => {
  test('costs less than half a processor while nobody uses it, on a small machine', async () => {
    const { cpuSeconds, packets } = await client.ask('idle', 60);
    figures.add('processor time of an idle minute', seconds(cpuSeconds), `${packets} packets sent`);
    expect(cpuSeconds).toBeLessThan(30);
  });

  test('downloads 20 MB intact', async () => {
    const before = await network.ask('cpuSeconds');
    const done = await client.ask('download', contentUrl(20 * MB));
    const ofNetwork = (await network.ask('cpuSeconds')) - before;
    figures.add('download of 20 MB', rate(20 * MB, done.seconds), `${rate(downloadBound, 1)} at most`);
    figures.add('time of it', seconds(done.seconds), cpu(done.cpuSeconds, ofNetwork));
    expect(done.sha256).toBe(sha256(content(20 * MB)));
  });

  test('uploads 5 MB intact', async () => {
    const before = await network.ask('cpuSeconds');
    const done = await client.ask('upload', 'https://files.test/digest', 5 * MB);
    const ofNetwork = (await network.ask('cpuSeconds')) - before;
    figures.add('upload of 5 MB', rate(5 * MB, done.seconds), `${rate(uploadBound, 1)} at most`);
    figures.add('time of it', seconds(done.seconds), cpu(done.cpuSeconds, ofNetwork));
    expect(done.answer).toBe(sha256(content(5 * MB)));
  });

  test('goes on with a download whose reader paused for more than a minute, and serves others of that host meanwhile', async () => {
    const pause = { afterBytes: MB, seconds: 65, meanwhile: contentUrl(40_000) };
    const done = await client.ask('download', contentUrl(6 * MB), pause);
    figures.add('download of 6 MB, paused for 65 s after the first', seconds(done.seconds));
    expect(done.sha256).toBe(sha256(content(6 * MB)));
    expect(done.meanwhile).toBe(sha256(content(40_000)));
  });

  test('has two hundred requests of all sorts to five hosts answered, each rightly, with 2 % of all packets lost', async () => {
    const before = await client.ask('retransmissions');
    await network.ask('lose', 0.02);
    const { wrong, times, seconds: total } = await client.ask('requests', hosts, 200);
    await network.ask('lose', 0);
    const again = (await client.ask('retransmissions')) - before;
    figures.add(
      '200 requests with 2 % loss',
      seconds(total),
      `${await network.ask('lost')} packets lost, ${again} resent`,
    );
    const [half, most] = [quantile(times, 0.5), quantile(times, 0.95)];
    figures.add('one of them', `median ${seconds(half)}`, `95 % within ${seconds(most)}`);
    expect(wrong).toEqual([]);
    expect(times).toHaveLength(200);
  });

  test('holds no more memory afterwards than after its first minute', async () => {
    const memory = await client.ask('residentMemory');
    figures.add('resident memory after warm-up', megabytes(memoryAfterWarmUp));
    figures.add(
      'resident memory at the end',
      megabytes(memory),
      `${megabytes(memoryAfterWarmUp + MAX_GROWTH)} at most`,
    );
    figures.add('resident memory at its peak', megabytes(await client.ask('peakMemory')));
    expect(memory - memoryAfterWarmUp).toBeLessThan(MAX_GROWTH);
  });
});

describe('on a machine that costs no time', () => {
  test('downloads and uploads nearly at the rate that the pace of the packets allows', async () => {
    const { download, upload } = await ratesOfVirtualNetwork(2 * MB, MB);
    figures.add('download of 2 MB, processor time not counted', rate(download, 1), `${rate(downloadBound, 1)} at most`);
    figures.add('upload of 1 MB, processor time not counted', rate(upload, 1), `${rate(uploadBound, 1)} at most`);
    expect(download).toBeGreaterThan(0.8 * downloadBound);
    expect(upload).toBeGreaterThan(0.7 * uploadBound);
  });
});

/** Processor time: a download that takes more than there is was limited by this machine, not by the network. */
function cpu(ofClient: number, ofNetwork: number): string {
  return `processor: ${seconds(ofClient)} client, ${seconds(ofNetwork)} mixnet`;
}

function contentUrl(bytes: number): string {
  return `https://files.test/content?bytes=${bytes}&seed=0`;
}
