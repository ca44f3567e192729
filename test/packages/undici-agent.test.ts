import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type Agent, request, fetch as undiciFetch } from 'undici';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { MixnetError } from '../../src/index.ts';
import { createMixAgent, type MixAgentOptions } from '../../src/undici.ts';
import { createAuthority } from '../support/certificates.ts';
import { words } from './service.ts';
import { packageWorld, plain, quiet, secure } from './world.ts';

const world = packageWorld();
let dispatcher: Agent;

beforeAll(() => {
  dispatcher = create();
});
afterAll(() => dispatcher.destroy());

function create(options: MixAgentOptions = {}): Agent {
  return createMixAgent(world.mixFetch, { platform: world.platform, extraCa: [world.ca], ...options });
}

/** Gone with the test. */
function own(options?: MixAgentOptions): Agent {
  const agent = create(options);
  onTestFinished(() => agent.destroy());
  return agent;
}

/** By the `fetch` of Node itself; the types of this project are those of browsers, which know no dispatchers. */
function nodeFetch(url: string, init: RequestInit & { dispatcher?: Agent } = {}): Promise<Response> {
  return fetch(url, { dispatcher, ...init } as RequestInit);
}

const fetches = [
  ['the fetch of Node', nodeFetch],
  [
    'undici.fetch',
    (url: string, init: object = {}) => undiciFetch(url, { dispatcher, ...init }) as unknown as Promise<Response>,
  ],
] as const;

