import { base64 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { createPlatform } from '#platform';
import { readObjectUrl } from '../../src/fetch/index.ts';
import { bed, expectQuiet, rejection } from './bed.ts';

describe('data: URLs', () => {
  const urls: [url: string, type: string, body: string][] = [
    ['data:,hello', 'text/plain;charset=US-ASCII', 'hello'],
    ['data:,a%20b%', 'text/plain;charset=US-ASCII', 'a b%'],
    ['data:text/html,<b>#part', 'text/html', '<b>'],
    ['data:;charset=utf-8,%C3%BC', 'text/plain;charset=utf-8', 'ü'],
    ['data:text/plain;base64,aGVsbG8=', 'text/plain', 'hello'],
    ['data:TEXT/Plain ; base64,aGVs%20bG8', 'text/plain', 'hello'],
    ['data:application/json;base64,eyJhIjoxfQ', 'application/json', '{"a":1}'],
    ['data:text/plain;a="b c";A=d,x', 'text/plain;a="b c"', 'x'],
    ['data:nonsense,x', 'text/plain;charset=US-ASCII', 'x'],
    ['data: ,x', 'text/plain;charset=US-ASCII', 'x'],
  ];
  test.each(urls)('%s', async (url, type, body) => {
    const it = await bed();
    const response = await it.fetch(url);
    expect(response).toMatchObject({ status: 200, statusText: 'OK', type: 'basic', url: url.split('#')[0] });
    expect(response.headers.get('content-type')).toBe(type);
    expect(await response.text()).toBe(body);
    await expectQuiet(it, 0);
  });

  test.each(['data:hello', 'data:text/plain;base64,a', 'data:;base64,!!'])('%s is malformed', async url => {
    const { fetch } = await bed();
    expect(await rejection(fetch(url))).toMatchObject({ name: 'TypeError', cause: { code: 'ERR_MIX_USAGE_OPTION' } });
  });

  test('any byte survives', async () => {
    const bytes = new Uint8Array(256).map((_, i) => i);
    const { fetch } = await bed();
    for (const url of [
      `data:,${Array.from(bytes, byte => `%${byte.toString(16).padStart(2, '0')}`).join('')}`,
      `data:;base64,${base64.encode(bytes)}`,
    ]) {
      expect(new Uint8Array(await (await fetch(url)).arrayBuffer())).toEqual(bytes);
    }
  });
});

describe('blob: URLs', () => {
  test('give what the platform has under them', async () => {
    const it = await bed({ blobOf: url => readObjectUrl(url, createPlatform()) });
    const url = URL.createObjectURL(new Blob(['content'], { type: 'text/x-thing' }));
    const response = await it.fetch(url);
    expect([...response.headers]).toEqual([
      ['content-length', '7'],
      ['content-type', 'text/x-thing'],
    ]);
    expect(await response.text()).toBe('content');
    URL.revokeObjectURL(url);
    expect(await rejection(it.fetch(url))).toMatchObject({ message: 'fetch failed' });
    expect(await rejection(it.fetch(url, { method: 'POST' }))).toMatchObject({
      message: expect.stringContaining('GET'),
    });
    await expectQuiet(it, 0);
  });
});
