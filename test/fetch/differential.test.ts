/**
 * The same requests by undici's fetch, which goes straight to a server on this machine, and by `mixFetch`, through a whole
 * mixnet to the same server: whatever a program can see must be the same, but for what the README says of it.
 */

import { readFileSync } from 'node:fs';
import * as undici from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Devnet, startDevnet } from '../../src/devnet/index.ts';
import { createMixFetch, type MixFetch } from '../../src/index.ts';
import { oddAnswers } from '../support/odd-answers.ts';
import { type Origin, startOrigin } from '../support/origin.ts';

/** The classes that go with a fetch: one copy's do not mix with another's. */
type Classes = Pick<typeof globalThis, 'Request' | 'Headers' | 'FormData'>;

interface Case {
  readonly name: string;
  /** A path at the server, or a URL. `{other}` is another origin of the same server. */
  readonly url: string;
  readonly init?: ((classes: Classes) => unknown) | undefined;
  /** Gives `fetch` a Request of this, instead of the URL. */
  readonly asRequest?: (url: string, classes: Classes) => Request;
  /** What is done with the answer. Default: its text. */
  readonly read?: (response: Response) => Promise<unknown>;
}

interface Difference {
  /** The first cell of its row in the README, in "How it differs from fetch". */
  readonly row: string;
  readonly cases: readonly string[];
}

