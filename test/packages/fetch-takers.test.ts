/** Published packages that take a `fetch`, unmodified, with `mixFetch` in its place. */

import axios, { AxiosError } from 'axios';
import { EventSource } from 'eventsource';
import ky, { HTTPError, TimeoutError } from 'ky';
import OpenAI, { APIConnectionTimeoutError, NotFoundError } from 'openai';
import createClient from 'openapi-fetch';
import { createPublicClient, http, MethodNotFoundRpcError, TimeoutError as ViemTimeoutError } from 'viem';
import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/index.ts';
import { chainId, words } from './service.ts';
import { packageWorld, secure } from './world.ts';

const world = packageWorld();
const reason = new Error('enough');

async function rejection(promise: Promise<unknown>): Promise<Error> {
  const error: unknown = await promise.then(
    () => expect.fail('it resolved'),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error;
}

function abortSoon(): AbortSignal {
  const abort = new AbortController();
  setTimeout(() => abort.abort(reason), 30);
  return abort.signal;
}

describe('ky', () => {
  const client = () => ky.create({ fetch: world.mixFetch, prefixUrl: secure, retry: 0 });

  test('GET, POST JSON, stream', async () => {
    expect(
      await client()
        .get('items', { searchParams: { color: 'red' } })
        .json(),
    ).toMatchObject({ color: 'red' });
    expect(
      await client()
        .post('items', { json: { name: 'Ada' } })
        .json(),
    ).toMatchObject({ created: { name: 'Ada' } });
    expect(await client().get('stream').text()).toBe(words.join(''));
  });

  test('error status, timeout, abort, failure of the mixnet', async () => {
    const status = await rejection(client().get('status/503'));
    expect(status).toBeInstanceOf(HTTPError);
    expect(await (status as HTTPError).response.json()).toEqual({ message: 'as ordered' });
    expect(await rejection(client().get('silence', { timeout: 50 }))).toBeInstanceOf(TimeoutError);
    expect(await rejection(client().get('silence', { signal: abortSoon() }))).toBe(reason);
    const failed = await rejection(ky.get('https://no-such-host.test/', { fetch: world.mixFetch, retry: 0 }));
    expect(failed.cause).toBeInstanceOf(MixnetError);
  });
});

describe('axios, by its fetch adapter', () => {
  const client = () => axios.create({ adapter: 'fetch', baseURL: secure, env: { fetch: world.mixFetch } });

  test('GET, POST JSON, stream', async () => {
    expect((await client().get('/items', { params: { color: 'red' } })).data).toMatchObject({ color: 'red' });
    const created = await client().post('/items', { name: 'Ada' });
    expect([created.status, created.data]).toEqual([201, { type: 'application/json', created: { name: 'Ada' } }]);
    const { data } = await client().get<ReadableStream<Uint8Array>>('/stream', { responseType: 'stream' });
    expect(await new Response(data).text()).toBe(words.join(''));
  });

  test('error status, timeout, abort', async () => {
    expect(await rejection(client().get('/status/503'))).toMatchObject({ response: { status: 503 } });
    const late = await rejection(client().get('/silence', { timeout: 50 }));
    expect(late).toBeInstanceOf(AxiosError);
    expect(late).toMatchObject({ code: expect.stringMatching(/^(ETIMEDOUT|ECONNABORTED)$/) });
    expect(axios.isCancel(await rejection(client().get('/silence', { signal: abortSoon() })))).toBe(true);
  });
});

describe('openapi-fetch', () => {
  interface Paths {
    '/items': {
      get: { responses: { 200: { content: { 'application/json': { color: string; items: number[] } } } } };
      post: {
        requestBody: { content: { 'application/json': { name: string } } };
        responses: { 201: { content: { 'application/json': { created: { name: string } } } } };
      };
    };
    '/status/503': { get: { responses: { 503: { content: { 'application/json': { message: string } } } } } };
    '/silence': { get: { responses: { 200: { content: { 'application/json': string } } } } };
  }

  test('GET, POST JSON, error status, abort', async () => {
    const client = createClient<Paths>({ baseUrl: secure, fetch: world.mixFetch });
    expect((await client.GET('/items')).data).toMatchObject({ items: [1, 2, 3] });
    const { data, response } = await client.POST('/items', { body: { name: 'Ada' } });
    expect([response.status, data?.created]).toEqual([201, { name: 'Ada' }]);
    expect((await client.GET('/status/503')).error).toEqual({ message: 'as ordered' });
    expect(await rejection(client.GET('/silence', { signal: abortSoon() }))).toBe(reason);
  });
});

describe('openai', () => {
  const client = () => new OpenAI({ apiKey: 'none', baseURL: `${secure}/v1`, fetch: world.mixFetch, maxRetries: 0 });
  const question = { model: 'tiny', messages: [{ role: 'user' as const, content: 'Who asked?' }] };

  test('GET, a completion at once, and one word by word', async () => {
    expect((await client().models.list()).data).toMatchObject([{ id: 'tiny' }]);
    const { choices } = await client().chat.completions.create(question);
    expect(choices[0]?.message.content).toBe(words.join(''));
    const heard: unknown[] = [];
    for await (const part of await client().chat.completions.create({ ...question, stream: true })) {
      heard.push(part.choices[0]?.delta.content);
    }
    expect(heard).toEqual(words);
  });

  test('error status, timeout, abort of a stream', async () => {
    const unknown = client().chat.completions.create({ ...question, model: 'huge' });
    expect(await rejection(unknown)).toBeInstanceOf(NotFoundError);
    expect(await rejection(client().get('/silence', { timeout: 50 }))).toBeInstanceOf(APIConnectionTimeoutError);
    const stream = await client().chat.completions.create({ ...question, stream: true });
    for await (const part of stream) {
      expect(part.choices[0]?.delta.content).toBe(words[0]);
      stream.controller.abort();
      break;
    }
  });
});

describe('viem', () => {
  const client = (options: object = {}) =>
    createPublicClient({ transport: http(`${secure}/rpc`, { fetchFn: world.mixFetch, retryCount: 0, ...options }) });

  test('calls, batches and errors of JSON-RPC', async () => {
    expect(await client().getChainId()).toBe(chainId);
    const batching = client({ batch: true });
    expect(await Promise.all([batching.getChainId(), batching.getBlockNumber()])).toEqual([chainId, 42n]);
    expect(await rejection(client().getGasPrice())).toBeInstanceOf(MethodNotFoundRpcError);
  });

  test('timeout', async () => {
    const transport = http(`${secure}/silence`, { fetchFn: world.mixFetch, retryCount: 0, timeout: 60 });
    const slow = createPublicClient({ transport });
    expect(await rejection(slow.getChainId())).toBeInstanceOf(ViemTimeoutError);
  });
});

describe('eventsource', () => {
  test('hears events, and comes back where it was when the server ends the stream', async () => {
    const source = new EventSource(`${secure}/events`, { fetch: world.mixFetch });
    const heard: [string, string][] = [];
    await new Promise<void>(resolve => {
      source.addEventListener('word', ({ data, lastEventId }) => {
        heard.push([lastEventId, data]);
        if (heard.length === 2 * words.length) resolve();
      });
    });
    source.close();
    expect(heard).toEqual([...words, ...words].map((word, i) => [String(i + 1), word]));
  });

  test('says so when there is no such stream', async () => {
    const source = new EventSource(`${secure}/status/404`, { fetch: world.mixFetch });
    const { code } = await new Promise<{ code?: number | undefined }>(resolve =>
      source.addEventListener('error', error => resolve(error)),
    );
    expect([code, source.readyState]).toEqual([404, EventSource.CLOSED]);
  });
});
