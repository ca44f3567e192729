/** Published packages that take an agent, unmodified, with agents whose connections go through the mixnet. */

import axios from 'axios';
import got, { HTTPError, RequestError, TimeoutError } from 'got';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createMixAgents, type MixAgents } from '../../src/node.ts';
import { words } from './service.ts';
import { packageWorld, plain, secure } from './world.ts';

const world = packageWorld();
let agents: MixAgents;

beforeAll(() => {
  agents = createMixAgents(world.mixFetch, { platform: world.platform, extraCa: [world.ca] });
});
afterAll(() => {
  agents.http.destroy();
  agents.https.destroy();
});

describe.each([plain, secure])('got, %s', origin => {
  const client = () => got.extend({ agent: agents, prefixUrl: origin, retry: { limit: 0 } });

  test('GET, POST JSON, redirect, stream', async () => {
    expect(await client()('items', { searchParams: { color: 'red' } }).json()).toMatchObject({ color: 'red' });
    expect(
      await client()
        .post('items', { json: { name: 'Ada' } })
        .json(),
    ).toMatchObject({ created: { name: 'Ada' } });
    const other = origin === plain ? secure : plain;
    expect((await client()('redirect', { searchParams: { to: `${other}/items` } })).url).toBe(`${other}/items`);
    let text = '';
    for await (const piece of client().stream('stream')) text += piece;
    expect(text).toBe(words.join(''));
  });

  test('error status, timeout, abort, failure of the mixnet', async () => {
    await expect(client()('status/503')).rejects.toBeInstanceOf(HTTPError);
    await expect(client()('silence', { timeout: { request: 100 } })).rejects.toBeInstanceOf(TimeoutError);
    await expect(client()('silence', { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    const failed = got('https://impostor.test/', { agent: agents, retry: { limit: 0 } });
    await expect(failed).rejects.toBeInstanceOf(RequestError);
    await expect(failed).rejects.toMatchObject({ code: 'ERR_MIX_TLS_CERTIFICATE' });
  });
});

describe.each([plain, secure])('axios, by its http adapter, %s', origin => {
  const client = () =>
    axios.create({ adapter: 'http', baseURL: origin, httpAgent: agents.http, httpsAgent: agents.https, proxy: false });

  test('GET, POST JSON, redirect, stream', async () => {
    expect((await client().get('/items', { params: { color: 'red' } })).data).toMatchObject({ color: 'red' });
    const created = await client().post('/items', { name: 'Ada' });
    expect([created.status, created.data]).toEqual([201, { type: 'application/json', created: { name: 'Ada' } }]);
    const other = origin === plain ? secure : plain;
    expect((await client().get('/redirect', { params: { to: `${other}/items` } })).status).toBe(200);
    const { data } = await client().get('/stream', { responseType: 'stream' });
    let text = '';
    for await (const piece of data) text += piece;
    expect(text).toBe(words.join(''));
  });

  test('error status, timeout, abort, failure of the mixnet', async () => {
    await expect(client().get('/status/503')).rejects.toMatchObject({ response: { status: 503 } });
    await expect(client().get('/silence', { timeout: 100 })).rejects.toMatchObject({ code: 'ECONNABORTED' });
    await expect(client().get('/silence', { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      code: 'ERR_CANCELED',
    });
    await expect(client().get('https://impostor.test/')).rejects.toMatchObject({ code: 'ERR_MIX_TLS_CERTIFICATE' });
  });
});

describe.each([
  ['ws:', 'http'],
  ['wss:', 'https'],
] as const)('ws, %s', (scheme, kind) => {
  const connect = (path = '/socket') => new WebSocket(`${scheme}//shop.test${path}`, { agent: agents[kind] });

  function serve(): void {
    const server = new WebSocketServer({ server: world.servers[kind].server, path: '/socket' });
    server.on('connection', socket => {
      socket.on('message', (data, binary) => {
        if (String(data) === 'bye') socket.close(4001, 'as you wish');
        else socket.send(data, { binary });
      });
    });
    onTestFinished(() => void server.close());
  }

  test('echo of texts and bytes, ping and pong, close from the other side', async () => {
    serve();
    const socket = connect();
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    const heard: string[] = [];
    const enough = new Promise<void>(resolve => {
      socket.on('message', data => {
        heard.push(String(data));
        if (heard.length === 3) resolve();
      });
    });
    const long = 'x'.repeat(20_000);
    socket.send('hello');
    socket.send(Buffer.from('bytes'));
    socket.send(long);
    await enough;
    expect(heard).toEqual(['hello', 'bytes', long]);
    const pong = new Promise<string>(resolve => socket.on('pong', data => resolve(String(data))));
    socket.ping('there?');
    expect(await pong).toBe('there?');
    const closed = new Promise(resolve => socket.on('close', (code, reason) => resolve([code, String(reason)])));
    socket.send('bye');
    expect(await closed).toEqual([4001, 'as you wish']);
  });

  test('close from this side, and terminate', async () => {
    serve();
    for (const [end, code] of [
      [(socket: WebSocket) => socket.close(1000, 'done'), 1000],
      [(socket: WebSocket) => socket.terminate(), 1006],
    ] as const) {
      const socket = connect();
      const closed = new Promise(resolve => socket.on('close', resolve));
      socket.on('open', () => end(socket));
      expect(await closed).toBe(code);
    }
  });

  test('an error says what the mixnet says', async () => {
    const error = new Promise(resolve => {
      new WebSocket(`${scheme}//no-such-host.test/`, { agent: agents[kind] }).on('error', resolve);
    });
    expect(await error).toMatchObject({ code: 'ERR_MIX_EXIT_REFUSED' });
  });
});
