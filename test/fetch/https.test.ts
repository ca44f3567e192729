import { describe, expect, test } from 'vitest';
import { createAuthority } from '../support/certificates.ts';
import { startOrigin } from '../support/origin.ts';
import { text } from '../support/text.ts';
import { watchedPlatform } from '../support/watched-platform.ts';
import { bed, expectQuiet, failureCode, rejection } from './bed.ts';

const authority = await createAuthority();
const certificate = await authority.issue({ hosts: ['origin.test', '*.wild.test', '127.0.0.1'] });
const ca = [authority.certificate];

async function secureBed(tls: 'platform' | 'own' = 'platform') {
  const origin = await startOrigin({ certificate });
  const hosts = { 'origin.test': origin.port, 'a.wild.test': origin.port, 'other.test': origin.port };
  const it = await bed({ ca, tls, exit: { hosts } });
  return { ...it, at: (path: string) => it.origin.url + path, origin, done: () => origin.close() };
}

describe.each(['platform', 'own'] as const)('https by the TLS of %s', tls => {
  test('asks the origin itself, by its name, over a connection that is reused', async () => {
    const it = await secureBed(tls);
    for (let i = 0; i < 3; i++) expect(await (await it.fetch('https://origin.test/text')).text()).toBe(text);
    expect(it.exit.asked).toMatchObject([{ hostname: 'origin.test', port: 443, replay: true }]);
    await expectQuiet(it, 1);
    await it.done();
  });

  test('by an address, and by a wildcard', async () => {
    const it = await secureBed(tls);
    expect((await it.fetch(`${it.origin.url}/json`)).status).toBe(200);
    expect((await it.fetch('https://a.wild.test/json')).status).toBe(200);
    await it.done();
  });

  test('does not accept a certificate for another name, nor of an unknown authority', async () => {
    const it = await secureBed(tls);
    expect(await failureCode(it.fetch('https://other.test/json'))).toBe('ERR_MIX_TLS_CERTIFICATE');
    const distrusting = await bed({ tls, exit: { hosts: { 'origin.test': it.origin.port } } });
    expect(await failureCode(distrusting.fetch('https://origin.test/json'))).toBe('ERR_MIX_TLS_CERTIFICATE');
    expect(it.origin.requests).toEqual([]);
    await expectQuiet(it, 0);
    await expectQuiet(distrusting, 0);
    await it.done();
  });

  test('an authority can be trusted beside the usual ones', async () => {
    const it = await secureBed(tls);
    const trusting = await bed({ tls, extraCa: ca, exit: { hosts: { 'origin.test': it.origin.port } } });
    expect((await trusting.fetch('https://origin.test/json')).status).toBe(200);
    await it.done();
  });

  test('a server that speaks no TLS', async () => {
    const plain = await startOrigin();
    const it = await bed({ tls, exit: { hosts: { 'plain.test': plain.port } } });
    expect(await failureCode(it.fetch('https://plain.test/json'))).toBe('ERR_MIX_TLS_HANDSHAKE');
    await expectQuiet(it, 0);
    await plain.close();
  });

  test('a body that ends with the connection must end with the closing message of TLS', async () => {
    const it = await secureBed(tls);
    expect(await (await it.fetch('https://origin.test/until-close')).text()).toBe('until the end');
    const cut = await startOrigin({
      certificate,
      routes: {
        '/cut': request => {
          // Beneath TLS, so that no closing message is sent.
          const { socket } = request;
          socket.write('HTTP/1.1 200 OK\r\n\r\nonly half', () => {
            const below = (socket as unknown as { _parent?: { destroy(): void } })._parent;
            below?.destroy();
          });
        },
      },
    });
    const other = await bed({ tls, ca, exit: { hosts: { 'origin.test': cut.port } } });
    const response = await other.fetch('https://origin.test/cut');
    expect(await failureCode(response.text())).toBe('ERR_MIX_TLS_TRUNCATED');
    await expectQuiet(other, 0);
    await cut.close();
    await it.done();
  });

  test('a redirect to http is refused, one from http to https followed', async () => {
    const it = await secureBed(tls);
    const plain = await startOrigin();
    const down = `https://origin.test/redirect/302?to=${plain.url}/json`;
    expect(await failureCode(it.fetch(down))).toBe('ERR_MIX_HTTP_REDIRECT');
    expect(plain.requests).toEqual([]);
    const up = await it.fetch(`${plain.url}/redirect/302?to=https://origin.test/json`);
    expect([up.url, await up.json()]).toEqual(['https://origin.test/json', { answer: 42 }]);
    await expectQuiet(it);
    await plain.close();
    await it.done();
  });

  test('can be aborted during the handshake', async () => {
    const it = await bed({ tls, exit: { silent: ['origin.test'] } });
    const abort = new AbortController();
    const call = it.fetch('https://origin.test/', { signal: abort.signal });
    await expect.poll(() => it.exit.asked.length).toBe(1);
    abort.abort(new Error('enough'));
    expect(await rejection(call)).toMatchObject({ message: 'enough' });
    await expectQuiet(it, 0);
  });

  test('uploads and downloads pass whole', async () => {
    const it = await secureBed(tls);
    const body = new Uint8Array(3_000_000).map((_, i) => i % 253);
    const echoed = await it.echo('https://origin.test/echo', { method: 'POST', body });
    expect(Buffer.from(echoed.body, 'latin1').equals(body)).toBe(true);
    const stream = new Blob([body]).stream();
    const streamed = await it.echo('https://origin.test/echo', { method: 'POST', body: stream, duplex: 'half' });
    expect(streamed.body.length).toBe(3_000_000);
    expect((await (await it.fetch('https://origin.test/bytes/20000000')).arrayBuffer()).byteLength).toBe(20_000_000);
    expect(it.origin.connections).toBe(1);
    await expectQuiet(it, 1);
    await it.done();
  });
});

