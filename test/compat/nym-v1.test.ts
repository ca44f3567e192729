import { describe, expect, test } from 'vitest';
import { type NymMixFetch, ResponseBodyConfigMapDefaults, withOptions } from '../../src/compat/nym-v1.ts';
import type { MixFetchOptions } from '../../src/index.ts';
import { type World, world } from '../support/fetch-world.ts';

/** The functions of the module, on the virtual clock, and ended with the test. */
async function compat(use: (it: NymMixFetch & World) => Promise<void>, options: MixFetchOptions = {}): Promise<void> {
  const bed = await world({ gateways: 3, exits: 2 });
  const it = withOptions({ ...bed.entrance, ...options });
  await use({ ...it, ...bed });
  await bed.until(it.disconnectMixFetch());
}

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it resolved'),
    (error: unknown) => error,
  );

describe('set up', () => {
  test('by createMixFetch, or by the first call with its third argument; once, by whoever comes first', async () => {
    const warnings: string[] = [];
    const logger = { debug() {}, info() {}, warn: (line: string) => void warnings.push(line), error() {} };
    await compat(
      async ({ createMixFetch, mixFetch, until, devnet }) => {
        const [first, second] = devnet.exits;
        const preferredNetworkRequester = first ?? '';
        const opts = { preferredNetworkRequester, responseBodyConfigMap: { ...ResponseBodyConfigMapDefaults } };
        const response = until(mixFetch('http://shop.test/json', { mode: 'unsafe-ignore-cors' }, opts));
        expect(await until((await response).json())).toEqual({ answer: 42 });

        const again = await until(createMixFetch(opts));
        expect(warnings.filter(line => line.includes('options'))).toEqual([]);
        await until(createMixFetch({ preferredNetworkRequester: second ?? '' }));
        expect(warnings.filter(line => line.includes('options'))).toHaveLength(1);
        expect((await until(again.mixFetch('http://shop.test/text', undefined))).status).toBe(200);
        expect(devnet.requesters.map(({ openConnections }) => openConnections)).toEqual([1, 0]);
      },
      { logger },
    );
  });

  test('enters where it is told to, at the pace it is told', async () => {
    await compat(async ({ createMixFetch, until, devnet, platform }) => {
      const { identity = '' } = devnet.gateways[1] ?? {};
      const clientOverride = {
        coverTraffic: { disableLoopCoverTrafficStream: true },
        traffic: { disableMainPoissonPacketDistribution: true, useExtendedPacketSize: true },
        replySurbs: { freshSenderTags: true },
      };
      const gateways = new Set<string>();
      devnet.observe(frame => void gateways.add(frame.gateway));
      await until(createMixFetch({ preferredGateway: identity, clientOverride, clientId: 'mine' }));
      expect([...gateways]).toEqual([identity]);
      const before = devnet.stats().packets;
      await platform.advance(10_000);
      expect(devnet.stats().packets).toEqual(before);
    });
  });

  test('options that nobody knows are ignored, as there; values that cannot be are not', async () => {
    await compat(async ({ createMixFetch, until }) => {
      expect(await rejection(createMixFetch({ preferredNetworkRequester: 'nobody' }))).toBeInstanceOf(TypeError);
      const hiddenGateways = [{ owner: 'n1', host: 'gateway.example', identityKey: 'x', sphinxKey: 'y' }];
      await until(createMixFetch({ extra: { hiddenGateways }, ...{ anything: 1 } }));
    });
  });

  test('forceTls is never given up', async () => {
    await compat(async ({ createMixFetch, until }) => {
      const error = await until(rejection(createMixFetch({ forceTls: true })));
      expect(error).toMatchObject({ code: 'ERR_MIX_GATEWAY_UNKNOWN' });
      await until(createMixFetch({ forceTls: false }));
    });
  });
});

describe('a request', () => {
  test('takes what fetch takes, and can be aborted, while it connects too', async () => {
    await compat(async ({ mixFetch, until, platform }) => {
      const reason = new Error('enough');
      const abort = new AbortController();
      const early = rejection(mixFetch('http://shop.test/json', { signal: abort.signal }));
      abort.abort(reason);
      expect(await until(early)).toBe(reason);

      const body = new URLSearchParams({ a: '1' });
      const echo = await until(mixFetch(new Request('http://shop.test/echo', { method: 'POST', body })));
      expect(await until(echo.json())).toMatchObject({ method: 'POST', body: 'a=1' });

      const later = new AbortController();
      const silent = rejection(mixFetch('http://shop.test/silence', { signal: later.signal }));
      await platform.advance(3_000);
      later.abort(reason);
      expect(await until(silent)).toBe(reason);
    });
  });

  test('gives the answer that came: bodies as they are, as a stream, with url and status', async () => {
    await compat(async ({ mixFetch, until }) => {
      const empty = await until(mixFetch('http://shop.test/status/204', {}));
      expect([empty.status, await empty.text()]).toEqual([204, '']);
      const response = await until(mixFetch('http://shop.test/redirect/302?to=/drip/3', {}));
      expect([response.url, response.redirected]).toEqual(['http://shop.test/drip/3', true]);
      expect(response.body).toBeInstanceOf(ReadableStream);
      expect(await until(response.text())).toBe('piece 3;piece 2;piece 1;');
    });
  });

  test('takes no longer than requestTimeoutMs, not counting the connecting; more than a minute, if that says so', async () => {
    for (const requestTimeoutMs of [5_000, 90_000]) {
      await compat(async ({ createMixFetch, until, platform }) => {
        // Without cover a minute costs nothing here.
        const clientOverride = {
          coverTraffic: { disableLoopCoverTrafficStream: true },
          traffic: { disableMainPoissonPacketDistribution: true },
        };
        const { mixFetch } = await until(createMixFetch({ mixFetchOverride: { requestTimeoutMs }, clientOverride }));
        const beginning = platform.now();
        const error = await until(rejection(mixFetch('http://shop.test/silence', {})));
        expect(error).toMatchObject({ name: 'TypeError', cause: { code: 'ERR_MIX_TIMEOUT_TOTAL' } });
        expect(platform.now() - beginning).toBeCloseTo(requestTimeoutMs, -2);
      });
    }
  });
});

describe('disconnectMixFetch', () => {
  test('ends what is under way and later calls, until the next set-up', async () => {
    await compat(async ({ createMixFetch, mixFetch, disconnectMixFetch, until }) => {
      await until(disconnectMixFetch());
      await until(createMixFetch());
      const silent = rejection(mixFetch('http://shop.test/silence', {}));
      await until(disconnectMixFetch());
      expect(await until(silent)).toMatchObject({ cause: { code: 'ERR_MIX_MIXNET_CLOSED' } });
      const later = await until(rejection(mixFetch('http://shop.test/json', {}, {})));
      expect(later).toMatchObject({ code: 'ERR_MIX_MIXNET_CLOSED' });
      const { mixFetch: again } = await until(createMixFetch());
      expect((await until(again('http://shop.test/json', {}))).status).toBe(200);
    });
  });
});
