import { describe, expect, test } from 'vitest';
import { bed, expectQuiet, rejection } from './bed.ts';

describe('what a request can be made from', () => {
  test('a string, a URL and a Request all reach the server, the fragment does not', async () => {
    const { echo, at } = await bed();
    expect((await echo(at('/echo?a=1#part'))).url).toBe('/echo?a=1');
    expect((await echo(new URL(at('/echo?a=2#part')))).url).toBe('/echo?a=2');
    expect((await echo(new Request(at('/echo?a=3#part')))).url).toBe('/echo?a=3');
  });

  test('a Request brings its method, headers and body, and init overrides them', async () => {
    const { echo, at } = await bed();
    const request = () => new Request(at('/echo'), { method: 'PUT', headers: { 'x-a': '1', 'x-b': '2' }, body: 'own' });
    expect(await echo(request())).toMatchObject({
      method: 'PUT',
      headers: { 'x-a': '1', 'x-b': '2', 'content-type': 'text/plain;charset=UTF-8', 'content-length': '3' },
      body: 'own',
    });
    const overridden = await echo(request(), { method: 'PATCH', headers: { 'x-a': '3' }, body: 'other' });
    expect(overridden).toMatchObject({ method: 'PATCH', headers: { 'x-a': '3' }, body: 'other' });
    expect(overridden.headers).not.toHaveProperty('x-b');
  });

  test('a Request whose body was used is refused', async () => {
    const { fetch, at } = await bed();
    const request = new Request(at('/echo'), { method: 'POST', body: 'once' });
    await fetch(request);
    expect(await rejection(fetch(request))).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining('used'),
    });
  });

  test('a relative URL is relative to the page, and wrong where there is none', async () => {
    const page = await bed();
    const { fetch } = await bed({ baseUrl: page.at('/somewhere/else') });
    expect((await fetch('/json')).url).toBe(page.at('/json'));
    expect(await rejection(page.fetch('/json'))).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining('URL'),
    });
  });

  test('names go to the exit as they are, IPv6 addresses without brackets, ports as given or by scheme', async () => {
    const { fetch, exit } = await bed();
    await rejection(fetch('http://BÜCHER.example/'));
    await rejection(fetch('http://[::1]:8081/'));
    expect(exit.asked).toMatchObject([
      { hostname: 'xn--bcher-kva.example', port: 80 },
      { hostname: '::1', port: 8081 },
    ]);
  });
});

describe('arguments that are wrong', () => {
  const wrong: [what: string, input: string, init: unknown, named: RegExp][] = [
    ['no URL', 'http://', {}, /URL/],
    ['a scheme of another network', 'ftp://127.0.0.1/', {}, /"ftp"/],
    ['a file', 'file:///etc/passwd', {}, /"file"/],
    ['credentials in the URL', 'http://user:secret@127.0.0.1/', {}, /credentials/],
    ['the port of a mail server', 'http://127.0.0.1:25/', {}, /port 25/],
    ['options that are no object', 'http://127.0.0.1/', 'GET', /options/],
    ['a method that is no token', 'http://127.0.0.1/', { method: 'GE T' }, /"method"/],
    ['a forbidden method', 'http://127.0.0.1/', { method: 'connect' }, /CONNECT/],
    ['a body with GET', 'http://127.0.0.1/', { body: 'x' }, /GET/],
    ['a body with HEAD', 'http://127.0.0.1/', { method: 'head', body: 'x' }, /HEAD/],
    ['a header name that is none', 'http://127.0.0.1/', { headers: { 'x y': '1' } }, /"x y"/],
    ['a header value with a line break', 'http://127.0.0.1/', { headers: { 'x-key': 'se\r\ncret' } }, /"x-key"/],
    ['a header value with a control character', 'http://127.0.0.1/', { headers: { 'x-key': 'se\x01cret' } }, /"x-key"/],
    ['a header that is no pair', 'http://127.0.0.1/', { headers: [['x-a']] }, /"headers"/],
    ['headers that are no object', 'http://127.0.0.1/', { headers: null }, /"headers"/],
    ['a transfer coding', 'http://127.0.0.1/', { headers: { 'Transfer-Encoding': 'chunked' } }, /"transfer-encoding"/],
    ['an upgrade', 'http://127.0.0.1/', { headers: { connection: 'upgrade', upgrade: 'websocket' } }, /"connection"/],
    [
      'a length that is not the body’s',
      'http://127.0.0.1/',
      { method: 'POST', body: 'abc', headers: { 'content-length': '4' } },
      /"content-length"/,
    ],
    ['a length without a body', 'http://127.0.0.1/', { headers: { 'content-length': '4' } }, /"content-length"/],
    ['an unknown redirect mode', 'http://127.0.0.1/', { redirect: 'sometimes' }, /"redirect"/],
    ['an unknown mode', 'http://127.0.0.1/', { mode: 'navigate' }, /"mode"/],
    ['an unknown cache mode', 'http://127.0.0.1/', { cache: 'maybe' }, /"cache"/],
    ['a signal that is none', 'http://127.0.0.1/', { signal: {} }, /"signal"/],
    ['a duplex that there is not', 'http://127.0.0.1/', { duplex: 'full' }, /"duplex"/],
    ['a stream without duplex', 'http://127.0.0.1/', { method: 'POST', body: new ReadableStream() }, /"duplex"/],
    ['a timeout of nothing', 'http://127.0.0.1/', { mixnet: { timeouts: { headers: 0 } } }, /"headers"/],
    ['an unknown timeout', 'http://127.0.0.1/', { mixnet: { timeouts: { header: 1 } } }, /"header"/],
    ['an isolation that is no string', 'http://127.0.0.1/', { mixnet: { isolation: 1 } }, /"mixnet.isolation"/],
    ['an exit that is no address', 'http://127.0.0.1/', { mixnet: { exit: 'that one' } }, /"mixnet.exit"/],
    ['an unknown option of ours', 'http://127.0.0.1/', { mixnet: { exits: [] } }, /"mixnet.exits"/],
  ];
  test.each(wrong)('%s: a TypeError that names it, at once, and nothing is sent', async (_, input, init, named) => {
    const it = await bed();
    const error = await rejection(it.fetch(input, init as RequestInit));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message).toMatch(named);
    expect((error as TypeError).message).not.toMatch(/secret|passwd/);
    expect(it.exit.asked).toEqual([]);
    await expectQuiet(it, 0);
  });

  test('a stream that is locked, or was read from', async () => {
    const { fetch, at } = await bed();
    const send = (body: ReadableStream) => rejection(fetch(at('/echo'), { method: 'POST', body, duplex: 'half' }));
    const locked = new Response('x').body as ReadableStream;
    locked.getReader();
    const used = new Response('xy').body as ReadableStream;
    const reader = used.getReader();
    await reader.read();
    reader.releaseLock();
    for (const stream of [locked, used])
      expect(await send(stream)).toMatchObject({ message: expect.stringContaining('"body"') });
  });
});