const statuses = [
  ...[200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 304, 305, 306, 400, 401, 402, 403, 404, 405, 406, 407],
  ...[408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 426, 428, 429, 431, 451, 500, 501, 502, 503],
  ...[504, 505, 507, 511, 599],
];
const plainPaths = [
  ...['/text', '/json', '/drip/3', '/bytes/0', '/bytes/1', '/bytes/20000', '/cookies', '/close', '/nowhere', '/latin1'],
  ...[
    '/early-hints',
    '/trailers',
    '/until-close',
    '/until-close-1.0',
    '/status-999',
    '/two-answers',
    '/tagged',
    '/range',
  ],
  ...['/gzip', '/x-gzip', '/deflate', '/deflate-raw', '/gzip-members', '/gzip-deflate', '/gzip-empty', '/gzip-plain'],
  ...['/gzip-short', '/gzip-corrupt', '/unknown-coding', '/six-codings', '/short-length', '/short-chunks', '/garbage'],
  ...[
    '/empty',
    '/json#part',
    '/json?a=b?c&d',
    '/%7Euser/../json',
    '/%2e%2e/json',
    '/ü',
    '/a b',
    '//double',
    '/?',
    '/#',
  ],
  ...[
    '/json?q=%zz',
    '/json?q=ü',
    '/json?"<>`',
    "/json?'",
    '/json|^',
    '/\\json',
    '/json;a=b',
    '/countdown/3',
    '/countdown/20',
  ],
  '/countdown/21',
];
const targets = [
  ...[
    '/json',
    'text',
    './text',
    '../text',
    '?q=1',
    '#part',
    '',
    '//double',
    '{other}/json',
    '{other}/redirect/302?to=/json',
  ],
  ...[
    '/json#part',
    '/json?q=ü&r=%zz',
    '/a b',
    'ftp://127.0.0.1/',
    'http://',
    'http:/json',
    'data:,hello',
    'blob:x',
    'about:blank',
  ],
  ...['javascript:1', 'nonsense:', '\\json', 'http://127.0.0.1:25/', 'http://[', '{user}/json', '{other-user}/json'],
  ...['/redirect/301?to=/json', '/redirect/308?to=/json', '%2fjson', '/%6Ason', '.', '..'],
];
const urls = [
  ...[
    'http://',
    'nonsense',
    '//127.0.0.1/',
    '/json-alone',
    'http://user@127.0.0.1/',
    'http://user:word@127.0.0.1/',
    'http://:@127.0.0.1:{port}/json',
  ],
  ...[
    'http://127.0.0.1:25/',
    'http://127.0.0.1:6667/',
    'http://127.0.0.1:65536/',
    'ftp://127.0.0.1/',
    'file:///etc/hosts',
  ],
  ...[
    'HTTP://127.0.0.1:{port}/json',
    ' http://127.0.0.1:{port}/json ',
    'http:\\\\127.0.0.1:{port}\\json',
    'http://2130706433:{port}/json',
  ],
  ...[
    'http://0x7f.1:{port}/json',
    'http://127.1:{port}/json',
    'http://LOCALHOST:{port}/json',
    'http://[::1',
    'http://a b/',
  ],
  ...[
    'data:,hello',
    'data:text/html;charset=x,%3Cb%3E',
    'data:nonsense',
    'data:;base64,!',
    'data:;base64,aGk',
    'data:,a#b',
  ],
  ...['blob:nothing', 'about:blank', 'javascript:1', ''],
  ...['http://[::1]:{port6}/json', 'http://[0:0::1]:{port6}/echo'],
  ...['http://[::1]:{port6}/redirect/302?to=/json', 'http://[::1%25lo]:{port6}/json', 'http://[::1]junk/'],
];
const bodies: [what: string, init: (classes: Classes) => object][] = [
  ['a string', () => ({ body: 'grüße' })],
  ['an empty string', () => ({ body: '' })],
  ['bytes', () => ({ body: new Uint8Array([0, 1, 254, 255]) })],
  ['a buffer', () => ({ body: new Uint8Array([1, 2, 3]).buffer })],
  ['a view', () => ({ body: new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2) })],
  ['a Blob', () => ({ body: new Blob(['blob'], { type: 'text/x-blob' }) })],
  ['a Blob without type', () => ({ body: new Blob(['blob']) })],
  ['a form', () => ({ body: new URLSearchParams({ a: '1', b: 'ü&' }) })],
  ['a stream', () => ({ body: new Blob(['stream']).stream(), duplex: 'half' })],
  ['a stream without duplex', () => ({ body: new Blob(['stream']).stream() })],
  ['an async iterable', () => ({ body: iterable(), duplex: 'half' })],
  ['a number', () => ({ body: 42 })],
  ['an object', () => ({ body: {} })],
  ['nothing', () => ({})],
  ['null', () => ({ body: null })],
  ['an empty FormData', ({ FormData }) => ({ body: new FormData() })],
  [
    'a FormData of texts',
    ({ FormData }) => ({
      body: formOf(FormData, [
        ['a', '1'],
        ['a', '2'],
        ['ü', 'grüße'],
        ['', ''],
      ]),
    }),
  ],
  [
    'a FormData of odd names and lines',
    ({ FormData }) => ({
      body: formOf(FormData, [
        ['a"b\r\nc', 'one\ntwo\r\nthree\rfour'],
        ["a'b;c=d", '--x--'],
      ]),
    }),
  ],
  [
    'a FormData of files',
    ({ FormData }) => ({
      body: formOf(FormData, [
        ['blob', new Blob(['of no type'])],
        ['file', new File(['{}'], 'größe "1".json', { type: 'application/json' })],
        ['named', new Blob([new Uint8Array([0, 13, 10, 255])], { type: 'image/x' }), 'other.bin'],
        ['none', new File([], 'empty')],
      ]),
    }),
  ],
  ['its own type', () => ({ body: '{}', headers: { 'Content-Type': 'application/json' } })],
  ['its own length', () => ({ body: 'four', headers: { 'Content-Length': '4' } })],
  ['a wrong length', () => ({ body: 'four', headers: { 'Content-Length': '5' } })],
];
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'get', 'head', 'post', 'patch', 'CUSTOM'];
const inits: [what: string, init: (classes: Classes) => unknown][] = [
  ['redirect error', () => ({ redirect: 'error' })],
  ['redirect manual', () => ({ redirect: 'manual' })],
  ['a wrong redirect', () => ({ redirect: 'wrong' })],
  ['a wrong method', () => ({ method: 'GE T' })],
  ['an empty method', () => ({ method: '' })],
  ['TRACE', () => ({ method: 'TRACE' })],
  ['CONNECT', () => ({ method: 'connect' })],
  ['a null method', () => ({ method: null })],
  ['a wrong mode', () => ({ mode: 'wrong' })],
  ['mode navigate', () => ({ mode: 'navigate' })],
  ['mode same-origin', () => ({ mode: 'same-origin' })],
  ['mode no-cors', () => ({ mode: 'no-cors' })],
  ['wrong credentials', () => ({ credentials: 'wrong' })],
  ['credentials omit', () => ({ credentials: 'omit' })],
  ['a wrong cache', () => ({ cache: 'wrong' })],
  ['cache no-store', () => ({ cache: 'no-store' })],
  ['cache only-if-cached', () => ({ cache: 'only-if-cached' })],
  ['a wrong referrerPolicy', () => ({ referrerPolicy: 'wrong' })],
  ['a wrong referrer', () => ({ referrer: 'http://[' })],
  ['a window', () => ({ window: {} })],
  ['a null window', () => ({ window: null })],
  ['keepalive', () => ({ keepalive: true })],
  ['a wrong duplex', () => ({ duplex: 'full' })],
  ['a wrong signal', () => ({ signal: 'now' })],
  ['a null signal', () => ({ signal: null })],
  ['an aborted signal', () => ({ signal: AbortSignal.abort() })],
  ['a signal aborted for a reason', () => ({ signal: AbortSignal.abort(new RangeError('why')) })],
  ['a signal that times out', () => ({ signal: AbortSignal.timeout(0) })],
  ['a wrong header', () => ({ headers: { 'a b': '1' } })],
  ['an empty header name', () => ({ headers: { '': '1' } })],
  ['a header value of two lines', () => ({ headers: { a: '1\n2' } })],
  ['a header value beyond Latin-1', () => ({ headers: { a: 'ł' } })],
  ['null headers', () => ({ headers: null })],
  ['headers of a string', () => ({ headers: 'a: b' })],
  ['pairs of three', () => ({ headers: [['a', 'b', 'c']] })],
  ['a matching integrity', () => ({ integrity: 'sha256-HR7zvJ3KZWB5wTBXt4BoXeekA06vMf5C5tiAydZ+Ay4=' })],
  ['a wrong integrity', () => ({ integrity: 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' })],
  ['an unknown integrity', () => ({ integrity: 'md4-AAAA' })],
  ['an integrity of nonsense', () => ({ integrity: 'nonsense' })],
  ['init null', () => null],
  ['init a number', () => 42],
  ['init a function', () => () => {}],
];
const headers: [what: string, init: (classes: Classes) => object][] = [
  [
    'repeated',
    () => ({
      headers: [
        ['X-A', '1'],
        ['x-a', '2'],
      ],
    }),
  ],
  ['spaces around', () => ({ headers: { 'X-A': ' \t1\t ' } })],
  ['an empty value', () => ({ headers: { 'X-A': '' } })],
  ['Latin-1', () => ({ headers: { 'X-A': 'café' } })],
  ['a Headers', ({ Headers }) => ({ headers: new Headers({ 'X-A': '1' }) })],
  ['a Map', () => ({ headers: new Map([['X-A', '1']]) })],
  ['cookies', () => ({ headers: { Cookie: 'a=1; b=2' } })],
  ['authorization', () => ({ headers: { Authorization: 'Basic eA==' } })],
  ['an accept', () => ({ headers: { Accept: 'text/x' } })],
  ['a referer', () => ({ headers: { Referer: 'http://x/' } })],
  ['an odd name', () => ({ headers: { "!#$%&'*+-.^_`|~": '1' } })],
  ['many', () => ({ headers: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`X-${i}`, `${i}`])) })],
];

