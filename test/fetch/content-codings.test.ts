import { describe, expect, test } from 'vitest';
import { text } from '../support/text.ts';
import { bed, expectQuiet, failureCode } from './bed.ts';

describe('coded bodies', () => {
  test.each(['gzip', 'x-gzip', 'deflate', 'deflate-raw', 'gzip-deflate'])('%s is decoded', async name => {
    const it = await bed();
    const response = await it.fetch(it.at(`/${name}`));
    expect(await response.text()).toBe(text);
    expect(response.headers.has('content-encoding')).toBe(true);
    await expectQuiet(it, 1);
  });

  test('gzip of several members is decoded, or an error where the platform cannot: never cut short', async () => {
    const { fetch, at } = await bed();
    const response = await fetch(at('/gzip-members'));
    if ('process' in globalThis) expect(await response.text()).toBe(text);
    else expect(await failureCode(response.text())).toBe('ERR_MIX_HTTP_ENCODING');
  });

  test('an empty one is empty', async () => {
    const { fetch, at } = await bed();
    expect(await (await fetch(at('/gzip-empty'))).text()).toBe('');
  });

  test('come as they are sent', async () => {
    const { fetch, at } = await bed();
    const reader = (await fetch(at('/gzip-slow'))).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first');
    await reader?.cancel();
  });

  test.each(['gzip-short', 'gzip-corrupt', 'gzip-plain'])('%s is an error', async name => {
    const it = await bed();
    const response = await it.fetch(it.at(`/${name}`));
    expect(await failureCode(response.text())).toBe('ERR_MIX_HTTP_ENCODING');
    await expectQuiet(it);
  });

  test('one that is cut short by the connection says so', async () => {
    const it = await bed();
    const response = await it.fetch(it.at('/gzip-cut'));
    expect(await failureCode(response.text())).toBe('ERR_MIX_HTTP_TRUNCATED');
    await expectQuiet(it, 0);
  });

  test('one that grows without measure is stopped', async () => {
    const it = await bed();
    const response = await it.fetch(it.at('/gzip-bomb'));
    expect(await failureCode(response.arrayBuffer())).toBe('ERR_MIX_HTTP_TOO_LARGE');
    await expectQuiet(it);
  });

  test('a coding that nobody asked for is an error, and so are too many', async () => {
    const it = await bed();
    for (const path of ['/unknown-coding', '/six-codings']) {
      expect(await failureCode(it.fetch(it.at(path)))).toBe('ERR_MIX_HTTP_ENCODING');
    }
    await expectQuiet(it);
  });

  test('a coding that the caller asked for, and is unknown here, is given as it came', async () => {
    const { fetch, at } = await bed();
    const response = await fetch(at('/unknown-coding'), { headers: { 'accept-encoding': 'br;q=1, gzip' } });
    expect(await response.text()).toBe('brotli would be here');
  });

  test('decoders can be added, and do not change what is asked for', async () => {
    const br = () =>
      new TransformStream<Uint8Array, Uint8Array>({
        transform() {},
        flush: controller => controller.enqueue(new TextEncoder().encode('decoded')),
      });
    const { fetch, echo, at } = await bed({ decoders: { br } });
    expect(await (await fetch(at('/unknown-coding'))).text()).toBe('decoded');
    expect((await echo(at('/echo'))).headers['accept-encoding']).toBe('gzip, deflate');
  });
});
