import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import { createFetch } from '../../src/fetch/index.ts';
import { bed, expectQuiet, failureCode, rejection } from './bed.ts';

const reason = new Error('changed my mind');

describe('abort', () => {
  test('before the call: the reason, and nothing is sent', async () => {
    const it = await bed();
    expect(await rejection(it.fetch(it.at('/json'), { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(it.exit.asked).toEqual([]);
    await expectQuiet(it, 0);
  });

  test('without a reason: an AbortError', async () => {
    const { fetch, at } = await bed();
    expect(await rejection(fetch(at('/json'), { signal: AbortSignal.abort() }))).toMatchObject({ name: 'AbortError' });
  });

  test('cancels a body that will not be sent', async () => {
    const { fetch, at } = await bed();
    let cancelled: unknown;
    const body = new ReadableStream({
      cancel(given) {
        cancelled = given;
      },
    });
    await rejection(fetch(at('/echo'), { method: 'POST', body, duplex: 'half', signal: AbortSignal.abort(reason) }));
    expect(cancelled).toBe(reason);
  });

  const stages: [when: string, path: string][] = [
    ['while the exit connects', '/silence'],
    ['while the head is waited for', '/silence'],
  ];
  test.each(stages)('%s', async (_, path) => {
    const it = await bed();
    const abort = new AbortController();
    const call = it.fetch(it.at(path), { signal: abort.signal });
    if (_.includes('head')) await expect.poll(() => it.origin.requests.length).toBe(1);
    abort.abort(reason);
    expect(await rejection(call)).toBe(reason);
    await expectQuiet(it, 0);
    expect(getEventListeners(abort.signal, 'abort').length).toBe(0);
  });

  test('while the body comes, whether or not somebody reads at the moment', async () => {
    for (const isReading of [true, false]) {
      const it = await bed();
      const abort = new AbortController();
      const response = await it.fetch(it.at('/silence-after-head'), { signal: abort.signal });
      const reader = response.body?.getReader();
      if (isReading) await reader?.read();
      const next = reader?.read();
      if (isReading) abort.abort(reason);
      else {
        await next;
        abort.abort(reason);
      }
      expect(await rejection(Promise.resolve(isReading ? next : reader?.read()))).toBe(reason);
      await expectQuiet(it, 0);
    }
  });

  test('while nobody reads a full body', async () => {
    const it = await bed();
    const abort = new AbortController();
    const response = await it.fetch(it.at('/bytes/10000000'), { signal: abort.signal });
    await expect.poll(() => it.platform.holders).toBe(0);
    abort.abort(reason);
    expect(await rejection(response.arrayBuffer())).toBe(reason);
    await expectQuiet(it, 0);
  });

  test('while a coded body comes', async () => {
    const it = await bed({
      routes: {
        '/slow-gzip': (_, response) => {
          response.setHeader('content-encoding', 'gzip');
          response.write(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]));
        },
      },
    });
    const abort = new AbortController();
    const read = (await it.fetch(it.at('/slow-gzip'), { signal: abort.signal })).text();
    abort.abort(reason);
    expect(await rejection(read)).toBe(reason);
    await expectQuiet(it, 0);
  });

  test('while the upload goes', async () => {
    const it = await bed({ routes: { '/never-reads': () => {} } });
    const abort = new AbortController();
    let cancelled: unknown;
    const body = new ReadableStream({
      pull: controller => controller.enqueue(new Uint8Array(65536)),
      cancel(given) {
        cancelled = given;
      },
    });
    const call = it.fetch(it.at('/never-reads'), { method: 'POST', body, duplex: 'half', signal: abort.signal });
    await expect.poll(() => it.origin.requests.length).toBe(1);
    abort.abort(reason);
    expect(await rejection(call)).toBe(reason);
    await expect.poll(() => cancelled).toBe(reason);
    await expectQuiet(it, 0);
  });

  test('after the body has come changes nothing', async () => {
    const it = await bed();
    const abort = new AbortController();
    const response = await it.fetch(it.at('/text'), { signal: abort.signal });
    await expectQuiet(it, 1);
    abort.abort(reason);
    expect((await response.text()).length).toBe(9000);
    await expectQuiet(it, 1);
  });

  test('a signal used again and again collects no listeners', async () => {
    const it = await bed();
    const { signal } = new AbortController();
    for (let i = 0; i < 50; i++) await (await it.fetch(it.at('/countdown/1'), { signal })).text();
    await rejection(it.fetch(it.at('/garbage'), { signal }));
    await (await it.fetch(it.at('/bytes/1000000'), { signal })).body?.cancel();
    await rejection(it.fetch('gopher://127.0.0.1/', { signal }));
    await expectQuiet(it);
    expect(getEventListeners(signal, 'abort').length).toBe(0);
  });

  test('the signal of a Request counts, and init can take it away', async () => {
    const { fetch, at } = await bed();
    const request = new Request(at('/json'), { signal: AbortSignal.abort(reason) });
    expect(await rejection(fetch(request))).toBe(reason);
    expect((await fetch(request, { signal: null })).status).toBe(200);
  });

  test('a stream that an exit gives after the abort is closed', async () => {
    const it = await bed();
    let give: () => void = () => {};
    let isAsked = false;
    const ready = new Promise<void>(resolve => {
      give = resolve;
    });
    const fetch = createFetch({
      platform: it.platform,
      tls: { secure: () => expect.fail('no TLS here') },
      open: async options => {
        isAsked = true;
        await ready;
        return it.exit.openStream(options);
      },
    });
    const abort = new AbortController();
    const call = fetch(it.at('/json'), { signal: abort.signal });
    await expect.poll(() => isAsked).toBe(true);
    abort.abort(reason);
    expect(await rejection(call)).toBe(reason);
    give();
    await expect.poll(() => [it.exit.asked.length, it.exit.open]).toEqual([1, 0]);
    expect(fetch.stats()).toMatchObject({ busy: 0, idle: 0, waiting: 0, calls: 0 });
  });
});

describe('deadlines', () => {
  test('setup: no client', async () => {
    const it = await bed({ open: () => new Promise(() => {}) });
    expect(await failureCode(it.fetch(it.at('/json'), { mixnet: { timeouts: { setup: 30 } } }))).toBe(
      'ERR_MIX_TIMEOUT_SETUP',
    );
    await expectQuiet(it, 0);
  });

  test('connect: the exit is silent', async () => {
    const it = await bed({ exit: { silent: ['nowhere.test'] }, timeouts: { connect: 30 } });
    expect(await failureCode(it.fetch('http://nowhere.test/'))).toBe('ERR_MIX_TIMEOUT_CONNECT');
    expect(await failureCode(it.fetch('https://nowhere.test/'))).toBe('ERR_MIX_TIMEOUT_CONNECT');
    expect(it.exit.asked[0]?.connectTimeoutMs).toBe(30);
    await expectQuiet(it, 0);
  });

  test('headers: the server is silent', async () => {
    const it = await bed({ timeouts: { headers: 30 } });
    expect(await failureCode(it.fetch(it.at('/silence')))).toBe('ERR_MIX_TIMEOUT_HEADERS');
    await expectQuiet(it, 0);
  });

  test('body: the server stops in the middle', async () => {
    const it = await bed({ timeouts: { body: 30 } });
    const response = await it.fetch(it.at('/silence-after-head'));
    expect(await failureCode(response.text())).toBe('ERR_MIX_TIMEOUT_BODY');
    await expectQuiet(it, 0);
  });

  test('body: nobody begins to read a long one', async () => {
    const it = await bed({ timeouts: { body: 50 } });
    const response = await it.fetch(it.at('/bytes/10000000'));
    await expectQuiet(it, 0);
    expect(await failureCode(response.arrayBuffer())).toBe('ERR_MIX_TIMEOUT_BODY');
  });

  test('body: a reader may pause for as long as it likes', async () => {
    const it = await bed({ timeouts: { body: 400 } });
    const reader = (await it.fetch(it.at('/bytes/10000000'))).body?.getReader();
    let length = (await reader?.read())?.value?.length ?? 0;
    await expect.poll(() => it.platform.holders).toBe(0);
    await new Promise(resolve => setTimeout(resolve, 1_200)); // Three times the limit, on purpose.
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) break;
      length += value?.length ?? 0;
    }
    expect(length).toBe(10_000_000);
    await expectQuiet(it, 1);
  });

  test('body: slow but steady is not late', async () => {
    const { fetch, at } = await bed({ timeouts: { body: 1_000 } });
    expect((await (await fetch(at('/drip/150'))).text()).length).toBeGreaterThan(300);
  });

  test('total: from the call to the last byte, whatever is waited for', async () => {
    const it = await bed({ timeouts: { total: 60 } });
    expect(await failureCode(it.fetch(it.at('/silence')))).toBe('ERR_MIX_TIMEOUT_TOTAL');
    const response = await it.fetch(it.at('/drip/1000'));
    expect(await failureCode(response.text())).toBe('ERR_MIX_TIMEOUT_TOTAL');
    await expectQuiet(it, 0);
  });

  test('one call can have its own, and no limit at all', async () => {
    const it = await bed({ timeouts: { headers: 20 } });
    const call = it.fetch(it.at('/late'), { mixnet: { timeouts: { headers: Number.POSITIVE_INFINITY } } });
    expect((await call).status).toBe(404);
    await expectQuiet(it, 1);
  });

  test('redirects have their time each', async () => {
    const it = await bed({ timeouts: { headers: 5_000 } });
    await (await it.fetch(it.at('/countdown/3'))).text();
    await expectQuiet(it, 1);
  });

  test('an abort after a deadline, or the other way round, says what was first', async () => {
    const it = await bed();
    const abort = new AbortController();
    const call = it.fetch(it.at('/silence'), { signal: abort.signal, mixnet: { timeouts: { total: 20 } } });
    const error = await rejection(call);
    abort.abort(reason);
    expect((error as Error).cause).toBeInstanceOf(MixnetError);
  });
});