const cases: Case[] = [
  ...[...plainPaths, ...statuses.map(status => `/status/${status}`)].map(url => ({ name: `GET ${url}`, url })),
  ...Object.keys(oddAnswers).map(odd => ({ name: `odd ${odd}`, url: `/odd/${odd}` })),
  ...['json-bom', 'json-latin1', 'json-broken', 'json-empty'].map(odd => ({
    name: `json of ${odd}`,
    url: `/odd/${odd}`,
    read: (response: Response) => response.json(),
  })),
  ...['form-urlencoded', 'form-multipart', 'form-broken', 'type-odd', 'no-reason'].map(odd => ({
    name: `formData of ${odd}`,
    url: `/odd/${odd}`,
    read: async (response: Response) => [...(await response.formData())],
  })),
  ...['text-latin1', 'text-not-utf8', 'ends-in-body', 'ends-in-chunk'].flatMap(odd => [
    { name: `blob of ${odd}`, url: `/odd/${odd}`, read: blobOf },
    { name: `arrayBuffer of ${odd}`, url: `/odd/${odd}`, read: bytesOf },
  ]),
  ...['/odd/no-reason', '/text', '/json', '/status/204'].flatMap(url => [
    { name: `clone of ${url}`, url, read: cloneOf },
    { name: `twice ${url}`, url, read: async (response: Response) => [await response.text(), await response.text()] },
    {
      name: `cancel ${url}`,
      url,
      read: async (response: Response) => [await response.body?.cancel(), response.bodyUsed],
    },
  ]),
  ...Object.keys(oddAnswers)
    .filter(odd => /^(length|transfer|204|ends-after-head|chunks-none)/.test(odd))
    .map(odd => ({ name: `HEAD ${odd}`, url: `/odd/${odd}`, init: () => ({ method: 'HEAD' }) })),
  ...methods.flatMap(method => [
    { name: `${method} /echo`, url: '/echo', init: () => ({ method }) },
    ...[302, 303, 307].map(status => ({
      name: `${method} redirected by ${status}`,
      url: `/redirect/${status}?to=/echo`,
      init: () => ({ method }),
    })),
  ]),
  ...bodies.flatMap(([what, init]) => [
    ...['POST', 'GET', 'DELETE'].map(method => ({
      name: `${method} of ${what}`,
      url: '/echo',
      init: (classes: Classes) => ({ ...init(classes), method }),
    })),
    ...[303, 307].map(status => ({
      name: `POST of ${what} redirected by ${status}`,
      url: `/redirect/${status}?to=/echo`,
      init: (classes: Classes) => ({ ...init(classes), method: 'POST' }),
    })),
  ]),
  ...targets.map(to => ({ name: `redirect to ${to}`, url: `/redirect/302?to=${to}` })),
  ...[300, 301, 302, 303, 304, 305, 306, 307, 308, 309].map(status => ({
    name: `redirect by ${status}`,
    url: `/redirect/${status}?to=/json`,
  })),
  { name: 'redirect without location', url: '/redirect/302' },
  ...['', '{other}'].map(where => ({
    name: `secrets redirected to ${where || 'the same origin'}`,
    url: `/redirect/307?to=${where}/echo`,
    init: () => ({ headers: { Authorization: 'a', Cookie: 'b', 'Proxy-Authorization': 'c', 'X-A': 'd' } }),
  })),
  ...urls.map(url => ({ name: `URL ${JSON.stringify(url)}`, url })),
  ...inits.flatMap(([what, init]) =>
    ['/json', '/redirect/302?to=/json'].map(url => ({ name: `${what} at ${url}`, url, init })),
  ),
  ...headers.map(([what, init]) => ({ name: `headers: ${what}`, url: '/echo', init })),
  ...['bytes=0-3', 'bytes=5-', 'bytes=20-30', 'bytes=-3', 'nonsense'].map(Range => ({
    name: `range ${Range}`,
    url: '/range',
    init: () => ({ headers: { Range } }),
  })),
  { name: 'condition met', url: '/tagged', init: () => ({ headers: { 'If-None-Match': '"2"' } }) },
  { name: 'condition not met', url: '/tagged', init: () => ({ headers: { 'If-None-Match': '"1"' } }) },
  ...(
    [
      ['a Request', (url, { Request }) => new Request(url, { headers: { 'X-A': '1' } })],
      ['a Request with a body', (url, { Request }) => new Request(url, { method: 'POST', body: 'body' })],
      ['a clone of a Request', (url, { Request }) => new Request(url, { method: 'POST', body: 'body' }).clone()],
      ['a Request of a Request', (url, { Request }) => new Request(new Request(url, { method: 'PUT', body: 'body' }))],
      ['a Request with a signal', (url, { Request }) => new Request(url, { signal: AbortSignal.abort() })],
      ['a Request that was used', (url, { Request }) => usedUp(new Request(url, { method: 'POST', body: 'body' }))],
    ] satisfies [string, (url: string, classes: Classes) => Request][]
  ).flatMap(([name, asRequest]) => [
    { name, url: '/echo', asRequest },
    {
      name: `${name}, with init`,
      url: '/echo',
      asRequest,
      init: () => ({ method: 'PATCH', headers: { 'X-B': '2' }, body: 'own' }),
    },
    { name: `${name}, redirected`, url: '/redirect/307?to=/echo', asRequest },
  ]),
  ...(
    [
      ['before the answer', '/silence', 0],
      ['before the body', '/silence-after-head', 1],
      ['in the body', '/silence-before-end', 1],
    ] as const
  ).map(([when, url]) => ({ name: `aborted ${when}`, url, init: () => ({ signal: AbortSignal.timeout(300) }) })),
];

