/** What is told of requests: each from its start to its one end, whatever becomes of it. */

import diagnosticsChannel from 'node:diagnostics_channel';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type DiagnosticDetails,
  type DiagnosticName,
  Diagnostics,
  DiagnosticsTarget,
  diagnosticNames,
  type RequestStage,
} from '../../src/diagnostics/index.ts';
import { MixnetError } from '../../src/errors.ts';
import { type Bed, type BedOptions, bed, expectQuiet, rejection } from '../fetch/bed.ts';
import { createAuthority } from '../support/certificates.ts';

type RequestEventName = DiagnosticName & `request:${string}`;
type Told = { [Name in RequestEventName]: DiagnosticDetails[Name] & { readonly name: Name } }[RequestEventName];

const names = diagnosticNames.filter((name): name is RequestEventName => name.startsWith('request:'));

interface ToldBed extends Bed {
  readonly told: Told[];
  readonly target: DiagnosticsTarget;
  /** The stories of all calls, once each is over. */
  stories(calls: number): Promise<Told[][]>;
}

async function toldBed(options: BedOptions & { plainHosts?: boolean } = {}): Promise<ToldBed> {
  const { plainHosts, ...rest } = options;
  const target = new DiagnosticsTarget();
  const told: Told[] = [];
  for (const name of names) target.addEventListener(name, ({ detail }) => told.push({ name, ...detail } as Told));
  const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const diagnostics = new Diagnostics({ randomBytes, plainHosts, listeners: [target] });
  const it = await bed({ diagnostics, ...rest });
  return {
    ...{ ...it, told, target },
    async stories(calls) {
      const ends = () => told.filter(({ name }) => name === 'request:end' || name === 'request:error');
      await expect.poll(() => ends().length).toBeGreaterThanOrEqual(calls);
      await expectQuiet(it);
      const ids = [...new Set(told.map(({ id }) => id))];
      expect(ids).toHaveLength(calls);
      expect(ends()).toHaveLength(calls);
      return ids.map(id => told.filter(event => event.id === id));
    },
  };
}

/** Stages before `end` in the order in which they must have come, but `sent`, which may come late. */
const order: RequestStage[] = ['turn', 'client', 'opened', 'tls', 'headers', 'firstByte', 'end'];

function expectInOrder(story: readonly Told[]): void {
  const last = story.at(-1);
  if (last === undefined || last.name === 'request:start') throw new Error('the story has no end');
  const times = order.flatMap(stage => last.times[stage] ?? []);
  expect(times.toSorted((a, b) => a - b)).toEqual(times);
  for (const time of Object.values(last.times)) expect(time).toBeGreaterThanOrEqual(0);
  for (const time of Object.values(last.times)) expect(time).toBeLessThanOrEqual(last.times.end ?? -1);
}

describe('a request that succeeds', () => {
  test('is told of from its start to its end, with its stages, bytes and status', async () => {
    const it = await toldBed();
    const response = await it.fetch(it.at('/text'), { method: 'POST', body: 'hello' });
    const { length } = await response.text();
    const [story = []] = await it.stories(1);
    expect(story.map(({ name }) => name)).toEqual(['request:start', 'request:headers', 'request:end']);
    expectInOrder(story);
    const end = story.at(-1);
    expect(end).toMatchObject({ method: 'POST', status: 200, complete: true, reused: false, redirects: 0, retries: 0 });
    if (end?.name !== 'request:end') return expect.fail('it has no end');
    expect(Object.keys(end.times).sort()).toEqual(['client', 'end', 'firstByte', 'headers', 'opened', 'sent', 'turn']);
    expect(end.bytesReceived).toBeGreaterThan(length);
    expect(end.bytesReceived).toBeLessThan(length + 500);
    expect(end.bytesSent).toBeGreaterThan(5);
  });

  test('has TLS among its stages, and none of connecting on a connection that served before', async () => {
    const authority = await createAuthority();
    const certificate = await authority.issue({ hosts: ['localhost'] });
    const it = await toldBed({ certificate, ca: [authority.certificate] });
    const url = `https://localhost:${it.origin.port}/text`;
    await (await it.fetch(url)).text();
    await (await it.fetch(url)).text();
    const [first = [], second = []] = await it.stories(2);
    expect(first.at(-1)).toMatchObject({ reused: false, times: { tls: expect.any(Number) } });
    expect(second.at(-1)).toMatchObject({ reused: true });
    const { times = {} } = second.at(-1) as { times?: object };
    expect(Object.keys(times).sort()).toEqual(['end', 'firstByte', 'headers', 'sent', 'turn']);
    for (const story of [first, second]) expectInOrder(story);
  });

  test('has one story over its redirects, with the times of the last answer', async () => {
    const it = await toldBed();
    await (await it.fetch(it.at('/countdown/3'))).text();
    const [story = []] = await it.stories(1);
    expect(story.map(({ name }) => name)).toEqual(['request:start', 'request:headers', 'request:end']);
    expect(story.at(-1)).toMatchObject({ redirects: 3, reused: true, status: 200 });
    expectInOrder(story);
  });

  test('says so when it was made once more', async () => {
    const it = await toldBed({
      routes: {
        '/once': (request, response) => {
          if (it.origin.requests.filter(line => line.endsWith('/once')).length === 1) request.socket.destroy();
          else response.end('now');
        },
      },
    });
    await (await it.fetch(it.at('/text'))).text();
    expect(await (await it.fetch(it.at('/once'))).text()).toBe('now');
    const [, story = []] = await it.stories(2);
    expect(story.at(-1)).toMatchObject({ retries: 1, reused: false, status: 200 });
    expectInOrder(story);
    expect(it.fetch.stats()).toMatchObject({ requests: 2, failed: 0, retries: 1 });
  });

  test('without a body, or cancelled in its body, has one end as well', async () => {
    const it = await toldBed();
    await it.fetch(it.at('/text'), { method: 'HEAD' });
    await it.fetch(it.at('/status/204'));
    await (await it.fetch(it.at('/bytes/10000000'))).body?.cancel();
    const stories = await it.stories(3);
    expect(stories.map(story => story.at(-1))).toMatchObject([
      { name: 'request:end', status: 200, complete: true },
      { name: 'request:end', status: 204, complete: true },
      { name: 'request:end', status: 200, complete: false },
    ]);
    for (const story of stories) expectInOrder(story);
  });
});

