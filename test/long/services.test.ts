/**
 * The services in use for an hour, as processes of their own, while their gateway restarts every five minutes: no lost
 * connection goes unreported, and memory stays what it was.
 *
 * `SERVICES_SECONDS` is how long; default 3600.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Child, startChild } from '../support/child.ts';
import { Figures, listed, megabytes, seconds, total } from '../support/figures.ts';
import type { Memory } from './memory.ts';
import type { NetworkJobs } from './network-process.ts';
import { useAtOnce, useMessages, useProxy } from './programs.ts';
import { type Service, startService } from './service.ts';

const duration = Number(process.env['SERVICES_SECONDS'] ?? 3600);
const warmUp = Math.min(240, duration / 5);
const restartEvery = Math.min(300, duration / 4);
const awaySeconds = [2, 10];
const hosts = ['shop.test', 'rpc.test', 'news.test', 'files.test', 'mail.test'];

const figures = new Figures({
  file: new URL('FIGURES.md', import.meta.url),
  title: 'Figures of the long tests',
  chapter: 'Services',
  about: [
    'Written by `npm run test:long -- services`: `mixfetch socks5`, with programs that make requests, downloads and lines over one',
    'connection, and `mixfetch client`, with a program that sends messages to itself, one of each at a time, while the gateway of both',
    'restarts.',
  ],
});
let network: Child<NetworkJobs>;
let ca: string;
let proxy: Service;
let messenger: Service;

beforeAll(async () => {
  network = startChild<NetworkJobs>(new URL('network-process.ts', import.meta.url), { args: hosts });
  const entrance = await network.ask('entrance');
  ca = entrance.ca;
  const options = ['--api', entrance.api, '--gateway', entrance.gateways[0] ?? ''];
  [proxy, messenger] = await Promise.all([startService('socks5', ...options), startService('client', ...options)]);
});

afterAll(async () => {
  figures.write();
  expect(await Promise.all([proxy.end(), messenger.end()])).toEqual([0, 0]);
  await network.ask('stop');
  await network.end();
});

test('two hundred connections at once through the proxy all come about', async () => {
  const started = performance.now();
  const outcomes = await useAtOnce(proxy.url, { hosts, ca, connections: 200 });
  figures.add('200 connections at once', listed(outcomes), seconds((performance.now() - started) / 1000));
  expect(outcomes).toEqual({ done: 200 });
});

test('services in use stay well while their gateway restarts', { timeout: duration * 1500 + 900_000 }, async () => {
  const use = (seconds: number) =>
    Promise.all([useProxy(proxy.url, { hosts, ca, seconds }), useMessages(messenger.url, { seconds })]);
  await use(warmUp);
  const memoryBefore = await memories();
  const onTheWay: Memory[][] = [];

  const started = performance.now();
  const using = use(duration);
  const restarts = await restartGateway(duration - restartEvery / 2, async () => {
    onTheWay.push(await memories());
  });
  const [{ requests, downloads, lines }, { messages, repeated }] = await using;
  const memoryAfter = await memories();

  figures.add('time', seconds((performance.now() - started) / 1000), `${restarts} restarts of the gateway`);
  figures.add('requests of 4 KB', listed(requests));
  figures.add('downloads of 200 KB', listed(downloads));
  figures.add('lines and their echo', listed(lines));
  figures.add('messages of 3 KB to itself', listed(messages), 'what the gateway has acknowledged may be lost with it');
  for (const outcomes of [requests, downloads, lines]) {
    expect(outcomes['wrong']).toBeUndefined();
    expect(outcomes['silent']).toBeUndefined();
    expect(outcomes['done']).toBeGreaterThan(0.8 * total(outcomes));
  }
  expect(messages['done']).toBeGreaterThan(0.8 * total(messages));
  expect(repeated).toBe(0);
  for (const [place, { name, states }] of [proxy, messenger].entries()) {
    const [before = nothing, after = nothing] = [memoryBefore[place], memoryAfter[place]];
    const most = before.own + Math.max(0.1 * before.own, 32 * 2 ** 20);
    const lost = states.filter(({ status }) => status === 'reconnecting').length;
    const back = states.filter(({ status }) => status === 'connected').length;
    figures.add(`${name}: memory of its own after warm-up`, megabytes(before.own));
    figures.add('its own memory at the end', megabytes(after.own), `${megabytes(most)} at most`);
    const along = onTheWay.map(memories => megabytes(memories[place]?.own ?? 0));
    figures.add('after each restart on the way', along.join(', '));
    figures.add(
      'all its resident memory then',
      megabytes(after.resident),
      `after warm-up: ${megabytes(before.resident)}`,
    );
    figures.add('its lost connections reported', `${lost}`, `${restarts} made`);
    expect([lost, back]).toEqual([restarts, restarts]);
    expect(after.own).toBeLessThan(most);
  }
});

const nothing: Memory = { own: 0, resident: 0 };

/** Of both services. */
function memories(): Promise<Memory[]> {
  return Promise.all([proxy, messenger].map(service => service.settledMemory()));
}

async function restartGateway(until: number, restarted: () => Promise<void>): Promise<number> {
  let restarts = 0;
  for (let at = restartEvery; at <= until; at += restartEvery) {
    const away = awaySeconds[restarts % awaySeconds.length] ?? 0;
    await sleep((restartEvery - away) * 1000);
    await network.ask('restart', 0, away);
    restarts += 1;
    await restarted();
  }
  return restarts;
}