const differences: readonly Difference[] = [
  { row: 'redirects to a URL with credentials', cases: ['redirect to {user}/json'] },
  {
    row: 'redirects that name several URLs, or whose own body is broken',
    cases: ['odd moved-twice', 'odd moved-with-short-body', 'odd moved-with-broken-chunks'],
  },
  { row: 'content codings that were not asked for', cases: ['GET /unknown-coding'] },
  {
    row: 'bodies that expand too much, answers that break off, malformed heads',
    cases: ['GET /gzip-short', 'odd version-2.0', 'odd empty-line-first'],
  },
  { row: 'the headers of an answer', cases: ['odd fields-of-30-KB', 'odd 300-fields'] },
  {
    row: 'white space behind the value of a header, bytes beyond ASCII in a reason phrase',
    cases: ['GET /latin1', 'odd spaces-around-value', 'odd length-spaces', 'HEAD length-spaces', 'odd moved-spaces'],
  },
  {
    row: '`Content-Length: 5, 5`, a second one that is equal, and one that is malformed where there is no body',
    cases: [
      ...['odd lengths-equal', 'odd length-list', 'HEAD lengths-equal', 'HEAD length-list', 'HEAD lengths-unequal'],
      ...['HEAD length-plus', 'HEAD length-minus', 'HEAD length-hex', 'HEAD length-words', 'HEAD length-empty'],
      ...['HEAD length-fraction', 'HEAD length-huge', 'HEAD length-and-chunked', 'HEAD length-and-unknown-coding'],
    ],
  },
  {
    row: 'transfer codings other than `chunked` alone',
    cases: [
      ...['odd transfer-identity', 'odd transfer-unknown', 'odd transfer-gzip-chunked', 'odd transfer-chunked-gzip'],
      ...['odd transfer-chunked-twice', 'odd transfer-in-1.0'],
    ],
  },
  {
    row: 'chunk extensions, trailers',
    cases: ['odd chunk-extension-spaces', 'odd chunk-extension-empty', 'odd trailer-of-framing'],
  },
  { row: '`100 Continue` that nobody waits for', cases: ['odd continue-unasked'] },
  {
    row: 'a `FormData` that is redirected',
    cases: ['an empty FormData', 'a FormData of texts', 'a FormData of odd names and lines', 'a FormData of files'].map(
      what => `POST of ${what} redirected by 307`,
    ),
  },
  { row: 'an empty body', cases: ['DELETE of an empty string'] },
  { row: '407', cases: ['GET /status/407'] },
  {
    row: '`Response.type`',
    cases: ['redirect to {other}/json', 'redirect to {other}/redirect/302?to=/json', 'secrets redirected to {other}'],
  },
];

