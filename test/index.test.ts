import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { startDevnet } from '../src/devnet/index.ts';
import { createMixFetch, MixnetClient, memoryStorage, mixFetch } from '../src/index.ts';
import { world } from './support/fetch-world.ts';
import { startOrigin } from './support/origin.ts';

describe('createMixFetch', () => {
  test('connects when it is first needed, once, and answers', async () => {
    const { create, until, devnet } = await world();
    const fetch = create();
    expect(devnet.directory.requests.size).toBe(0);
    expect(() => fetch.client).toThrow(TypeError);
    const responses = await until(Promise.all([1, 2, 3].map(() => fetch('http://shop.test/json'))));
    for (const response of responses) expect(await until(response.json())).toEqual({ answer: 42 });
    expect(fetch.client).toBeInstanceOf(MixnetClient);
    expect(fetch.client.state).toBe('connected');
    await until(fetch.close());
    expect(fetch.client.state).toBe('closed');
  });

  test('keeps the process alive while a request or its answer is under way, and not otherwise', async () => {
    const { create, until, platform } = await world();
    const fetch = create();
    const call = fetch('http://shop.test/text');
    expect(platform.holders).toBe(1);
    await until((await until(call)).text());
    // Until the last acknowledgements are there, cover traffic goes on all the while.
    await platform.advance(5_000);
    expect(platform.holders).toBe(0);
    await until(fetch.close());
  });

  test('ready connects, and says so', async () => {
    const { create, until } = await world();
    const fetch = create();
    await until(fetch.ready());
    expect(fetch.client.state).toBe('connected');
    await until(fetch.ready());
    await until(fetch[Symbol.asyncDispose]());
  });

  test('ready can be given up', async () => {
    const { create, until, platform } = await world();
    const fetch = create();
    const abort = new AbortController();
    const ready = fetch.ready({ signal: abort.signal }).catch((error: unknown) => error);
    abort.abort(new Error('enough'));
    expect(await until(ready)).toMatchObject({ message: 'enough' });
    await until(fetch.close());
    expect(platform.holders).toBeLessThanOrEqual(1);
  });

  test('a set-up that failed is not for ever', async () => {
    const { create, until, devnet } = await world();
    const fetch = create({ timeouts: { setup: 5_000 } });
    await until(devnet.directory.kill());
    const failed = await until(fetch('http://shop.test/json').catch((error: unknown) => error));
    expect(failed).toMatchObject({ name: 'TypeError', message: 'fetch failed' });
    expect((failed as Error).cause).toMatchObject({ code: expect.stringMatching(/DIRECTORY|TIMEOUT_SETUP/) });
    await until(devnet.directory.revive());
    expect((await until(fetch('http://shop.test/json', { mixnet: { timeouts: { setup: 60_000 } } }))).status).toBe(200);
    await until(fetch.close());
  });

  test('with a storage, the client of the next one has the same address', async () => {
    const { create, until } = await world();
    const storage = memoryStorage();
    const addresses: string[] = [];
    for (let start = 0; start < 2; start++) {
      const fetch = create({ storage });
      expect((await until(fetch('http://shop.test/json'))).status).toBe(200);
      addresses.push(fetch.client.address);
      await until(fetch.close());
    }
    expect(addresses[1]).toBe(addresses[0]);
  });

  test('an exit can be named by the node that it is on, for all calls or for one', async () => {
    const { create, until, devnet } = await world({ gateways: 3, exits: 2 });
    const node = devnet.gateways[2]?.identity ?? '';
    const other = devnet.gateways[1]?.identity ?? '';
    const openConnections = () => devnet.requesters.map(requester => requester.openConnections);
    const fetch = create({ exits: [node] });
    for (const isolation of ['a', 'b', 'c']) await until(fetch('http://shop.test/json', { mixnet: { isolation } }));
    expect(openConnections()).toEqual([0, 3]);
    await until(fetch('http://shop.test/json', { mixnet: { exit: other } }));
    expect(openConnections()).toEqual([1, 3]);
    await until(fetch.close());
  });

  test('a node without an exit is not passed over in silence', async () => {
    const { create, until, devnet } = await world();
    const fetch = create({ exits: [devnet.gateways[0]?.identity ?? ''] });
    const failed = await until(fetch('http://shop.test/json').catch((error: unknown) => error));
    expect(failed).toMatchObject({ cause: { code: 'ERR_MIX_EXIT_NONE' } });
    await until(fetch.close());
  });

  test('secureGateway enters by wss: alone', async () => {
    const { create, until } = await world();
    const fetch = create({ secureGateway: true });
    const failed = await until(fetch.ready().catch((error: unknown) => error));
    expect(failed).toMatchObject({ code: 'ERR_MIX_GATEWAY_UNKNOWN' });
    await until(fetch.close());
  });

  test('maxRedirects is how many are followed', async () => {
    const { create, until, origin } = await world();
    const fetch = create({ maxRedirects: 2 });
    expect(await until((await until(fetch('http://shop.test/countdown/2'))).text())).toBe('landed');
    const failed = await until(fetch('http://shop.test/countdown/3').catch((error: unknown) => error));
    expect(failed).toMatchObject({ cause: { code: 'ERR_MIX_HTTP_REDIRECT' } });
    expect(origin.requests.filter(request => request.endsWith('/countdown/0'))).toHaveLength(1);
    await until(fetch.close());
  });

  test('a client that was lost for good is replaced', async () => {
    const { create, until } = await world();
    const fetch = create();
    await until(fetch.ready());
    const first = fetch.client;
    await until(first.close());
    expect((await until(fetch('http://shop.test/json'))).status).toBe(200);
    expect(fetch.client).not.toBe(first);
    await until(fetch.close());
  });

  test('over a client that is given: that one is used, and not closed', async () => {
    const { until, devnet } = await world();
    const platform = devnet.clientPlatform();
    const client = await until(MixnetClient.connect({ api: devnet.api, platform }));
    const fetch = createMixFetch({ client, platform });
    expect(fetch.client).toBe(client);
    expect((await until(fetch('http://shop.test/json'))).status).toBe(200);
    await until(fetch.close());
    expect(client.state).toBe('connected');
    await until(client.close());
  });

  test('close tells the exit that its connections are over, also when calls have used up the time to drain', async () => {
    const { create, until, devnet, platform } = await world();
    const fetch = create();
    await until(fetch.ready());
    const silent = fetch('http://shop.test/silence').catch((error: unknown) => error);
    await platform.advance(2000);
    expect(devnet.requesters[0]?.openConnections).toBe(1);
    await until(fetch.close({ drain: 500 }));
    expect(await silent).toMatchObject({ cause: { code: 'ERR_MIX_MIXNET_CLOSED' } });
    await platform.advance(10_000); // an exit gives the server a while to end, too
    expect(devnet.requesters[0]?.openConnections).toBe(0);
  });

  test('a second close ends a long drain', async () => {
    const { create, until, platform } = await world();
    const fetch = create();
    await until(fetch.ready());
    const silent = fetch('http://shop.test/silence').catch((error: unknown) => error);
    const start = platform.now();
    const draining = fetch.close({ drain: 60_000 });
    await until(Promise.all([draining, fetch.close()]));
    expect(platform.now() - start).toBeLessThan(1500);
    expect(await silent).toMatchObject({ cause: { code: 'ERR_MIX_MIXNET_CLOSED' } });
  });

  test('close ends what is under way, and later calls', async () => {
    const { create, until } = await world();
    const fetch = create();
    await until(fetch.ready());
    const silent = fetch('http://shop.test/silence').catch((error: unknown) => error);
    await until(fetch.close());
    const closed = { name: 'TypeError', cause: { code: 'ERR_MIX_MIXNET_CLOSED' } };
    expect(await silent).toMatchObject(closed);
    expect(await fetch('http://shop.test/json').catch((error: unknown) => error)).toMatchObject(closed);
    await expect(fetch.ready()).rejects.toMatchObject({ code: 'ERR_MIX_MIXNET_CLOSED' });
    await until(fetch.close());
  });

  const wrong: [options: object, named: RegExp][] = [
    [{ exit: ['x'] }, /"exit"/],
    [{ storage: {} }, /"storage"/],
    [{ timeouts: { conect: 1 } }, /"conect"/],
    [{ timeouts: { connect: '1s' } }, /"connect"/],
    [{ pool: { perHost: 2 } }, /"pool.perHost"/],
    [{ tls: 'none' }, /"tls"/],
    [{ client: {} }, /"client"/],
    [{ api: 'nym.example' }, /"api"/],
    [{ api: ['https://one.example', 2] }, /"api"/],
    [{ exits: ['nobody'] }, /"exits"/],
    [{ api: [] }, /"api"/],
    [{ api: 'https://nym.example/api?key=1' }, /"api"/],
    [{ gateway: 'that one' }, /"gateway"/],
    [{ secureGateway: 'yes' }, /"secureGateway"/],
    [{ maxRedirects: -1 }, /"maxRedirects"/],
    [{ maxRedirects: 21 }, /"maxRedirects"/],
    [{ traffic: { messageSendingDelayMs: 20 } }, /"messageSendingDelayMs"/],
    [{ traffic: { averagePacketDelayMs: '15' } }, /averagePacketDelayMs/],
    [{ traffic: 5 }, /"traffic"/],
    [{ signal: 'now' }, /"signal"/],
    [{ platform: {} }, /"platform"/],
    [{ decoders: { br: 'brotli' } }, /"decoders"/],
    [{ ca: 'PEM' }, /"ca"/],
    [{ extraCa: ['garbage'] }, /"extraCa"/],
  ];
  test.each(wrong)('%j is a TypeError that names the option', (options, named) => {
    expect(() => createMixFetch(options)).toThrow(TypeError);
    expect(() => createMixFetch(options)).toThrow(named);
  });

  test('wrong arguments are refused without a client', async () => {
    const { create, devnet } = await world();
    await expect(create()('ftp://shop.test/')).rejects.toThrow(/"ftp"/);
    expect(await (await create()('data:,local')).text()).toBe('local');
    expect(devnet.directory.requests.size).toBe(0);
  });

  test('a blob: URL is read from this process', async () => {
    const { create } = await world();
    const url = URL.createObjectURL(new Blob(['content']));
    expect(await (await create()(url)).text()).toBe('content');
  });
});

describe('the shared mixFetch', () => {
  test('is a function like fetch, connects to nothing by itself, and can be closed at any time', async () => {
    expect(await (await mixFetch('data:,local')).text()).toBe('local');
    await mixFetch.close();
    await mixFetch.close();
    expect(await (await mixFetch('data:,again')).text()).toBe('again');
  });
});

describe('a script', () => {
  test('ends by itself after its last answer', { timeout: 60_000 }, async () => {
    const origin = await startOrigin();
    const devnet = await startDevnet({ hosts: { 'shop.test': origin.port } });
    const script = fileURLToPath(new URL('support/short-script.ts', import.meta.url));
    const child = fork(script, [devnet.api, 'http://shop.test/text'], {
      execArgv: ['--conditions=mixfetch-source', '--import', 'tsx'],
    });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    await devnet.close();
    await origin.close();
  });
});
