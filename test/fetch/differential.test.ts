/**
 * The same requests by Node's own fetch and by this one: whatever a program can see must be the same. Known to differ, and
 * therefore not among the cases: a reason phrase beyond ASCII, of which Node loses the bytes; 407, which Node takes for the
 * answer of a proxy; a POST of bytes that is redirected by 307 or 308, which Node 20 fails to send again.
 */

import { describe, expect, test } from 'vitest';
import { bed } from './bed.ts';

interface Seen {
  readonly status?: number;
  readonly statusText?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly url?: string;
  readonly redirected?: boolean;
  readonly type?: string;
  readonly hasBody?: boolean;
  readonly body?: string;
  /** Where it went wrong, and how the error is called. */
  readonly failed?: string;
}

async function seen(fetch: typeof globalThis.fetch, url: string, init: () => RequestInit): Promise<Seen> {
  let response: Response;
  try {
    response = await fetch(url, init());
  } catch (error) {
    return { failed: `fetch: ${(error as Error).name}` };
  }
  const { status, statusText, redirected, type } = response;
  const headers = [...response.headers].filter(([name]) => name !== 'date');
  const told = { status, statusText, headers, url: response.url, redirected, type, hasBody: response.body !== null };
  try {
    return { ...told, body: await response.text() };
  } catch (error) {
    return { ...told, failed: `body: ${(error as Error).name}` };
  }
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'post', 'patch', 'CUSTOM'];
const paths = [
  ...['/text', '/json', '/drip/3', '/bytes/0', '/bytes/1', '/bytes/200000', '/cookies', '/close', '/nowhere'],
  ...['/early-hints', '/trailers', '/until-close', '/until-close-1.0', '/status-999', '/two-answers'],
  ...[200, 201, 202, 203, 204, 205, 206, 226, 300, 304, 400, 401, 404, 409, 418, 429, 451, 500, 503, 599].map(
    status => `/status/${status}`,
  ),
  ...['/gzip', '/x-gzip', '/deflate', '/deflate-raw', '/gzip-members', '/gzip-deflate', '/gzip-empty', '/gzip-plain'],
  ...['/short-length', '/short-chunks', '/garbage', '/empty'],
  ...['/countdown/0', '/countdown/3', '/countdown/20', '/countdown/21', '/redirect/302', '/redirect/300?to=/json'],
  ...['ftp://127.0.0.1/', 'http://', 'data:,hello', '/json#part', '/json?q=ü&r=%zz'].map(to => {
    return `/redirect/302?to=${encodeURIComponent(to)}`;
  }),
  ...['/json#part', '/json?a=b?c&d', '/%7Euser/../json', '/ü', '/a b', '//double', '/?', '/#'],
];
const bodies: [what: string, init: () => RequestInit][] = [
  ['a string', () => ({ body: 'grüße' })],
  ['an empty string', () => ({ body: '' })],
  ['bytes', () => ({ body: new Uint8Array([0, 1, 254, 255]) })],
  ['a Blob', () => ({ body: new Blob(['blob'], { type: 'text/x-blob' }) })],
  ['a form', () => ({ body: new URLSearchParams({ a: '1', b: 'ü&' }) })],
  ['a stream', () => ({ body: new Blob(['stream']).stream(), duplex: 'half' }) as RequestInit],
  ['a number', () => ({ body: 42 as unknown as string })],
  ['an object', () => ({ body: {} as unknown as string })],
  ['nothing', () => ({})],
  ['null', () => ({ body: null })],
  ['its own type', () => ({ body: '{}', headers: { 'Content-Type': 'application/json' } })],
];