describe('through a mixnet as without', () => {
  let origin: Origin;
  let origin6: Origin;
  let devnet: Devnet;
  let mixFetch: MixFetch;

  beforeAll(async () => {
    origin = await startOrigin();
    origin6 = await startOrigin({ host: '::1' });
    devnet = await startDevnet({ transport: 'in-process', allowLocal: true, delayScale: 0 });
    mixFetch = createMixFetch({
      api: devnet.api,
      platform: devnet.clientPlatform(),
      traffic: {
        averagePacketDelayMs: 0,
        averageAckDelayMs: 0,
        disableMainPoissonPacketDistribution: true,
        disableLoopCoverTrafficStream: true,
        ackWaitAdditionMs: 30_000,
      },
    });
    await mixFetch.ready();
  });

  afterAll(async () => {
    await mixFetch.close();
    await devnet.close();
    await origin.close();
    await origin6.close();
  });

  describe.concurrent('the same', () => {
    test.each(cases.map(each => [each.name, each] as const))('%s', async (name, each) => {
      const url = urlOf(each.url, origin.port, origin6.port);
      const ours = await seen(mixFetch, globalThis, each, url);
      const theirs = await seen(undici.fetch as unknown as typeof fetch, undici as unknown as Classes, each, url);
      if (differences.some(({ cases }) => cases.includes(name))) expect(ours).not.toEqual(theirs);
      else expect(ours).toEqual(theirs);
    });
  });
});