describe('methods', () => {
  test('six are known in any case, others go out as they are', async () => {
    const { echo, at } = await bed();
    expect((await echo(at('/echo'), { method: 'post' })).method).toBe('POST');
    expect((await echo(at('/echo'), { method: 'dElEtE' })).method).toBe('DELETE');
    expect((await echo(at('/echo'), { method: 'PATCH' })).method).toBe('PATCH');
    expect((await echo(at('/echo'), { method: 'QUERY', body: 'q' })).method).toBe('QUERY');
  });
});

describe('headers', () => {
  test('a bare request carries the documented set, in its order, and nothing that names runtime or package', async () => {
    const { echo, at, origin } = await bed();
    expect((await echo(at('/echo'))).rawHeaders).toEqual([
      ...['host', `127.0.0.1:${origin.port}`],
      ...['connection', 'keep-alive'],
      ...['user-agent', 'Mozilla/5.0'],
      ...['accept', '*/*'],
      ...['accept-encoding', 'gzip, deflate'],
    ]);
  });

  test('a caller’s header takes the place of the default one; the others follow by name', async () => {
    const { echo, at } = await bed();
    const headers = { 'X-Last': '9', Accept: 'application/json', 'User-Agent': 'me', Authorization: 'Bearer t' };
    const { rawHeaders } = await echo(at('/echo'), { method: 'POST', body: '{}', headers });
    expect(rawHeaders.filter((_, i) => i % 2 === 0)).toEqual([
      ...['host', 'connection', 'content-length', 'content-type', 'user-agent', 'accept', 'accept-encoding'],
      ...['authorization', 'x-last'],
    ]);
    expect(rawHeaders).toEqual(expect.arrayContaining(['application/json', 'me', 'Bearer t']));
  });

  test('Headers, a record, pairs and any iterable of pairs say the same', async () => {
    const { echo, at } = await bed();
    const pairs: [string, string][] = [
      ['x-a', '1'],
      ['x-b', '2'],
    ];
    for (const headers of [new Headers(pairs), Object.fromEntries(pairs), pairs, new Map(pairs)]) {
      expect((await echo(at('/echo'), { headers: headers as HeadersInit })).headers).toMatchObject({
        'x-a': '1',
        'x-b': '2',
      });
    }
  });

  test('Host, Cookie, Origin and Referer are the caller’s to set', async () => {
    const { echo, at } = await bed();
    const headers = { Host: 'other.test', Cookie: 'a=1', Origin: 'https://page.test', Referer: 'https://page.test/x' };
    expect((await echo(at('/echo'), { headers })).headers).toMatchObject({
      host: 'other.test',
      cookie: 'a=1',
      origin: 'https://page.test',
      referer: 'https://page.test/x',
    });
  });

  test('repeated headers are joined by commas, cookies by semicolons', async () => {
    const { echo, at } = await bed();
    const headers: [string, string][] = [
      ['x-a', '1'],
      ['cookie', 'a=1'],
      ['X-A', '2'],
      ['Cookie', 'b=2'],
    ];
    expect((await echo(at('/echo'), { headers })).headers).toMatchObject({ 'x-a': '1, 2', cookie: 'a=1; b=2' });
  });

  test('what is said about referrer, cache and credentials is accepted and sends nothing', async () => {
    const { echo, at } = await bed();
    const init: RequestInit = {
      cache: 'no-store',
      credentials: 'include',
      mode: 'cors',
      referrer: 'about:client',
      keepalive: true,
    };
    expect((await echo(at('/echo'), init)).rawHeaders).toEqual((await echo(at('/echo'))).rawHeaders);
  });
});
