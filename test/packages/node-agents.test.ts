import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createMixFetch, MixnetError } from '../../src/index.ts';
import { createMixAgents, type MixAgents, type MixAgentsOptions } from '../../src/node.ts';
import { words } from './service.ts';
import { packageWorld, plain, quiet, secure, traffic } from './world.ts';

const world = packageWorld();
let agents: MixAgents;

beforeAll(() => {
  agents = create();
});
afterAll(() => destroy(agents));

function create(options: MixAgentsOptions = {}): MixAgents {
  return createMixAgents(world.mixFetch, { platform: world.platform, extraCa: [world.ca], ...options });
}

function destroy({ http, https }: MixAgents): void {
  http.destroy();
  https.destroy();
}

/** Gone with the test. */
function ownAgents(options?: MixAgentsOptions): MixAgents {
  const own = create(options);
  onTestFinished(() => destroy(own));
  return own;
}

interface CallOptions extends RequestOptions {
  readonly agents?: MixAgents;
  readonly body?: string;
}

function begin(url: string, { agents: own = agents, body, ...options }: CallOptions = {}): ClientRequest {
  const { protocol } = new URL(url);
  const request =
    protocol === 'https:'
      ? https.request(url, { agent: own.https, ...options })
      : http.request(url, { agent: own.http, ...options });
  return request.end(body);
}

function answered(
  request: ClientRequest,
): Promise<{ status: number | undefined; text: string; response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', async response => {
      try {
        let text = '';
        for await (const piece of response) text += piece;
        resolve({ status: response.statusCode, text, response });
      } catch (error) {
        reject(error);
      }
    });
  });
}

const ask = (url: string, options?: CallOptions) => answered(begin(url, options));

describe.each([
  ['node:http', plain, 'http'],
  ['node:https', secure, 'https'],
] as const)('%s', (_, origin, kind) => {
  test('GET, and the next one on the same connection', async () => {
    const own = ownAgents();
    const sockets = new Set<unknown>();
    for (let i = 0; i < 3; i++) {
      const { status, text, response } = await ask(`${origin}/items?color=red`, { agents: own });
      expect([status, text]).toEqual([200, '{"color":"red","items":[1,2,3]}']);
      sockets.add(response.socket);
    }
    expect(sockets.size).toBe(1);
  });

  test('POST with a body, small and large', async () => {
    for (const name of ['Ada', 'x'.repeat(30_000)]) {
      const headers = { 'content-type': 'application/json' };
      const { status, text } = await ask(`${origin}/items`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ name }),
      });
      expect([status, JSON.parse(text)]).toEqual([201, { type: 'application/json', created: { name } }]);
    }
  });

  test('an error status, and a stream', async () => {
    expect((await ask(`${origin}/status/503`)).status).toBe(503);
    const pieces: string[] = [];
    const request = begin(`${origin}/stream`);
    request.on('response', response => response.on('data', piece => pieces.push(String(piece))));
    await answered(request);
    expect(pieces.join('')).toBe(words.join(''));
    expect(pieces.length).toBeGreaterThan(1);
  });

  test('a timeout of the request, and abort, at any time, leave nothing behind', async () => {
    const own = ownAgents();
    const slow = begin(`${origin}/silence`, { agents: own, timeout: 50 });
    slow.on('timeout', () => slow.destroy(new Error('too slow')));
    await expect(answered(slow)).rejects.toThrow('too slow');

    for (const ms of [0, 20, 400]) {
      const signal = AbortSignal.timeout(ms);
      await expect(ask(`${origin}/silence`, { agents: own, signal })).rejects.toMatchObject({ name: 'AbortError' });
    }
    await expect.poll(() => Object.keys({ ...own[kind].sockets, ...own[kind].freeSockets })).toEqual([]);
  });

  test('an exit that does not answer costs the connect timeout, and the error says so', async () => {
    const own = ownAgents({ mixnet: { timeouts: { connect: 80 } } });
    const [requester] = world.devnet.requesters;
    if (requester === undefined) throw new Error('the devnet has no exit');
    requester.behaviour = 'silent';
    onTestFinished(() => {
      requester.behaviour = 'normal';
    });
    const error = await ask(`${origin}/items`, { agents: own }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(MixnetError);
    expect((error as MixnetError).code).toMatch(/^ERR_MIX_(TIMEOUT_CONNECT|EXIT_SILENT)$/);
  });

  test.each(['localhost', '127.0.0.1', '[::1]', 'no-such-host.test'])(
    '%s is for the exit to refuse: no look-up and no connection here, whatever the request says',
    async host => {
      const elsewhere = { lookup: () => expect.fail('a name was looked up'), family: 4, localAddress: '127.0.0.1' };
      const { port } = world.servers[kind];
      const asked = ask(`${kind}://${host}:${port}/items`, elsewhere as RequestOptions);
      await expect(asked).rejects.toMatchObject({ code: 'ERR_MIX_EXIT_REFUSED' });
    },
  );
});