describe.each(fetches)('%s with a dispatcher', (_, ask) => {
  test.each([plain, secure])('%s: GET, POST JSON, error status, redirect, stream', async origin => {
    expect(await (await ask(`${origin}/items?color=red`)).json()).toEqual({ color: 'red', items: [1, 2, 3] });
    const created = await ask(`${origin}/items`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Ada' }),
    });
    expect([created.status, await created.json()]).toEqual([
      201,
      { type: 'application/json', created: { name: 'Ada' } },
    ]);
    expect((await ask(`${origin}/status/503`)).status).toBe(503);
    const redirected = await ask(`${origin}/redirect?to=${origin}/items`);
    expect([redirected.url, redirected.redirected, redirected.status]).toEqual([`${origin}/items`, true, 200]);
    await redirected.arrayBuffer();
    const pieces: Uint8Array[] = [];
    for await (const piece of (await ask(`${origin}/stream`)).body ?? []) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe(words.join(''));
    expect(pieces.length).toBeGreaterThan(1);
  });

  test('abort and timeouts, before an answer and while it comes', async () => {
    const reason = new Error('enough');
    const abort = new AbortController();
    const silent = ask(`${secure}/silence`, { signal: abort.signal });
    abort.abort(reason);
    await expect(silent).rejects.toBe(reason);
    await expect(ask(`${plain}/silence`, { signal: AbortSignal.timeout(60) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    const late = new AbortController();
    const reader = (await ask(`${plain}/endless`, { signal: late.signal })).body?.getReader();
    expect((await reader?.read())?.done).toBe(false);
    late.abort(reason);
    const read = async () => {
      while (!(await reader?.read())?.done);
    };
    await expect(read()).rejects.toBe(reason);
  });

  test('an error of the mixnet is the cause of the rejection, as it is', async () => {
    const failure = async (url: string) => (await ask(url).catch((error: Error) => error)) as Error;
    const impostor = await failure('https://impostor.test/items');
    expect([impostor.constructor.name, impostor.message]).toEqual(['TypeError', 'fetch failed']);
    expect(impostor.cause).toBeInstanceOf(MixnetError);
    expect(impostor.cause).toMatchObject({ code: 'ERR_MIX_TLS_CERTIFICATE' });
    for (const url of [
      `http://localhost:${world.servers.http.port}/`,
      'https://[::1]/',
      'http://127.0.0.1/',
      'http://no-such-host.test/',
    ])
      expect((await failure(url)).cause).toMatchObject({ code: 'ERR_MIX_EXIT_REFUSED' });
  });
});

describe('the agent', () => {
  test('works with undici.request, and keeps its connections', async () => {
    world.devnet.setHost('kept.test', world.servers.http.port);
    const dispatcher = own({ pool: { perOrigin: 1 } });
    for (let i = 0; i < 3; i++) {
      const { statusCode, body } = await request('http://kept.test/items', { dispatcher });
      expect([statusCode, await body.json()]).toEqual([200, { color: null, items: [1, 2, 3] }]);
    }
    expect(world.servers.http.connectionsTo('kept.test')).toBe(1);
  });

  test('has the deadlines of mixFetch', async () => {
    const impatient = own({ mixnet: { timeouts: { headers: 300 } } });
    await expect(nodeFetch(`${plain}/silence`, { dispatcher: impatient })).rejects.toMatchObject({
      cause: { code: 'UND_ERR_HEADERS_TIMEOUT' },
    });
    const dispatcher = own({ mixnet: { timeouts: { connect: 100 } } });
    const [requester] = world.devnet.requesters;
    if (requester === undefined) throw new Error('the devnet has no exit');
    requester.behaviour = 'silent';
    onTestFinished(() => {
      requester.behaviour = 'normal';
    });
    for (const url of ['http://impostor.test/', 'https://impostor.test/']) {
      await expect(nodeFetch(url, { dispatcher })).rejects.toMatchObject({
        cause: { code: expect.stringMatching(/^ERR_MIX_(TIMEOUT_CONNECT|EXIT_SILENT)$/) },
      });
    }
  });

  test('makes as many connections as the pool allows', async () => {
    const dispatcher = own({ pool: { perOrigin: 2 } });
    world.devnet.setHost('busy.test', world.servers.http.port);
    const all = await Promise.all(
      Array.from({ length: 12 }, async () => (await nodeFetch('http://busy.test/items', { dispatcher })).json()),
    );
    expect(all).toEqual(Array(12).fill({ color: null, items: [1, 2, 3] }));
    expect(world.servers.http.connectionsTo('busy.test')).toBe(2);
  });

  test('speaks HTTP/2 where it is told to: many requests on one connection, with HTTP/1.1 for servers that have no other', async () => {
    const authority = await createAuthority();
    const certificate = await authority.issue({ hosts: ['modern.test'] });
    const modern = createSecureServer(certificate, ({ headers }, response) => {
      setTimeout(() => response.end(String(headers[':path'])), 20);
    });
    let connections = 0;
    modern.on('session', () => {
      connections += 1;
    });
    await new Promise<void>(resolve => modern.listen(0, '127.0.0.1', resolve));
    world.devnet.setHost('modern.test', (modern.address() as AddressInfo).port);
    const dispatcher = own({ http2: true, extraCa: [authority.certificate, world.ca] });
    onTestFinished(async () => {
      await dispatcher.destroy();
      modern.close();
    });
    const paths = Array.from({ length: 10 }, (_, i) => `/${i}`);
    const answers = paths.map(async path => (await nodeFetch(`https://modern.test${path}`, { dispatcher })).text());
    expect(await Promise.all(answers)).toEqual(paths);
    expect(connections).toBe(1);
    expect((await nodeFetch(`${secure}/items`, { dispatcher })).status).toBe(200);
    await expect(nodeFetch('https://modern.test/', { dispatcher: own() })).rejects.toThrow(TypeError);
  });

  test('destroy ends what is under way and what is idle, lets nothing begin, and leaves nothing behind', async () => {
    const dispatcher = own();
    await (await nodeFetch(`http://ending.test/items`, { dispatcher })).json();
    const silent = [`http://ending.test/silence`, `https://ending.test/silence`, 'https://impostor.test/'].map(url =>
      nodeFetch(url, { dispatcher }),
    );
    const ended = silent.map(call => expect(call).rejects.toThrow(TypeError));
    await new Promise(resolve => setTimeout(resolve, 20));
    await dispatcher.destroy();
    await Promise.all(ended);
    await expect(nodeFetch(`http://ending.test/items`, { dispatcher })).rejects.toThrow(TypeError);
    await quiet(world, 'ending.test');
  });

  test('close waits for requests', async () => {
    const dispatcher = own();
    const text = nodeFetch(`${plain}/stream`, { dispatcher }).then(response => response.text());
    await new Promise(resolve => setTimeout(resolve, 0));
    await dispatcher.close();
    expect(await text).toBe(words.join(''));
  });

  test.each([
    [{ connect: {} }, /"connect"/],
    [{ pool: { perHost: 2 } }, /"pool.perHost"/],
    [{ http2: 'yes' }, /"http2"/],
    [{ mixnet: { exit: 'nobody' } }, /"mixnet.exit"/],
  ])('%j is a TypeError that names the option', (options, named) => {
    expect(() => createMixAgent(world.mixFetch, options as object)).toThrow(named);
  });
});