test('an answer that takes long is waited for with records of own TLS that carry no data, lest the exit cut it', async () => {
  let sentMeanwhile = 0;
  const origin = await startOrigin({
    certificate,
    routes: {
      '/slow': ({ socket }, response) => {
        // Beneath TLS, where records without data are seen.
        const below = (socket as unknown as { _parent: { bytesRead: number } })._parent;
        const before = below.bytesRead;
        setTimeout(() => {
          sentMeanwhile = below.bytesRead - before;
          response.end('at last');
        }, 900);
      },
    },
  });
  // Where a thousandth of a second is a whole one.
  const watched = watchedPlatform();
  const platform = {
    ...watched,
    now: () => watched.now() * 1000,
    setTimer: (callback: () => void, delay: number) => watched.setTimer(callback, delay / 1000),
  };
  const never = Number.POSITIVE_INFINITY;
  const timeouts = { setup: never, connect: never, headers: never, body: never };
  const it = await bed({ ca, tls: 'own', platform, timeouts, exit: { hosts: { 'origin.test': origin.port } } });
  expect(await (await it.fetch('https://origin.test/slow')).text()).toBe('at last');
  // A header of 5 bytes, a type of one, a tag of 16: every four minutes.
  expect(sentMeanwhile).toBeGreaterThan(0);
  expect(sentMeanwhile % 22).toBe(0);
  await expect.poll(() => watched.timers).toBeLessThanOrEqual(1);
  await origin.close();
});

describe('the first flight', () => {
  test('carries the request, or the ClientHello, before the exit has said that it is connected', async () => {
    const it = await secureBed();
    const { createFetch } = await import('../../src/fetch/index.ts');
    const firstBytes: Uint8Array[] = [];
    const fetch = createFetch({
      platform: it.platform,
      open: () => {
        const never = new Promise<void>(() => {});
        return {
          readable: new ReadableStream<Uint8Array>(),
          writable: new WritableStream<Uint8Array>({ write: bytes => void firstBytes.push(bytes.slice()) }),
          opened: never,
          closed: never,
          close: async () => {},
        };
      },
    });
    const calls = [fetch('http://origin.test/json'), fetch('https://origin.test/json')].map(rejection);
    await expect.poll(() => firstBytes.length).toBe(2);
    const texts = firstBytes.map(bytes => Buffer.from(bytes).toString('latin1'));
    expect(texts).toContainEqual(expect.stringMatching(/^GET \/json HTTP\/1\.1\r\n.*\r\n\r\n$/s));
    expect(texts.map(text => text.charCodeAt(0))).toContain(22); // A record of the handshake.
    await fetch.close();
    await Promise.all(calls);
    await it.done();
  });

  test('of a request that must not arrive twice says so to the exit', async () => {
    const it = await secureBed();
    const pay: RequestInit = { method: 'POST', body: 'pay' };
    const fresh = { connection: 'close' };
    await (await it.fetch('https://origin.test/echo', { ...pay, headers: fresh })).text();
    await (await it.fetch(it.at('/json'), { headers: fresh })).text();
    await (await it.fetch(it.at('/echo'), pay)).text();
    expect(it.exit.asked.map(({ replay }) => replay)).toEqual([true, true, false]);
    await it.done();
  });
});