test('there are enough of them, each under a name of its own', () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  expect(cases.length).toBeGreaterThan(300);
});

test('every difference is of a case here, and of a row of the README', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, table = ''] = readme.split('## How it differs from `fetch`');
  for (const { row, cases: names } of differences) {
    expect(table).toContain(`\n| ${row} |`);
    for (const name of names) expect(cases.map(each => each.name)).toContain(name);
  }
});

/** Everything that a program can see of a call. */
async function seen(fetch: typeof globalThis.fetch, classes: Classes, each: Case, url: string): Promise<unknown> {
  let response: Response;
  try {
    const input = each.asRequest?.(url, classes) ?? url;
    response = await fetch(input, each.init?.(classes) as RequestInit);
  } catch (error) {
    return { failed: nameOf(error) };
  }
  const { status, statusText, redirected, type, ok, bodyUsed } = response;
  const told = {
    status,
    statusText,
    ok,
    url: response.url,
    redirected,
    type,
    bodyUsed,
    hasBody: response.body !== null,
  };
  // The server answers to what each asks of the connection.
  const headers = [...response.headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name));
  try {
    const read = await (each.read ?? (response => response.text()))(response);
    const echo = typeof read === 'string' && read.startsWith('{"method":') ? echoed(read) : undefined;
    return echo ? { ...told, echo } : { ...told, headers, read };
  } catch (error) {
    return { ...told, headers, broken: nameOf(error) };
  }
}

/** What the server got, but for the headers that each adds by itself. */
function echoed(text: string): unknown {
  const { rawHeaders, headers, body, ...rest } = JSON.parse(text) as {
    rawHeaders: string[];
    headers: Record<string, string>;
    body: string;
  };
  const boundary = /boundary=(\S+)/.exec(headers['content-type'] ?? '')?.[1];
  const own = Object.fromEntries(Object.entries(headers).filter(([name]) => !byItself.includes(name)));
  // Boundaries differ, in length too.
  if (boundary !== undefined && own['content-length'] === `${body.length}`) own['content-length'] = 'of the body';
  return JSON.parse(JSON.stringify({ ...rest, body, headers: own }).replaceAll(boundary ?? '\0', 'boundary'));
}

const byItself = ['connection', 'user-agent', 'accept-language', 'sec-fetch-mode', 'accept-encoding'];

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}

function urlOf(url: string, port: number, port6: number): string {
  const here = `http://127.0.0.1:${port}`;
  if (!url.startsWith('/') || url.startsWith('//127') || url === '/json-alone')
    return url.replace('{port}', `${port}`).replace('{port6}', `${port6}`);
  const [path = '', to] = url.split('?to=');
  if (to === undefined) return here + url;
  const target = to
    .replace('{other}', `http://localhost:${port}`)
    .replace('{user}', `http://user:word@127.0.0.1:${port}`)
    .replace('{other-user}', `http://user:word@localhost:${port}`);
  return `${here}${path}?to=${encodeURIComponent(target)}`;
}

async function blobOf(response: Response): Promise<unknown> {
  const blob = await response.blob();
  return [blob.type, await blob.text()];
}

async function bytesOf(response: Response): Promise<unknown> {
  return [...new Uint8Array(await response.arrayBuffer())];
}

async function cloneOf(response: Response): Promise<unknown> {
  const clone = response.clone();
  const texts = await Promise.all([response.text(), clone.text()]);
  return [...texts, clone.url, clone.status, clone.type, clone.redirected];
}

function usedUp(request: Request): Request {
  void request.text();
  return request;
}

function formOf(
  FormData: Classes['FormData'],
  entries: [name: string, value: string | Blob, filename?: string][],
): FormData {
  const form = new FormData();
  for (const [name, value, filename] of entries) {
    if (typeof value === 'string') form.append(name, value);
    else if (filename === undefined) form.append(name, value);
    else form.append(name, value, filename);
  }
  return form;
}

async function* iterable(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([104, 105]);
}
