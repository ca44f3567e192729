/**
 * What a gateway sees of a client, on the real clock: one client in a process of its own, or in a page of Chromium, the
 * mixnet in another, and a third at the gateway's door that takes the times. Idle, saturated, and with stalls of its
 * thread, and then once more with defects put back in, which must not pass.
 *
 * `TRAFFIC_SECONDS` is how long each state is watched; default 300.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Child, startChild } from '../support/child.ts';
import { Figures } from '../support/figures.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type Defect, defects, type Runtime } from './bundle.ts';
import type { DoorJobs } from './door-process.ts';
import { examine, type Finding, type Recordings } from './examination.ts';
import type { NetworkJobs } from './network-process.ts';
import type { Recording, State } from './recording.ts';
import { startWatched, type Watched } from './watched.ts';

const seconds = Number(process.env['TRAFFIC_SECONDS'] ?? 300);
/** Stalls and defects show sooner than small deviations do. */
const secondsOfStalls = Math.min(60, seconds);
const secondsOfDefects = Math.min(20, seconds);
const STALL_EVERY_MS = 3_000;
const STALL_MS = 1_000;
/** After connecting, and between states. */
const SETTLING_MS = 5_000;

let network: Child<NetworkJobs>;
let door: Child<DoorJobs>;
let entrance: { api: string; gateway: string; door: string };
let recipient: string;

beforeAll(async () => {
  network = startChild<NetworkJobs>(new URL('network-process.ts', import.meta.url));
  door = startChild<DoorJobs>(new URL('door-process.ts', import.meta.url));
  const { url, ...rest } = await network.ask('entrance');
  recipient = rest.recipient;
  entrance = { api: rest.api, gateway: rest.gateway, door: await door.ask('open', url) };
});

afterAll(async () => {
  await network.ask('stop');
  await Promise.all([network.end(), door.end()]);
});

describe.each([
  ['Node', 'node'],
  ['Chromium', 'browser'],
] as const)('in %s', (title, runtime) => {
  test('nothing of what leaves the client tells idle from saturated, and no stall is made up for', async () => {
    const { findings, version, loads } = await watch(runtime, { seconds, stalls: secondsOfStalls });
    write(title, version, findings, loads);
    expect(failed(findings)).toEqual([]);
  });

  test(`a client with ${defects.coverVersion.name} does not pass`, async () => {
    const { findings } = await watch(runtime, { seconds: secondsOfDefects, stalls: 10 }, defects.coverVersion);
    expect(failed(findings)).toEqual(
      ['idle', 'saturated', 'stalled'].map(state => expect.stringContaining(`${state}: versions after unwrapping`)),
    );
  });

  test(`a client with ${defects.catchingUp.name} does not pass`, async () => {
    const { findings } = await watch(runtime, { seconds: 5, stalls: secondsOfDefects }, defects.catchingUp);
    expect(failed(findings)).toContainEqual(expect.stringContaining('stalled: packets in the 250 ms after'));
  });
});

async function watch(runtime: Runtime, times: { seconds: number; stalls: number }, defect?: Defect) {
  const watched = await startWatched(runtime, entrance, defect);
  try {
    await network.ask('watch', watched.address.split('.')[0] ?? '');
    const idle = await record('idle', times.seconds);
    await watched.saturate(recipient);
    const before = await realShare(watched);
    const saturated = await record('saturated', times.seconds);
    const loads = (await realShare(watched)) - before;
    await watched.rest();
    await watched.stall(STALL_EVERY_MS, STALL_MS);
    const stalled = await record('stalled', times.stalls);
    const recordings: Recordings = { idle, saturated, stalled };
    return { findings: examine(recordings, seededRandom('scatter')), version: watched.runtime, loads };
  } finally {
    await watched.close();
  }
}

async function record(state: State, seconds: number): Promise<Recording> {
  await sleep(SETTLING_MS);
  await Promise.all([door.ask('take'), network.ask('unwrapped')]);
  const started = performance.now();
  await sleep(seconds * 1000);
  const [arrivals, unwrapped] = await Promise.all([door.ask('take'), network.ask('unwrapped')]);
  return { state, seconds: (performance.now() - started) / 1000, arrivals, unwrapped };
}

async function realShare(watched: Watched): Promise<number> {
  return (await watched.stats())?.realSent ?? 0;
}

function failed(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ passed }) => !passed)
    .map(({ what, found, expected }) => `${what}: ${found}, expected ${expected}`);
}

function write(title: string, version: string, findings: readonly Finding[], real: number): void {
  const figures = new Figures({
    file: new URL('FIGURES.md', import.meta.url),
    title: 'What a gateway sees of a client',
    chapter: title,
    about: [
      `Written by \`npm run test:traffic\`: ${version}, ${seconds} s idle, ${seconds} s with more to send than goes out, and`,
      `${secondsOfStalls} s with a stall of ${STALL_MS} ms every ${STALL_EVERY_MS / 1000} s. How the numbers come about is said in`,
      '`examination.ts`.',
    ],
  });
  for (const { what, found, expected } of findings) figures.add(what, found, expected);
  figures.add('saturated: real packets sent', `${real}`);
  figures.write();
}