describe('a request that fails', () => {
  test('has one error with its code, wherever it fails', async () => {
    const it = await toldBed({
      timeouts: { connect: 300, headers: 300, body: 300 },
      exit: { refusals: { 'refused.test': new MixnetError('ERR_MIX_EXIT_REFUSED') }, silent: ['silent.test'] },
    });
    const calls: [code: string, call: () => Promise<unknown>, status?: number][] = [
      ['ERR_MIX_EXIT_REFUSED', () => it.fetch('http://refused.test/')],
      ['ERR_MIX_TIMEOUT_CONNECT', () => it.fetch('http://silent.test/')],
      ['ERR_MIX_TIMEOUT_HEADERS', () => it.fetch(it.at('/silence'))],
      ['ERR_MIX_HTTP_MALFORMED', () => it.fetch(it.at('/garbage'))],
      ['ERR_MIX_HTTP_REDIRECT', () => it.fetch(it.at('/countdown/1'), { redirect: 'error' })],
      ['ERR_MIX_HTTP_REDIRECT', () => it.fetch(it.at('/countdown/30'))],
      ['ERR_MIX_HTTP_INTEGRITY', () => it.fetch(it.at('/status/204'), { integrity: `sha256-${'A'.repeat(43)}=` }), 204],
      ['ERR_MIX_TIMEOUT_TOTAL', () => it.fetch(it.at('/silence'), { mixnet: { timeouts: { total: 50 } } })],
      ['aborted', () => it.fetch(it.at('/silence'), { signal: AbortSignal.timeout(50) })],
      ['aborted', () => it.fetch(it.at('/text'), { signal: AbortSignal.abort() })],
      ['other', () => it.fetch(it.at('/echo'), { method: 'POST', body: brokenStream(), duplex: 'half' })],
    ];
    for (const [, call] of calls) await rejection(call());
    const stories = await it.stories(calls.length);
    expect(stories.map(story => story.at(-1))).toMatchObject(
      calls.map(([code, , status]) => ({ name: 'request:error', code, status })),
    );
    for (const story of stories) expectInOrder(story);
    expect(it.fetch.stats()).toMatchObject({ requests: calls.length, failed: calls.length });
  });

  test('within its body has an error after its headers', async () => {
    const it = await toldBed({ timeouts: { body: 200 } });
    const abort = new AbortController();
    const aborted = await it.fetch(it.at('/bytes/10000000'), { signal: abort.signal });
    abort.abort();
    await rejection(aborted.text());
    const unread = await it.fetch(it.at('/bytes/10000000'));
    const [first = [], second = []] = await it.stories(2);
    await rejection(unread.text());
    for (const story of [first, second]) {
      expect(story.map(({ name }) => name)).toEqual(['request:start', 'request:headers', 'request:error']);
      expectInOrder(story);
    }
    expect(first.at(-1)).toMatchObject({ status: 200, code: 'aborted' });
    expect(second.at(-1)).toMatchObject({ status: 200, code: 'ERR_MIX_TIMEOUT_BODY' });
  });

  test('is none for arguments that cannot be, and none of what is no request', async () => {
    const it = await toldBed();
    await rejection(it.fetch('ftp://shop.test/'));
    await (await it.fetch('data:,here')).text();
    await rejection(it.fetch('data:,here', { signal: AbortSignal.abort() }));
    expect(it.told).toEqual([]);
    expect(it.fetch.stats()).toMatchObject({ requests: 0, failed: 0 });
  });

  test('by the end of the fetch is one of it', async () => {
    const it = await toldBed();
    const call = rejection(it.fetch(it.at('/silence')));
    await it.fetch.close();
    await call;
    await rejection(it.fetch(it.at('/text')));
    const stories = await it.stories(2);
    expect(stories.map(story => story.at(-1))).toMatchObject([
      { name: 'request:error', code: 'ERR_MIX_MIXNET_CLOSED' },
      { name: 'request:error', code: 'ERR_MIX_MIXNET_CLOSED' },
    ]);
  });
});

