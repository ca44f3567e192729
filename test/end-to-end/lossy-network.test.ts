/** A hundred requests in a row and twenty at once, over a network that loses and reorders, at the real pace. */

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Devnet, startDevnet } from '../../src/devnet/index.ts';
import { createMixFetch, type MixFetch } from '../../src/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { type WatchedPlatform, watchedPlatform } from '../support/watched-platform.ts';

let before: Record<string, number>;
let platform: WatchedPlatform;
let origin: Origin;
let devnet: Devnet;
let mixFetch: MixFetch;

beforeAll(async () => {
  before = openResources();
  const authority = await createAuthority();
  origin = await startOrigin({ certificate: await authority.issue({ hosts: ['shop.test', 'other.test'] }) });
  devnet = await startDevnet({
    hosts: { 'shop.test': origin.port, 'other.test': origin.port },
    faults: { loss: 0.05, reordering: 0.1 },
  });
  platform = watchedPlatform();
  mixFetch = createMixFetch({ api: devnet.api, platform, extraCa: [authority.certificate] });
  await mixFetch.ready();
});

afterAll(() => Promise.all([mixFetch.close(), devnet.close(), origin.close()]));

describe('with 5 % of all packets lost, acknowledgements too, and 10 % held back', () => {
  test('a hundred requests one after the other all succeed, each with its own answer', {
    timeout: 240_000,
  }, async () => {
    for (let i = 0; i < 100; i++)
      expect(await echoed(`https://shop.test/echo?number=${i}`, `body ${i}`)).toBe(`body ${i}`);
  });

  test('twenty requests at once to two hosts all succeed, each with its own answer', { timeout: 120_000 }, async () => {
    const bodies = Array.from({ length: 20 }, (_, i) => `${i} `.repeat(200));
    const answers = await Promise.all(
      bodies.map((body, i) => echoed(`https://${i % 2 === 0 ? 'shop' : 'other'}.test/echo`, body)),
    );
    expect(answers.map(sha256)).toEqual(bodies.map(sha256));
  });

  test('the losses were real, and what was lost was sent again', () => {
    const { lost } = devnet.stats().packets;
    expect(lost.data).toBeGreaterThan(50);
    expect(lost.acks).toBeGreaterThan(50);
    expect(mixFetch.client?.stats().retransmissions).toBeGreaterThan(5);
  });

  test('nothing is left open afterwards: no socket, no timer, no listener', { timeout: 30_000 }, async () => {
    await mixFetch.close();
    await devnet.close();
    await origin.close();
    expect({ timers: platform.timers, holders: platform.holders }).toEqual({ timers: 0, holders: 0 });
    await expect.poll(() => origin.open).toBe(0);
    await expect.poll(openResources, { timeout: 10_000 }).toEqual(before);
  });
});

async function echoed(url: string, body: string): Promise<string> {
  const response = await mixFetch(url, { method: 'POST', body });
  expect(response.status).toBe(200);
  return ((await response.json()) as { body: string }).body;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Sockets and servers of this process, by kind: the test runner's own ones are there before and after. */
function openResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    if (/TCP|TLS|Pipe|UDP|GetAddrInfo/.test(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
