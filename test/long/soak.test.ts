/**
 * One client in use for half an hour while gateways restart: nothing hangs, nothing comes twice, no lost connection goes
 * unreported, and memory stays what it was.
 *
 * `SOAK_SECONDS` is how long; default 1800.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Child, startChild } from '../support/child.ts';
import { Figures, listed, megabytes, seconds, total } from '../support/figures.ts';
import type { ClientJobs } from './client-process.ts';
import type { NetworkJobs } from './network-process.ts';

const soakSeconds = Number(process.env['SOAK_SECONDS'] ?? 1800);
const warmUpSeconds = Math.min(120, soakSeconds / 5);
const hosts = ['shop.test', 'rpc.test', 'news.test', 'files.test', 'mail.test'];
/** By turns the client's own gateway, and that of the exit. */
const RESTART_EVERY = Math.min(150, soakSeconds / 4);
const AWAY_SECONDS = [2, 2, 10, 10];

const figures = new Figures({
  file: new URL('FIGURES.md', import.meta.url),
  title: 'Figures of the long tests',
  chapter: 'Soak',
  about: [
    'Written by `npm run test:long -- soak`: one client that makes requests, downloads and sends messages to itself, one of each at a',
    'time, while its gateway and that of the exit restart by turns.',
  ],
});
let network: Child<NetworkJobs>;
let client: Child<ClientJobs>;

beforeAll(async () => {
  network = startChild<NetworkJobs>(new URL('network-process.ts', import.meta.url), { args: hosts });
  const { api, ca, gateways } = await network.ask('entrance');
  client = startChild<ClientJobs>(new URL('client-process.ts', import.meta.url), {
    args: [api, ca, gateways[0] ?? ''],
    flags: ['--expose-gc'],
  });
  await client.ask('requests', hosts, 4);
});

afterAll(async () => {
  figures.write();
  await client.ask('stop');
  await network.ask('stop');
  await Promise.all([client.end(), network.end()]);
});

test('a client in use stays well while gateways restart', { timeout: soakSeconds * 1500 + 300_000 }, async () => {
  await client.ask('soak', hosts, warmUpSeconds);
  const memoryBefore = await client.ask('residentMemory');
  const networkBefore = await network.ask('cpuSeconds');

  const soak = client.ask('soak', hosts, soakSeconds);
  const restarts = await restartGateways(soakSeconds - RESTART_EVERY);
  const { requests, downloads, messages, received, repeated, missing, states, ...span } = await soak;
  const ofNetwork = (await network.ask('cpuSeconds')) - networkBefore;
  const memory = await client.ask('residentMemory');
  const most = memoryBefore + Math.max(0.1 * memoryBefore, 32 * 2 ** 20);

  figures.add('time', seconds(span.seconds), `${restarts.own + restarts.others} restarts of gateways`);
  figures.add('processor time', seconds(span.cpuSeconds), `mixnet: ${seconds(ofNetwork)}`);
  figures.add('requests', listed(requests));
  figures.add('downloads of 200 KB', listed(downloads));
  figures.add('messages of 3 KB to itself', listed(messages));
  figures.add('messages that came', `${received}`, `acknowledged by the gateway and lost with it: ${missing}`);
  figures.add('lost connections reported', `${count(states, 'reconnecting')}`, `${restarts.own} made`);
  figures.add('resident memory after warm-up', megabytes(memoryBefore));
  figures.add('resident memory at the end', megabytes(memory), `${megabytes(most)} at most`);

  for (const outcomes of [requests, downloads, messages]) {
    expect(outcomes['wrong']).toBeUndefined();
    expect(Object.keys(outcomes).filter(outcome => !/^(done|ERR_MIX_\w+)$/.test(outcome))).toEqual([]);
    expect(outcomes['done']).toBeGreaterThan(0.8 * total(outcomes));
  }
  expect(repeated).toBe(0);
  expect(count(states, 'reconnecting')).toBe(restarts.own);
  expect(count(states, 'connected')).toBe(restarts.own);
  expect(memory).toBeLessThan(most);
});

async function restartGateways(until: number): Promise<{ own: number; others: number }> {
  const restarts = { own: 0, others: 0 };
  for (let at = RESTART_EVERY, n = 0; at <= until; at += RESTART_EVERY, n++) {
    const away = AWAY_SECONDS[n % AWAY_SECONDS.length] ?? 0;
    await sleep((RESTART_EVERY - away) * 1000);
    await network.ask('restart', n % 2, away);
    if (n % 2 === 0) restarts.own += 1;
    else restarts.others += 1;
  }
  return restarts;
}

function count(states: readonly string[], state: string): number {
  return states.filter(one => one === state).length;
}