describe('the same as Node’s fetch', () => {
  test.each(paths)('GET %s', async path => {
    const { fetch, at } = await bed();
    const ours = await seen(fetch, at(path), () => ({}));
    expect(ours).toEqual(await seen(globalThis.fetch, at(path), () => ({})));
  });

  test.each(methods.flatMap(method => ['/echo', '/redirect/303?to=/echo'].map(path => [method, path] as const)))(
    '%s %s',
    async (method, path) => {
      const { fetch, at } = await bed();
      const ours = await seen(fetch, at(path), () => ({ method }));
      expect(withoutHeaders(ours)).toEqual(withoutHeaders(await seen(globalThis.fetch, at(path), () => ({ method }))));
    },
  );

  const statuses = [301, 302, 303, 307, 308];
  const bodyCases = bodies.flatMap(([what, init]) => [
    ['POST', what, '/echo', init] as const,
    ['PUT', what, '/echo', init] as const,
    ...statuses
      .filter(status => what !== 'bytes' || status < 307)
      .map(status => ['POST', what, `/redirect/${status}?to=/echo`, init] as const),
  ]);
  test.each(bodyCases)('%s of %s to %s', async (method, _, path, init) => {
    const { fetch, at } = await bed();
    const request = () => ({ ...init(), method });
    const ours = await seen(fetch, at(path), request);
    expect(withoutHeaders(ours)).toEqual(withoutHeaders(await seen(globalThis.fetch, at(path), request)));
  });

  const inits: [what: string, init: () => unknown][] = [
    ['redirect error', () => ({ redirect: 'error' })],
    ['redirect manual', () => ({ redirect: 'manual' })],
    ['a wrong redirect', () => ({ redirect: 'wrong' })],
    ['a wrong method', () => ({ method: 'GE T' })],
    ['TRACE', () => ({ method: 'TRACE' })],
    ['a wrong mode', () => ({ mode: 'wrong' })],
    ['a wrong signal', () => ({ signal: 'now' })],
    ['a wrong header', () => ({ headers: { 'a b': '1' } })],
    ['a wrong header value', () => ({ headers: { a: '1\n2' } })],
    ['null headers', () => ({ headers: null })],
    ['pairs of three', () => ({ headers: [['a', 'b', 'c']] })],
    ['an aborted signal', () => ({ signal: AbortSignal.abort() })],
    ['a signal that times out', () => ({ signal: AbortSignal.timeout(0) })],
    ['a wrong integrity', () => ({ integrity: 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' })],
    ['an unknown integrity', () => ({ integrity: 'md4-AAAA' })],
    ['a null method', () => ({ method: null })],
  ];
  test.each(inits)('%s', async (_, init) => {
    const { fetch, at } = await bed();
    for (const path of ['/redirect/302?to=/json', '/json', '/silence']) {
      const isStill = path === '/silence' && init() instanceof Object && !('signal' in (init() as object));
      if (isStill) continue;
      const ours = await seen(fetch, at(path), init as () => RequestInit);
      expect(ours).toEqual(await seen(globalThis.fetch, at(path), init as () => RequestInit));
    }
  });

  const urls = [
    'http://',
    'nonsense',
    '//127.0.0.1/',
    'http://user@127.0.0.1/',
    'http://127.0.0.1:25/',
    'ftp://127.0.0.1/',
  ];
  test.each([
    ...urls,
    'data:,hello',
    'data:text/html;charset=x,%3Cb%3E',
    'data:nonsense',
    'data:;base64,!',
    'blob:nothing',
  ])('%s', async url => {
    const { fetch } = await bed();
    const ours = await seen(fetch, url, () => ({}));
    const theirs = await seen(globalThis.fetch, url, () => ({}));
    expect(ours).toEqual(theirs);
  });
});

/** The two name themselves differently, and `/echo` repeats it. */
function withoutHeaders({ body, headers: _, ...rest }: Seen): unknown {
  if (body === undefined || !body.startsWith('{')) return { ...rest, body };
  const { method, url, headers, body: content } = JSON.parse(body) as Record<string, unknown>;
  const told = headers as Record<string, string>;
  const framing = [told['content-type'], told['content-length'], told['transfer-encoding']];
  return { ...rest, body: { method, url, content, framing } };
}
