import { base64 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { rawHeaders } from '../../src/fetch/index.ts';
import { text } from '../support/text.ts';
import { bed, expectQuiet, failureCode, rejection } from './bed.ts';

describe('what a response tells', () => {
  test('is the platform’s own Response, of type basic, with its URL and without the fragment', async () => {
    const { fetch, at } = await bed();
    const response = await fetch(at('/json?a=1#part'));
    expect(response).toBeInstanceOf(Response);
    expect(response).toMatchObject({ ok: true, status: 200, statusText: 'OK', type: 'basic', redirected: false });
    expect(response.url).toBe(at('/json?a=1'));
    expect(await response.json()).toEqual({ answer: 42 });
    expect(response.bodyUsed).toBe(true);
  });

  test('a clone tells the same, and so does the clone of a clone', async () => {
    const { fetch, at } = await bed();
    const response = await fetch(at('/redirect/302?to=/cookies'));
    const clone = response.clone().clone();
    expect(clone).toMatchObject({ url: at('/cookies'), redirected: true, type: 'basic', status: 200 });
    expect(rawHeaders(clone)).toEqual(rawHeaders(response));
  });

  test('a clone and its original are both read whole', async () => {
    const { fetch, at } = await bed();
    const response = await fetch(at('/bytes/300000'));
    const [first, second] = await Promise.all([response.clone().arrayBuffer(), response.arrayBuffer()]);
    expect([first.byteLength, second.byteLength]).toEqual([300_000, 300_000]);
  });

  test('every Set-Cookie is there raw, and in headers where the platform lets it be', async () => {
    const { fetch, at } = await bed();
    const response = await fetch(at('/cookies'));
    const cookies = ['a=1; Path=/', 'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT'];
    // Browsers take it out of every Response that a program makes.
    const shown = new Response(null, { headers: [['Set-Cookie', 'c=3']] }).headers.has('Set-Cookie');
    expect(response.headers.getSetCookie()).toEqual(shown ? cookies : []);
    expect(rawHeaders(response).filter(([name]) => name === 'Set-Cookie')).toEqual(cookies.map(c => ['Set-Cookie', c]));
  });

  test('raw headers of somebody else’s Response are what its headers show', () => {
    expect(rawHeaders(new Response('x', { headers: { 'X-A': '1' } }))).toContainEqual(['x-a', '1']);
  });

  test('bytes beyond ASCII in reason and headers are shown as they came', async () => {
    const { fetch, at } = await bed();
    const response = await fetch(at('/latin1'));
    expect(response.statusText).toBe('Tr\u00e8s bien');
    expect(response.headers.get('x-name')).toBe('caf\u00e9');
  });

  test('a status that Response cannot be made with is shown all the same', async () => {
    const { fetch, at } = await bed();
    const response = await fetch(at('/status-999'));
    expect(response).toMatchObject({ status: 999, ok: false, statusText: 'Request denied' });
    expect(response.clone().status).toBe(999);
    expect(await response.text()).toBe('no');
  });

  test('what comes before the final head is skipped', async () => {
    const { fetch, at } = await bed();
    const response = await fetch(at('/early-hints'));
    expect([response.status, await response.text()]).toEqual([200, 'after the hints']);
  });

  test('trailers do no harm', async () => {
    const { fetch, at } = await bed();
    expect(await (await fetch(at('/trailers'))).text()).toBe('with');
  });
});

describe('responses without a body', () => {
  test.each([204, 205, 304])('%d', async status => {
    const it = await bed();
    const response = await it.fetch(it.at(`/status/${status}`));
    expect(response.status).toBe(status);
    expect(response.body).toBeNull();
    expect(await response.text()).toBe('');
    await expectQuiet(it);
  });

  test('to HEAD, whatever the length says', async () => {
    const it = await bed();
    const response = await it.fetch(it.at('/bytes/1000000'), { method: 'HEAD' });
    expect(response.headers.get('content-length')).toBe('1000000');
    expect(response.body).toBeNull();
    await expectQuiet(it, 1);
  });

  test('to HEAD, coded or not', async () => {
    const { fetch, at } = await bed();
    const response = await fetch(at('/gzip'), { method: 'HEAD' });
    expect([response.headers.get('content-encoding'), await response.text()]).toEqual(['gzip', '']);
  });
});

describe('response bodies', () => {
  test('come as they are sent, not at the end', async () => {
    const { fetch, at } = await bed();
    const reader = (await fetch(at('/silence-after-head'))).body?.getReader();
    const first = (await reader?.read())?.value;
    expect(new TextDecoder().decode(first)).toBe('first');
    await reader?.cancel();
  });

  test('are byte streams, which fill the reader’s own buffer', async () => {
    const { fetch, at } = await bed();
    const reader = (await fetch(at('/text'))).body?.getReader({ mode: 'byob' });
    let read = '';
    for (;;) {
      const { done, value } = (await reader?.read(new Uint8Array(1000))) ?? { done: true, value: undefined };
      read += new TextDecoder().decode(value);
      if (done) break;
      expect(value?.length).toBeLessThanOrEqual(1000);
    }
    expect(read).toBe(text);
  });

  test('that end with the connection are read to its end', async () => {
    const it = await bed();
    expect(await (await it.fetch(it.at('/until-close'))).text()).toBe('until the end');
    expect(await (await it.fetch(it.at('/until-close-1.0'))).text()).toBe('until the end');
    await expectQuiet(it, 0);
  });

  test('that are cut short are errors, by length and by chunks', async () => {
    const it = await bed();
    for (const path of ['/short-length', '/short-chunks']) {
      const response = await it.fetch(it.at(path));
      expect(await failureCode(response.text())).toBe('ERR_MIX_HTTP_TRUNCATED');
    }
    await expectQuiet(it, 0);
  });

  test.each(['arrayBuffer', 'blob', 'formData', 'json', 'text'] as const)(
    'that are cut short say so to who reads them by %s, clones too',
    async name => {
      const { fetch, at } = await bed();
      const response = await fetch(at('/short-length'));
      const clone = response.clone();
      expect(await failureCode(clone[name]())).toBe('ERR_MIX_HTTP_TRUNCATED');
      expect(await failureCode(response[name]())).toBe('ERR_MIX_HTTP_TRUNCATED');
      expect(await rejection(response[name]())).not.toHaveProperty('cause');
    },
  );

  test('what came before the cut can be read', async () => {
    const { fetch, at } = await bed();
    const reader = (await fetch(at('/short-length'))).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('only this');
    expect(await failureCode(Promise.resolve(reader?.read()))).toBe('ERR_MIX_HTTP_TRUNCATED');
  });
});

describe('integrity', () => {
  const sha256 = 'sha256-Ur0ttT93EidGtaLpBOBmOkFNCSykVYqlnC1SBpnXg+Y='; // of nothing in particular
  test('a body that does not match is not given', async () => {
    const it = await bed();
    expect(await failureCode(it.fetch(it.at('/json'), { integrity: sha256 }))).toBe('ERR_MIX_HTTP_INTEGRITY');
    await expectQuiet(it);
  });

  test('an answer without any body does not match', async () => {
    const it = await bed();
    for (const [path, method] of [
      ['/json', 'HEAD'],
      ['/status/204', 'GET'],
    ] as const) {
      const answer = it.fetch(it.at(path), { method, integrity: sha256 });
      expect(await failureCode(answer)).toBe('ERR_MIX_HTTP_INTEGRITY');
    }
    await expectQuiet(it);
  });

  test('one that matches is; the strongest algorithm counts; unknown ones demand nothing', async () => {
    const { fetch, at } = await bed();
    const good = async (bits: number) => `sha${bits}-${await digestOf('{"answer":42}', bits)}`;
    const [short, middle, long] = [await good(256), await good(384), await good(512)];
    const fits = [short, middle, long, `${sha256} ${long}`, 'md5-xyz', ''];
    for (const integrity of fits)
      expect(await (await fetch(at('/json'), { integrity })).json()).toEqual({ answer: 42 });
    const weakOnly = `${short} ${long.replace(/.{4}=*$/, 'AAAA')}`;
    expect(await failureCode(fetch(at('/json'), { integrity: weakOnly }))).toBe('ERR_MIX_HTTP_INTEGRITY');
  });
});

/** Base64. */
async function digestOf(content: string, bits: number): Promise<string> {
  const digest = await crypto.subtle.digest(`SHA-${bits}`, new TextEncoder().encode(content));
  return base64.encode(new Uint8Array(digest));
}
