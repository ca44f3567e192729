/**
 * The examination of `real-clock.test.ts`, in seconds: client and mixnet in one process, on a clock that stands while
 * anything is computed. What it cannot show is what computing does to the gaps.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Devnet, startDevnet, VirtualPlatform } from '../../src/devnet/index.ts';
import { MixnetClient, type Platform } from '../../src/index.ts';
import type { Milliseconds } from '../../src/platform/platform.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { bundle, type Defect, defects } from './bundle.ts';
import type { WatchedClient as Client } from './client.ts';
import { examine, type Finding } from './examination.ts';
import { type Arrival, type Recording, type State, UnwrappedCounter } from './recording.ts';

const STALL_EVERY_MS = 3_000;
const STALL_MS = 1_000;

const folder = mkdtempSync(join(fileURLToPath(new URL('../../node_modules', import.meta.url)), '.traffic-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a client that is watched', { timeout: 240_000 }, () => {
  test('shows nothing that tells idle from saturated, and makes up for no stall', async () => {
    expect(failed(await watch({ seconds: 5, stalls: 7 }))).toEqual([]);
  });

  test(`with ${defects.coverVersion.name} is found out`, async () => {
    const found = failed(await watch({ seconds: 1, stalls: 4 }, defects.coverVersion));
    expect(found).toEqual(['idle', 'saturated', 'stalled'].map(state => `${state}: versions after unwrapping`));
  });

  test(`with ${defects.catchingUp.name} is found out`, async () => {
    const found = failed(await watch({ seconds: 1, stalls: 7 }, defects.catchingUp));
    expect(found).toEqual(['stalled: packets in the 250 ms after a stall, on average']);
  });
});

async function watch(times: { seconds: number; stalls: number }, defect?: Defect): Promise<readonly Finding[]> {
  const clock = new VirtualPlatform({ seed: 'watched' });
  const devnet = await clock.until(startDevnet({ platform: clock, transport: 'in-process', exits: 0 }));
  onTestFinished(() => clock.until(devnet.close()));
  const recipient = await clock.until(quietClient(devnet));
  const stalls = new Stalls(devnet.clientPlatform());
  const { WatchedClient } = await load(defect);
  const [gateway] = devnet.gateways;
  const client = await clock.until(
    WatchedClient.connectOn(stalls.platform, { api: devnet.api, gateway: gateway?.identity ?? '' }),
  );
  const self = client.address.split('.')[0] ?? '';
  const counter = new UnwrappedCounter();
  const arrivals: Arrival[] = [];
  counter.watch(self);
  devnet.observeNodes(packet => counter.count(packet));
  devnet.observe(({ client, direction, at, bytes, kind }) => {
    if (client === self && direction === 'from-client') arrivals.push({ at, bytes, kind });
  });
  const record = async (state: State, seconds: number): Promise<Recording> => {
    await clock.advance(300);
    arrivals.length = 0;
    counter.take();
    await clock.advance(seconds * 1000);
    return { state, seconds, arrivals: [...arrivals], unwrapped: counter.take() };
  };
  const idle = await record('idle', times.seconds);
  client.saturate(recipient.address);
  const saturated = await record('saturated', times.seconds);
  client.rest();
  stalls.begin();
  const stalled = await record('stalled', times.stalls);
  await clock.until(Promise.all([client.close(), recipient.close()]));
  return examine({ idle, saturated, stalled }, seededRandom('scatter'));
}

async function load(defect: Defect | undefined): Promise<{ WatchedClient: typeof Client }> {
  const file = join(folder, `${defect?.name ?? 'client'}.mjs`);
  writeFileSync(file, await bundle('client.ts', 'node', defect));
  return import(/* @vite-ignore */ pathToFileURL(file).href);
}

function quietClient({ api, gateways, clientPlatform }: Devnet): Promise<MixnetClient> {
  const traffic = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };
  return MixnetClient.connect({ api, gateway: gateways[1]?.identity, platform: clientPlatform(), traffic });
}

/** A platform whose timers come late now and then, as when the thread is blocked. */
class Stalls {
  readonly platform: Platform;
  #since = Number.POSITIVE_INFINITY;

  constructor(base: Platform) {
    this.platform = {
      ...base,
      setTimer: (callback, delay) => base.setTimer(callback, delay + this.#lateness(base.now() + delay)),
    };
  }

  begin(): void {
    this.#since = this.platform.now();
  }

  #lateness(due: Milliseconds): Milliseconds {
    const into = (due - this.#since) % STALL_EVERY_MS;
    return due > this.#since && into < STALL_MS ? STALL_MS - into : 0;
  }
}

function failed(findings: readonly Finding[]): string[] {
  return findings.filter(({ passed }) => !passed).map(({ what }) => what);
}
