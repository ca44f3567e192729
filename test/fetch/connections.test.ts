import { setMaxListeners } from 'node:events';
import { base58 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { startOrigin } from '../support/origin.ts';
import { bed, expectQuiet, failureCode, rejection } from './bed.ts';

const key = base58.encode(new Uint8Array(32).fill(9));
const anExit = `${key}.${key}@${key}`;

describe('keep-alive', () => {
  test('requests one after the other share a connection, even when the next one follows at once', async () => {
    const it = await bed();
    for (let i = 0; i < 20; i++) await (await it.fetch(it.at('/text'))).text();
    expect(it.origin.connections).toBe(1);
    await expectQuiet(it, 1);
  });

  test('an answer that is never read, but small, frees its connection', async () => {
    const it = await bed();
    await it.fetch(it.at('/text'));
    await expectQuiet(it, 1);
    await it.fetch(it.at('/text'));
    expect(it.origin.connections).toBe(1);
  });

  test('a body that is cancelled near its end is read out, one that is long closes its connection', async () => {
    const it = await bed();
    await (await it.fetch(it.at('/bytes/70000'))).body?.cancel();
    await expectQuiet(it, 1);
    await (await it.fetch(it.at('/bytes/10000000'))).body?.cancel();
    await expectQuiet(it, 0);
  });

  test('a short rest that does not come is not waited for', async () => {
    const it = await bed();
    await (await it.fetch(it.at('/silence-before-end'))).body?.cancel();
    await expect.poll(() => it.fetch.stats(), { timeout: 3_000 }).toMatchObject({ busy: 0, calls: 0 });
    await expectQuiet(it, 0);
  });

  test('ends when the server says so, or the caller', async () => {
    const it = await bed();
    await (await it.fetch(it.at('/close'))).text();
    await expectQuiet(it, 0);
    await (await it.fetch(it.at('/json'), { headers: { connection: 'close' } })).text();
    await expectQuiet(it, 0);
  });

  test('ends with bytes that nobody asked for', async () => {
    const it = await bed();
    expect(await (await it.fetch(it.at('/two-answers'))).text()).toBe('first');
    await expectQuiet(it, 0);
  });

  test('ends when the server closes the idle connection', async () => {
    const it = await bed();
    await (await it.fetch(it.at('/json'))).text();
    it.origin.dropIdle();
    await expectQuiet(it, 0);
  });

  test('ends after the idle time', async () => {
    const it = await bed({ pool: { idle: 30 } });
    await (await it.fetch(it.at('/json'))).text();
    await expectQuiet(it, 0);
    await (await it.fetch(it.at('/json'))).text();
    expect(it.origin.connections).toBe(2);
  });

  test('ends before the server ends it, as far as the server tells', async () => {
    const it = await bed({ keepAlive: 3_000 });
    await (await it.fetch(it.at('/json'))).text();
    await expectQuiet(it, 0);
  });

  test('is not shared between isolation strings, exits, or origins', async () => {
    const it = await bed();
    const other = await startOrigin();
    await (await it.fetch(it.at('/json'))).text();
    await (await it.fetch(it.at('/json'), { mixnet: { isolation: 'another me' } })).text();
    await (await it.fetch(it.at('/json'), { mixnet: { exit: anExit } })).text();
    await (await it.fetch(`${other.url}/json`)).text();
    expect(it.exit.asked).toMatchObject([
      { isolation: '', exit: undefined },
      { isolation: 'another me', exit: undefined },
      { isolation: '', exit: anExit },
      { isolation: '', port: other.port },
    ]);
    await expectQuiet(it, 4);
    await other.close();
  });
});

describe('a reused connection that turns out to be dead', () => {
  /** Answers the first request of a connection, and closes it on the second without a word. */
  const onceOnly = () => {
    const seen = new WeakSet<object>();
    return {
      '/once': (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => {
        if (seen.has(request.socket)) return void request.socket.destroy();
        seen.add(request.socket);
        response.end('fine');
      },
    };
  };

  test.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('%s is made once more, on a new one', async method => {
    const it = await bed({ routes: onceOnly() });
    const body = method === 'PUT' ? { body: 'content' } : {};
    await (await it.fetch(it.at('/once'))).text();
    expect(await (await it.fetch(it.at('/once'), { method, ...body })).text()).toBe('fine');
    expect(it.origin.connections).toBe(2);
    await expectQuiet(it, 1);
  });

  test('POST is not: the server may have acted on it', async () => {
    const it = await bed({ routes: onceOnly() });
    await (await it.fetch(it.at('/once'))).text();
    const code = await failureCode(it.fetch(it.at('/once'), { method: 'POST', body: 'pay' }));
    expect(code).toMatch(/^ERR_MIX_(HTTP_TRUNCATED|EXIT_CLOSED)$/);
    expect(it.origin.requests.length).toBe(2);
    await expectQuiet(it, 0);
  });

  test('a request on a new connection is made once only', async () => {
    const it = await bed();
    expect(await failureCode(it.fetch(it.at('/empty')))).toBe('ERR_MIX_HTTP_TRUNCATED');
    expect(it.origin.requests.length).toBe(1);
  });
});

describe('limits', () => {
  test('many requests at once to one origin take six connections and all succeed', async () => {
    const it = await bed();
    const answers = await Promise.all(Array.from({ length: 100 }, async () => (await it.fetch(it.at('/text'))).text()));
    expect(new Set(answers).size).toBe(1);
    expect(it.origin.connections).toBe(6);
    await expectQuiet(it, 6);
  });

  test('a few connections in total serve many origins, idle ones making room', async () => {
    const it = await bed({ pool: { total: 2 } });
    const origins = await Promise.all([startOrigin(), startOrigin(), startOrigin(), startOrigin()]);
    const asked = origins.flatMap(({ url }) => [url, url, url]);
    const answers = await Promise.all(asked.map(async url => (await it.fetch(`${url}/json`)).json()));
    expect(answers.length).toBe(12);
    await expectQuiet(it, 2);
    for (const origin of origins) await origin.close();
  });

  test('one origin with many requests does not keep another from its turn', async () => {
    const it = await bed({ pool: { total: 2, perOrigin: 2 } });
    const quiet = await startOrigin();
    const order: string[] = [];
    const ask = async (url: string, name: string) => {
      await (await it.fetch(url)).text();
      order.push(name);
    };
    const busy = Array.from({ length: 40 }, () => ask(it.at('/drip/1'), 'busy'));
    await Promise.all([...busy, ask(`${quiet.url}/json`, 'quiet')]);
    expect(order.indexOf('quiet')).toBeLessThan(8);
    await quiet.close();
  });

  test('who waits can give up, and then waits no more', async () => {
    const it = await bed({ pool: { perOrigin: 1 } });
    const first = await it.fetch(it.at('/silence-after-head'));
    const abort = new AbortController();
    const second = it.fetch(it.at('/json'), { signal: abort.signal });
    await expect.poll(() => it.fetch.stats().waiting).toBe(1);
    abort.abort(new Error('enough'));
    expect(await rejection(second)).toMatchObject({ message: 'enough' });
    expect(it.fetch.stats().waiting).toBe(0);
    await first.body?.cancel();
    await expectQuiet(it, 0);
  });

  test('waiting has its time', async () => {
    const it = await bed({ pool: { perOrigin: 1 } });
    const first = await it.fetch(it.at('/silence-after-head'));
    const second = it.fetch(it.at('/json'), { mixnet: { timeouts: { setup: 30 } } });
    expect(await failureCode(second)).toBe('ERR_MIX_TIMEOUT_TURN');
    await first.body?.cancel();
    await expectQuiet(it, 0);
  });

  test('more than can wait are refused at once', async () => {
    const it = await bed({ pool: { perOrigin: 1 } });
    const first = await it.fetch(it.at('/silence-after-head'));
    const abort = new AbortController();
    setMaxListeners(0, abort.signal);
    const waiting = Array.from({ length: 1024 }, () => it.fetch(it.at('/json'), { signal: abort.signal }));
    await expect.poll(() => it.fetch.stats().waiting).toBe(1024);
    expect(await failureCode(it.fetch(it.at('/json')))).toBe('ERR_MIX_USAGE_BUSY');
    abort.abort();
    await Promise.allSettled(waiting);
    await first.body?.cancel();
    await expectQuiet(it, 0);
  });

  test.each([{ perOrigin: 0 }, { total: Number.NaN }, { idle: -1 }, { size: 3 }, 'many'])(
    '%j is a TypeError',
    async pool => {
      await expect(bed({ pool: pool as object })).rejects.toThrow(TypeError);
    },
  );
});

describe('close', () => {
  test('ends calls and connections, and takes no more', async () => {
    const it = await bed();
    await (await it.fetch(it.at('/json'))).text();
    const silent = it.fetch(it.at('/silence'));
    const reading = (await it.fetch(it.at('/silence-after-head'))).text();
    const ended = [failureCode(silent), failureCode(reading)];
    await it.fetch.close();
    expect(await Promise.all(ended)).toEqual(['ERR_MIX_MIXNET_CLOSED', 'ERR_MIX_MIXNET_CLOSED']);
    expect(await failureCode(it.fetch(it.at('/json')))).toBe('ERR_MIX_MIXNET_CLOSED');
    await expectQuiet(it, 0);
  });

  test('lets calls finish for as long as it is told', async () => {
    const it = await bed();
    const [short, long] = [it.fetch(it.at('/drip/3')), it.fetch(it.at('/silence'))];
    const ended = failureCode(long);
    const answer = short.then(response => response.text());
    await it.fetch.close({ drain: 300 });
    expect(await answer).toMatch(/piece 1/);
    expect(await ended).toBe('ERR_MIX_MIXNET_CLOSED');
    await expectQuiet(it, 0);
  });

  test('waits no longer once it is told so', async () => {
    const it = await bed();
    const ended = failureCode(it.fetch(it.at('/silence')));
    const draining = it.fetch.close({ drain: 60_000 });
    await it.fetch.close({ drain: 20 });
    await draining;
    expect(await ended).toBe('ERR_MIX_MIXNET_CLOSED');
    await expectQuiet(it, 0);
  });

  test('does not wait longer than for the last one', async () => {
    const it = await bed();
    const answer = it.fetch(it.at('/drip/3')).then(response => response.text());
    await it.fetch.close({ drain: 60_000 });
    expect(await answer).toMatch(/piece 1/);
    await expectQuiet(it, 0);
  });
});