describe('whoever listens', () => {
  test('sees a destination by a name that is the same each time, here, and another elsewhere', async () => {
    const [here, elsewhere] = [await toldBed(), await toldBed()];
    for (const it of [here, here, elsewhere]) await (await it.fetch(here.at('/text'))).text();
    const hosts = [...here.told, ...elsewhere.told].map(({ host }) => host);
    expect(new Set(here.told.map(({ host }) => host)).size).toBe(1);
    expect(new Set(hosts).size).toBe(2);
    for (const host of hosts) expect(host).toMatch(/^[0-9a-f]{16}$/);
  });

  test('sees it as it is where that was asked for', async () => {
    const it = await toldBed({ plainHosts: true });
    await (await it.fetch(it.at('/text'))).text();
    expect(new Set(it.told.map(({ host }) => host))).toEqual(new Set([new URL(it.origin.url).host]));
  });

  test('cannot change what others see', async () => {
    const it = await toldBed();
    it.target.addEventListener('request:end', ({ detail }) => {
      expect(() => Object.assign(detail, { status: 500 })).toThrow(TypeError);
      expect(() => Object.assign(detail.times, { end: 0 })).toThrow(TypeError);
    });
    await (await it.fetch(it.at('/text'))).text();
    await it.stories(1);
    expect.assertions(7);
  });

  test('may throw: the runtime is told, and the requests go on', async () => {
    const it = await toldBed();
    const uncaught: unknown[] = [];
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', error => uncaught.push(error));
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException');
      for (const listener of before) process.on('uncaughtException', listener);
    });
    for (const name of names) {
      it.target.addEventListener(name, () => {
        throw new Error(`the listener of ${name}`);
      });
    }
    const onChannel = () => {
      throw new Error('the subscriber');
    };
    diagnosticsChannel.subscribe('mixfetch:request:start', onChannel);
    onTestFinished(() => void diagnosticsChannel.unsubscribe('mixfetch:request:start', onChannel));
    expect(await (await it.fetch(it.at('/json'))).json()).toEqual({ answer: 42 });
    await rejection(it.fetch(it.at('/garbage')));
    const stories = await it.stories(2);
    expect(stories.map(({ length }) => length)).toEqual([3, 2]);
    await expect.poll(() => uncaught.length).toBe(7);
  });

  test('costs nothing where nobody does', async () => {
    const randomBytes = vi.fn((length: number) => new Uint8Array(length));
    const listeners = new DiagnosticsTarget();
    const dispatched = vi.spyOn(listeners, 'dispatchEvent');
    const it = await bed({ diagnostics: new Diagnostics({ randomBytes, listeners: [listeners] }) });
    await (await it.fetch(it.at('/text'))).text();
    expect(randomBytes).not.toHaveBeenCalled();
    expect(dispatched).not.toHaveBeenCalled();
    listeners.addEventListener('request:end', () => {});
    await (await it.fetch(it.at('/text'))).text();
    expect(randomBytes.mock.calls.length).toBeGreaterThan(0);
    await expect.poll(() => dispatched.mock.calls.length).toBe(1);
  });
});

describe('the channels of Node', () => {
  test('get the same, by the same names', async () => {
    const it = await toldBed();
    const published: unknown[] = [];
    for (const name of names) {
      const channel = `mixfetch:${name}`;
      const subscriber = (message: unknown, from: string | symbol) => {
        expect(from).toBe(channel);
        published.push({ name, ...(message as object) });
      };
      diagnosticsChannel.subscribe(channel, subscriber);
      onTestFinished(() => void diagnosticsChannel.unsubscribe(channel, subscriber));
    }
    await (await it.fetch(it.at('/text'))).text();
    await rejection(it.fetch(it.at('/garbage')));
    await it.stories(2);
    expect(published).toEqual(it.told);
    expect(published).toHaveLength(5);
  });
});

describe('after the end', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;

  test('neither the answer nor its body is kept by what is told of it', async () => {
    const it = await toldBed();
    const refs = await (async () => {
      const response = await it.fetch(it.at('/text'));
      const body = response.body as ReadableStream<Uint8Array>;
      const bytes = new Uint8Array(await response.arrayBuffer());
      return [new WeakRef(response), new WeakRef(body), new WeakRef(bytes)];
    })();
    await it.stories(1);
    await expect
      .poll(
        () => {
          collectGarbage();
          return refs.map(ref => ref.deref() === undefined);
        },
        { timeout: 10_000 },
      )
      .toEqual([true, true, true]);
    expect(it.told).toHaveLength(3);
  });
});

function brokenStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: controller => controller.error(new Error('broken')) });
}
