import { describe, expect, test } from 'vitest';
import type { Echo } from '../support/origin.ts';
import { bed, expectQuiet, failureCode } from './bed.ts';

describe('redirects', () => {
  test('are followed to where the answer is, on one connection', async () => {
    const it = await bed();
    const response = await it.fetch(it.at('/countdown/5'));
    expect([await response.text(), response.url, response.redirected]).toEqual(['landed', it.at('/countdown/0'), true]);
    expect(it.origin.connections).toBe(1);
    await expectQuiet(it, 1);
  });

  test('twenty are, twenty-one are not', async () => {
    const it = await bed();
    expect(await (await it.fetch(it.at('/countdown/20'))).text()).toBe('landed');
    expect(await failureCode(it.fetch(it.at('/countdown/21')))).toBe('ERR_MIX_HTTP_REDIRECT');
    await expectQuiet(it);
  });

  test('are errors, or are shown, if so wished', async () => {
    const { fetch, at } = await bed();
    expect(await failureCode(fetch(at('/redirect/302?to=/json'), { redirect: 'error' }))).toBe('ERR_MIX_HTTP_REDIRECT');
    const shown = await fetch(at('/redirect/302?to=/json'), { redirect: 'manual' });
    expect(shown).toMatchObject({ status: 302, type: 'basic', redirected: false, url: at('/redirect/302?to=/json') });
    expect(shown.headers.get('location')).toBe('/json');
    expect(await shown.text()).toBe('moved');
  });

  test('without a Location are answers', async () => {
    const { fetch, at } = await bed();
    expect((await fetch(at('/redirect/302'))).status).toBe(302);
    expect((await fetch(at('/redirect/300?to=/json'))).status).toBe(300);
  });

  test('without a Location are errors all the same, if so wished', async () => {
    const it = await bed();
    const refused = it.fetch(it.at('/redirect/302'), { redirect: 'error' });
    expect(await failureCode(refused)).toBe('ERR_MIX_HTTP_REDIRECT');
    expect((await it.fetch(it.at('/redirect/300?to=/json'), { redirect: 'error' })).status).toBe(300);
    await expectQuiet(it);
  });

  const rewrites: [status: number, method: string, becomes: string, keepsBody: boolean][] = [
    [301, 'POST', 'GET', false],
    [302, 'POST', 'GET', false],
    [303, 'POST', 'GET', false],
    [303, 'PUT', 'GET', false],
    [301, 'PUT', 'PUT', true],
    [302, 'PATCH', 'PATCH', true],
    [307, 'POST', 'POST', true],
    [308, 'POST', 'POST', true],
    [303, 'GET', 'GET', false],
  ];
  test.each(rewrites)('%d makes of %s a %s', async (status, method, becomes, keepsBody) => {
    const { echo, at } = await bed();
    const body = method === 'GET' ? {} : { body: 'content' };
    const headers = { 'content-language': 'en', 'x-own': '1' };
    const echoed = await echo(at(`/redirect/${status}?to=/echo`), { method, headers, ...body });
    expect(echoed.method).toBe(becomes);
    expect(echoed.body).toBe(keepsBody ? 'content' : '');
    expect(echoed.headers['x-own']).toBe('1');
    expect('content-type' in echoed.headers).toBe(keepsBody);
    expect('content-language' in echoed.headers).toBe(keepsBody || method === 'GET');
  });

  test('a HEAD stays a HEAD', async () => {
    const { fetch, at, origin } = await bed();
    await fetch(at('/redirect/303?to=/json'), { method: 'HEAD' });
    expect(origin.requests).toEqual(['HEAD /redirect/303?to=/json', 'HEAD /json']);
  });

  test('a form can be sent again, a stream cannot', async () => {
    const { echo, fetch, at } = await bed();
    const form = new FormData();
    form.append('field', 'value');
    const echoed = await echo(at('/redirect/307?to=/echo'), { method: 'POST', body: form });
    expect(echoed.body).toContain('value');
    const stream = () => new Blob(['once']).stream();
    const send = (status: number) =>
      fetch(at(`/redirect/${status}?to=/echo`), { method: 'POST', body: stream(), duplex: 'half' });
    expect(await failureCode(send(307))).toBe('ERR_MIX_HTTP_REDIRECT');
    expect(((await (await send(303)).json()) as Echo).method).toBe('GET');
  });

  test('credentials stay with their origin, and so does Host', async () => {
    const { echo, at } = await bed();
    const { origin: other } = await bed();
    const headers = {
      authorization: 'Bearer t',
      cookie: 'a=1',
      host: 'vhost.test',
      'proxy-authorization': 'p',
      'x-own': '1',
    };
    const same = await echo(at('/redirect/302?to=/echo'), { headers });
    expect(same.headers).toMatchObject(headers);
    const away = await echo(at(`/redirect/302?to=${other.url}/echo`), { headers });
    expect(away.headers).toMatchObject({ host: `127.0.0.1:${other.port}`, 'x-own': '1' });
    for (const name of ['authorization', 'cookie', 'proxy-authorization'])
      expect(away.headers).not.toHaveProperty(name);
  });

  test.each([
    ['not a URL', 'http://'],
    ['not of the web', 'ftp://127.0.0.1/'],
    ['data', 'data:text/plain,hello'],
    ['credentials for another origin', 'http://user:password@127.0.0.1:1/'],
    ['the port of a mail server', 'http://127.0.0.1:25/'],
  ])('to %s are refused', async (_, to) => {
    const it = await bed();
    const code = await failureCode(it.fetch(it.at(`/redirect/302?to=${encodeURIComponent(to)}`)));
    expect(code).toBe('ERR_MIX_HTTP_REDIRECT');
    expect(it.exit.asked.length).toBe(1);
    await expectQuiet(it);
  });

  test('in UTF-8 go where they say', async () => {
    const { fetch, at, origin } = await bed();
    await fetch(at('/redirect-to-umlaut'));
    expect(origin.requests.at(-1)).toBe('GET /%C3%BC');
  });
});
