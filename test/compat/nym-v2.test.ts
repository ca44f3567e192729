import { describe, expect, test } from 'vitest';
import { type NymMixTunnel, withOptions } from '../../src/compat/nym-v2.ts';
import { type World, world } from '../support/fetch-world.ts';

/** The functions of the module, on the virtual clock, and ended with the test. */
async function compat(use: (it: NymMixTunnel & World) => Promise<void>): Promise<void> {
  const bed = await world({ gateways: 3, exits: 2 });
  const it = withOptions({ ...bed.entrance, secureGateway: false });
  await use({ ...it, ...bed });
  await bed.until(it.disconnectMixTunnel());
}

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it resolved'),
    (error: unknown) => error,
  );

describe('setupMixTunnel', () => {
  test('may be called as often as one likes, and says how far it is', async () => {
    await compat(async ({ setupMixTunnel, getTunnelState, disconnectMixTunnel, until }) => {
      expect(await getTunnelState()).toEqual({ state: 'connecting' });
      await until(Promise.all([setupMixTunnel({ debug: true }), setupMixTunnel()]));
      await until(setupMixTunnel());
      expect(await getTunnelState()).toEqual({ state: 'ready' });
      const ending = disconnectMixTunnel();
      expect(await getTunnelState()).toEqual({ state: 'shutting_down' });
      await until(ending);
      expect(await getTunnelState()).toEqual({ state: 'shutdown' });
      await until(setupMixTunnel());
      expect(await getTunnelState()).toEqual({ state: 'ready' });
    });
  });

  test('of which one failed, can be called again', async () => {
    await compat(async ({ setupMixTunnel, getTunnelState, until }) => {
      const error = await until(rejection(setupMixTunnel({ forceTls: true })));
      expect(error).toMatchObject({ code: 'ERR_MIX_GATEWAY_UNKNOWN' });
      expect(await getTunnelState()).toMatchObject({ state: 'failed' });
      await until(setupMixTunnel({ forceTls: false }));
      expect(await getTunnelState()).toEqual({ state: 'ready' });
    });
  });

  test('forces TLS to the gateway unless told otherwise', async () => {
    const { entrance, until } = await world();
    const { setupMixTunnel, disconnectMixTunnel } = withOptions(entrance);
    expect(await until(rejection(setupMixTunnel()))).toMatchObject({ code: 'ERR_MIX_GATEWAY_UNKNOWN' });
    await until(disconnectMixTunnel());
  });

  test('preferredIpr leaves by the network requester of that node', async () => {
    await compat(async ({ createMixFetch, setupMixTunnel, until, devnet }) => {
      expect(await rejection(setupMixTunnel({ preferredIpr: 'nobody' }))).toMatchObject({ name: 'TypeError' });
      // A router has keys of its own; what it shares with the requester is the node.
      const [keys] = devnet.exits[0]?.split('@') ?? [];
      const mixFetch = await until(createMixFetch({ preferredIpr: `${keys}@${devnet.gateways[2]?.identity}` }));
      await until(mixFetch('http://shop.test/json'));
      expect(devnet.requesters.map(({ openConnections }) => openConnections)).toEqual([0, 1]);
    });
  });

  test('is silent without cover and pacing, and follows no more redirects than it is told', async () => {
    await compat(async ({ createMixFetch, until, devnet, platform }) => {
      const options = { disablePoissonTraffic: true, disableCoverTraffic: true, maxRedirects: 1, openReplySurbs: 3 };
      const mixFetch = await until(createMixFetch(options));
      const before = devnet.stats().packets;
      await platform.advance(10_000);
      expect(devnet.stats().packets).toEqual(before);
      const error = await until(rejection(mixFetch('http://shop.test/countdown/2')));
      expect(error).toMatchObject({ cause: { code: 'ERR_MIX_HTTP_REDIRECT' } });
    });
  });
});

describe('mixFetch', () => {
  test('rejects where nothing is set up, before and after, and contacts nobody', async () => {
    await compat(async ({ mixFetch, setupMixTunnel, disconnectMixTunnel, until, devnet }) => {
      const closed = { name: 'TypeError', cause: { code: 'ERR_MIX_MIXNET_CLOSED' } };
      expect(await rejection(mixFetch('http://shop.test/json'))).toMatchObject(closed);
      expect(devnet.directory.requests.size).toBe(0);
      await until(setupMixTunnel());
      await until(disconnectMixTunnel());
      expect(await until(rejection(mixFetch('http://shop.test/json')))).toMatchObject(closed);
    });
  });

  test('does what 2.1 does not: Request, Headers, form bodies, abort, 204, url, streams', async () => {
    await compat(async ({ createMixFetch, until, platform }) => {
      const mixFetch = await until(createMixFetch());
      const body = new FormData();
      body.set('name', 'value');
      const request = new Request('http://shop.test/echo', {
        method: 'post',
        headers: new Headers({ 'x-own': '1' }),
        body,
      });
      const echo = (await until((await until(mixFetch(request))).json())) as Record<string, unknown>;
      expect(echo).toMatchObject({ method: 'POST', headers: { 'x-own': '1' } });
      expect(echo['body']).toContain('name="name"');

      expect((await until(mixFetch('http://shop.test/status/204'))).status).toBe(204);
      const response = await until(mixFetch(new URL('http://shop.test/redirect/302?to=/drip/2')));
      expect([response.url, response.redirected]).toEqual(['http://shop.test/drip/2', true]);
      expect(await until(response.text())).toBe('piece 2;piece 1;');

      const abort = new AbortController();
      const silent = rejection(mixFetch('http://shop.test/silence', { signal: abort.signal }));
      await platform.advance(3_000);
      abort.abort();
      expect(await until(silent)).toMatchObject({ name: 'AbortError' });
    });
  });
});
