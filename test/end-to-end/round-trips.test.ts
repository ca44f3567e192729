/** How often a request crosses the mixnet: on a clock where nothing but the crossing takes time worth mentioning. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Devnet, startDevnet, VirtualPlatform } from '../../src/devnet/index.ts';
import { createMixFetch, type MixFetch } from '../../src/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { type Origin, startOrigin } from '../support/origin.ts';

/** One way, so that a round trip takes twice this. The slots of the sending schedule add some tens of milliseconds. */
const latencyMs = 600;

let platform: VirtualPlatform;
let origin: Origin;
let plainOrigin: Origin;
let devnet: Devnet;
let mixFetch: MixFetch;

beforeEach(async () => {
  const authority = await createAuthority();
  origin = await startOrigin({ certificate: await authority.issue({ hosts: ['shop.test'] }) });
  plainOrigin = await startOrigin();
  platform = new VirtualPlatform({ seed: 'round trips' });
  devnet = await platform.until(
    startDevnet({
      transport: 'in-process',
      platform,
      random: platform.randomBytes,
      hosts: { 'shop.test:443': origin.port, 'shop.test:80': plainOrigin.port },
      faults: { latencyMs },
    }),
  );
  mixFetch = createMixFetch({ api: devnet.api, platform: devnet.clientPlatform(), extraCa: [authority.certificate] });
  await platform.until(mixFetch.ready());
});

afterEach(async () => {
  await platform.until(mixFetch.close());
  await platform.until(devnet.close());
  await Promise.all([origin.close(), plainOrigin.close()]);
});

describe('mixnet round trips until the answer', () => {
  test('two for a cold HTTPS request, one for a warm one', async () => {
    expect(await roundTrips('https://shop.test/json')).toBe(2);
    expect(await roundTrips('https://shop.test/json')).toBe(1);
    expect(await roundTrips('https://shop.test/echo', { method: 'POST', body: 'x'.repeat(1000) })).toBe(1);
    expect(origin.connections).toBe(1);
  });

  test('one for a plain HTTP request, cold and warm', async () => {
    expect(await roundTrips('http://shop.test/json')).toBe(1);
    expect(await roundTrips('http://shop.test/json')).toBe(1);
  });

  test('no more for an answer of 12 KB: the reply blocks for it have gone with the request', async () => {
    await roundTrips('https://shop.test/json');
    expect(await roundTrips('https://shop.test/bytes/12000')).toBe(1);
  });
});

async function roundTrips(url: string, init?: RequestInit): Promise<number> {
  const started = platform.now();
  const response = await platform.until(mixFetch(url, init));
  expect(response.status).toBe(200);
  await platform.until(response.arrayBuffer());
  return Math.floor((platform.now() - started) / (2 * latencyMs));
}
