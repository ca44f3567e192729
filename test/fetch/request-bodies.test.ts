import { describe, expect, test } from 'vitest';
import { latin1, utf8Of } from '../support/bytes.ts';
import { bed, expectQuiet, failureCode, rejection } from './bed.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const streamOf = (...pieces: (Uint8Array | string)[]) =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(typeof piece === 'string' ? utf8(piece) : piece);
      controller.close();
    },
  });

describe('bodies that are at hand', () => {
  const bodies: [what: string, body: () => BodyInit, contentType: string | undefined][] = [
    ['a string', () => 'grüße', 'text/plain;charset=UTF-8'],
    ['bytes', () => utf8('grüße'), undefined],
    ['an ArrayBuffer', () => utf8('grüße').slice().buffer, undefined],
    ['a view on part of a buffer', () => utf8('xgrüßex').subarray(1, -1), undefined],
    ['a DataView', () => new DataView(utf8('grüße').slice().buffer), undefined],
    ['a Blob', () => new Blob(['grü', 'ße'], { type: 'text/x-greeting' }), 'text/x-greeting'],
    ['a Blob without a type', () => new Blob(['grüße']), undefined],
  ];
  test.each(bodies)('%s goes out with its length and its type', async (_, body, contentType) => {
    const { echo, at } = await bed();
    const { headers, body: received } = await echo(at('/echo'), { method: 'POST', body: body() });
    expect(utf8Of(latin1(received))).toBe('grüße');
    expect(headers['content-length']).toBe('7');
    expect(headers['content-type']).toBe(contentType);
  });

  test('URLSearchParams as a form', async () => {
    const { echo, at } = await bed();
    const { headers, body } = await echo(at('/echo'), {
      method: 'POST',
      body: new URLSearchParams({ a: '1 2', b: 'ü' }),
    });
    expect(body).toBe('a=1+2&b=%C3%BC');
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded;charset=UTF-8');
  });

  test('FormData as multipart, which the platform can read back, with a boundary that names no platform', async () => {
    const { echo, at } = await bed();
    const form = new FormData();
    form.append('text "quoted"\n', 'line one\nline two');
    form.append('file', new File(['\0\x01\r\n--'], 'a "b".bin', { type: 'application/x-thing' }));
    form.append('blob', new Blob(['plain']));
    const { headers, body } = await echo(at('/echo'), { method: 'POST', body: form });
    const contentType = headers['content-type'] ?? '';
    expect(contentType).toMatch(/^multipart\/form-data; boundary=----FormBoundary[0-9a-f]{32}$/);
    expect(headers['content-length']).toBe(String(body.length));
    // Platforms do not agree on what to make of these when they read them.
    for (const quoted of ['name="text %22quoted%22%0D%0A"', 'filename="a %22b%22.bin"']) expect(body).toContain(quoted);
    const read = await new Response(latin1(body), {
      headers: { 'content-type': contentType },
    }).formData();
    const [text, file, blob] = [...read.values()] as [string, File, File];
    expect([...read.keys()].slice(1)).toEqual(['file', 'blob']);
    expect(text).toBe('line one\r\nline two');
    expect([file.type, await file.text()]).toEqual(['application/x-thing', '\0\x01\r\n--']);
    expect(blob.type).toBe('application/octet-stream');
  });

  test('a Content-Type of the caller stands', async () => {
    const { echo, at } = await bed();
    const { headers } = await echo(at('/echo'), {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(headers['content-type']).toBe('application/json');
  });

  test('a POST without a body says that it has none; so does one with an empty body', async () => {
    const { echo, at } = await bed();
    for (const body of [undefined, null, '']) {
      const { headers } = await echo(at('/echo'), { method: 'POST', ...(body === undefined ? {} : { body }) });
      expect(headers['content-length']).toBe('0');
      expect(headers).not.toHaveProperty('transfer-encoding');
    }
    expect((await echo(at('/echo'), { method: 'DELETE' })).headers).not.toHaveProperty('content-length');
  });

  test('the caller may change the bytes right after the call', async () => {
    const { echo, at } = await bed();
    const body = utf8('before');
    const echoed = echo(at('/echo'), { method: 'POST', body });
    body.fill(0);
    expect((await echoed).body).toBe('before');
  });
});

describe('bodies that are streams', () => {
  test('go out in chunks, empty pieces skipped', async () => {
    const { echo, at } = await bed();
    const body = streamOf('one ', '', 'two ', 'three');
    const { headers, body: received } = await echo(at('/echo'), { method: 'POST', body, duplex: 'half' });
    expect(received).toBe('one two three');
    expect(headers['transfer-encoding']).toBe('chunked');
    expect(headers).not.toHaveProperty('content-length');
  });

  test('go out with the length that the caller promises, and fail if it is another', async () => {
    const it = await bed();
    const send = (length: string) =>
      it.echo(it.at('/echo'), {
        method: 'POST',
        body: streamOf('abc', 'def'),
        duplex: 'half',
        headers: { 'content-length': length },
      });
    expect(await send('6')).toMatchObject({ body: 'abcdef', headers: { 'content-length': '6' } });
    for (const wrong of ['5', '7']) {
      expect(await rejection(send(wrong))).toMatchObject({ message: 'fetch failed', cause: { name: 'TypeError' } });
    }
    await expectQuiet(it, 0);
  });

  test('an async iterable is a stream too', async () => {
    const { echo, at } = await bed();
    async function* body() {
      yield utf8('from ');
      yield utf8('a generator');
    }
    expect((await echo(at('/echo'), { method: 'POST', body: body(), duplex: 'half' })).body).toBe('from a generator');
  });

  test('a Request made from a string is sent with its length; one made from a slow stream in chunks', async () => {
    const { echo, at } = await bed();
    const fromString = new Request(at('/echo'), { method: 'POST', body: 'known' });
    expect((await echo(fromString)).headers['content-length']).toBe('5');
    const slow = new ReadableStream({
      async start(controller) {
        controller.enqueue(utf8('at once, '));
        await new Promise(resolve => setTimeout(resolve, 60));
        controller.enqueue(utf8('later'));
        controller.close();
      },
    });
    const fromStream = new Request(at('/echo'), { method: 'POST', body: slow, duplex: 'half' } as RequestInit);
    expect(await echo(fromStream)).toMatchObject({
      body: 'at once, later',
      headers: { 'transfer-encoding': 'chunked' },
    });
  });

  test('what the stream throws is the cause of the failure, and the connection is not used again', async () => {
    const it = await bed();
    const mine = new Error('my stream broke');
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(utf8('begun'));
      },
      pull(controller) {
        controller.error(mine);
      },
    });
    const error = await rejection(it.fetch(it.at('/echo'), { method: 'POST', body, duplex: 'half' }));
    expect(error).toMatchObject({ name: 'TypeError', message: 'fetch failed' });
    expect((error as Error).cause).toBe(mine);
    await expectQuiet(it, 0);
  });

  test('a piece that is not bytes fails the request', async () => {
    const it = await bed();
    const body = new ReadableStream({ start: controller => controller.enqueue('text') });
    expect(await rejection(it.fetch(it.at('/echo'), { method: 'POST', body, duplex: 'half' }))).toMatchObject({
      cause: { name: 'TypeError' },
    });
    await expectQuiet(it, 0);
  });

  test('an answer that comes before the upload is done is given, and the rest is not sent', async () => {
    const it = await bed();
    let cancelled = false;
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise(resolve => setTimeout(resolve, 1));
        if (!cancelled) controller.enqueue(new Uint8Array(1024));
      },
      cancel() {
        cancelled = true;
      },
    });
    const response = await it.fetch(it.at('/refuse-upload'), { method: 'POST', body, duplex: 'half' });
    expect(response.status).toBe(413);
    expect(await response.text()).toBe('too much');
    await expect.poll(() => cancelled).toBe(true);
    await expectQuiet(it, 0);
  });

  test('head and first bytes share one write; so do head and a whole small body', async () => {
    const it = await bed();
    const writes: number[] = [];
    const open = it.exit.openStream;
    const { createFetch } = await import('../../src/fetch/index.ts');
    const fetch = createFetch({
      platform: it.platform,
      tls: { secure: () => expect.fail('no TLS here') },
      open(options) {
        const stream = open(options);
        const spy = new TransformStream<Uint8Array, Uint8Array>({
          transform(bytes, controller) {
            writes.push(bytes.length);
            controller.enqueue(bytes);
          },
        });
        void spy.readable.pipeTo(stream.writable).catch(() => {});
        return {
          readable: stream.readable,
          writable: spy.writable,
          opened: stream.opened,
          closed: stream.closed,
          close: reason => stream.close(reason),
        };
      },
    });
    await (await fetch(it.at('/echo'), { method: 'POST', body: '{"jsonrpc":"2.0"}' })).json();
    expect(writes.length).toBe(1);
    await (await fetch(it.at('/echo'), { method: 'POST', body: streamOf('one piece'), duplex: 'half' })).json();
    expect(writes.length).toBe(3); // With the end of the chunks after it.
    await fetch.close();
  });

  test('a stall of the caller’s own stream counts as no progress', async () => {
    const it = await bed({ timeouts: { body: 50 } });
    const body = new ReadableStream({ start: controller => controller.enqueue(utf8('begun')) });
    const sent = it.fetch(it.at('/echo'), { method: 'POST', body, duplex: 'half' });
    expect(await failureCode(sent)).toBe('ERR_MIX_TIMEOUT_BODY');
    await expectQuiet(it, 0);
  });
});