describe('the agents', () => {
  test('check certificates, whatever a request or the environment says', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    onTestFinished(() => {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    });
    const careless = { rejectUnauthorized: false, servername: 'shop.test', checkServerIdentity: () => undefined };
    const certificate = { code: 'ERR_MIX_TLS_CERTIFICATE' };
    await expect(ask('https://impostor.test/items', careless)).rejects.toMatchObject(certificate);
    const trusting = ownAgents({ extraCa: undefined });
    await expect(ask(`${secure}/items`, { ...careless, agents: trusting })).rejects.toMatchObject(certificate);
    await expect(ask(`${secure}/items`, { ...careless, ca: world.ca, agents: trusting })).rejects.toMatchObject(
      certificate,
    );
  });

  test('check the host of the URL, not the header Host', async () => {
    const headers = { host: 'shop.test' };
    const asked = ask('https://impostor.test/items', { headers });
    await expect(asked).rejects.toMatchObject({ code: 'ERR_MIX_TLS_CERTIFICATE' });
  });

  test('refuse sockets of this machine', () => {
    expect(() => http.request({ agent: agents.http, socketPath: '/tmp/a.sock' })).toThrow(/"socketPath"/);
  });

  test('make as many connections as the pool allows, and keep them for as long', async () => {
    const own = ownAgents({ pool: { perOrigin: 2, idle: 60 } });
    world.devnet.setHost('busy.test', world.servers.http.port);
    const all = await Promise.all(Array.from({ length: 12 }, () => ask('http://busy.test/items', { agents: own })));
    expect(all.map(({ status }) => status)).toEqual(Array(12).fill(200));
    expect(world.servers.http.connectionsTo('busy.test')).toBe(2);
    await expect.poll(() => Object.keys({ ...own.http.sockets, ...own.http.freeSockets })).toEqual([]);
  });

  test('hold the process while a request is under way, and not for idle connections', async () => {
    const own = ownAgents();
    const held = world.platform.holders;
    const call = ask(`${plain}/items`, { agents: own });
    expect(world.platform.holders).toBeGreaterThan(held);
    await call;
    await expect.poll(() => world.platform.holders).toBe(held);
    const again = ask(`${plain}/items`, { agents: own });
    expect(world.platform.holders).toBeGreaterThan(held);
    await again;
    await expect.poll(() => world.platform.holders).toBe(held);
  });

  test('destroy ends what is under way and what is idle, lets nothing begin, and leaves nothing behind', async () => {
    const own = ownAgents();
    await ask(`http://ending.test/items`, { agents: own });
    const silent = [`http://ending.test/silence`, `https://ending.test/silence`].map(url => ask(url, { agents: own }));
    const ended = silent.map(call => expect(call).rejects.toMatchObject({ code: 'ERR_MIX_MIXNET_CLOSED' }));
    await new Promise(resolve => setTimeout(resolve, 100));
    destroy(own);
    await Promise.all(ended);
    await expect(ask(`http://ending.test/items`, { agents: own })).rejects.toMatchObject({
      code: 'ERR_MIX_MIXNET_CLOSED',
    });
    await quiet(world, 'ending.test');
  });

  test('end with the mixFetch below', async () => {
    const { devnet, platform } = world;
    const mixFetch = createMixFetch({ api: devnet.api, platform, traffic });
    const own = createMixAgents(mixFetch, { platform });
    expect((await ask(`${plain}/items`, { agents: own })).status).toBe(200);
    const ended = expect(ask(`${plain}/silence`, { agents: own })).rejects.toMatchObject({
      code: 'ERR_MIX_MIXNET_CLOSED',
    });
    await new Promise(resolve => setTimeout(resolve, 100));
    await mixFetch.close();
    await ended;
    await expect(ask(`${plain}/items`, { agents: own })).rejects.toMatchObject({ code: 'ERR_MIX_MIXNET_CLOSED' });
  });

  test('work over a MixnetClient too', async () => {
    const own = createMixAgents(world.mixFetch.client, { platform: world.platform });
    onTestFinished(() => destroy(own));
    expect((await ask(`${plain}/items`, { agents: own })).status).toBe(200);
  });

  test.each([
    [{ keepAlive: true }, /"keepAlive"/],
    [{ pool: { perHost: 2 } }, /"pool.perHost"/],
    [{ ca: 'PEM' }, /"ca"/],
    [{ extraCa: ['garbage'] }, /"extraCa"/],
    [{ mixnet: { exit: 'nobody' } }, /"mixnet.exit"/],
    [{ mixnet: { timeouts: { conect: 1 } } }, /"conect"/],
  ])('%j is a TypeError that names the option', (options, named) => {
    expect(() => createMixAgents(world.mixFetch, options as object)).toThrow(named);
    expect(() => createMixAgents({} as never)).toThrow(TypeError);
  });
});
