/** What users of other clients of the mixnet complained about, in their words, as far as no other test of this folder shows it. */

import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import { text } from '../support/text.ts';
import { bed, expectQuiet, failureCode } from './bed.ts';

test('"fetching the same URL twice at once fails": every call has its own answer', async () => {
  const it = await bed();
  const url = it.at('/text');
  const answers = await Promise.all([1, 2, 3, 4].map(async () => (await it.fetch(url)).text()));
  expect(answers).toEqual(Array(4).fill(text));
  await expectQuiet(it);
});

test('"my node listens at an odd port": the exit is asked for the port of the URL', async () => {
  const it = await bed();
  await it.fetch('http://coreum.test:26657/status').catch(() => {});
  await it.fetch('https://lightwalletd.test:9067/').catch(() => {});
  expect(it.exit.asked.map(({ hostname, port }) => `${hostname}:${port}`)).toEqual([
    'coreum.test:26657',
    'lightwalletd.test:9067',
  ]);
});

test('"POST in Node crashes: getReader is not a function": any body that Node has goes up', async () => {
  const it = await bed();
  const bodies: BodyInit[] = [
    '{"a":1}',
    Buffer.from('{"a":1}'),
    new Blob(['{"a":1}']),
    new Uint8Array(Buffer.from('{"a":1}')),
    Readable.toWeb(Readable.from([Buffer.from('{"a"'), Buffer.from(':1}')])) as ReadableStream<Uint8Array>,
  ];
  for (const body of bodies) {
    expect((await it.echo(it.at('/echo'), { method: 'POST', body, duplex: 'half' })).body).toBe('{"a":1}');
  }
});

test('"the body can be read only in the way that its Content-Type says": in any', async () => {
  const it = await bed();
  const ask = () => it.fetch(it.at('/json'));
  expect(await (await ask()).json()).toEqual({ answer: 42 });
  expect(await (await ask()).text()).toBe('{"answer":42}');
  expect((await (await ask()).arrayBuffer()).byteLength).toBe(13);
  expect((await (await ask()).blob()).type).toBe('application/json');
});

test('"response.url is empty and redirected is false"', async () => {
  const it = await bed();
  const response = await it.fetch(it.at('/redirect/302?to=/json'));
  const { url, redirected, type } = response;
  expect({ url, redirected, type }).toEqual({ url: it.at('/json'), redirected: true, type: 'basic' });
});

test('"it hangs when a 1xx and the answer come in one packet"', async () => {
  const it = await bed({
    routes: {
      '/hasty': ({ socket }) => {
        socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone');
      },
    },
  });
  expect(await (await it.fetch(it.at('/hasty'))).text()).toBe('done');
  await expectQuiet(it, 1);
});

test('"a body that was cut off looks complete": it is an error, by length and by chunks', async () => {
  const it = await bed();
  for (const path of ['/short-length', '/short-chunks']) {
    expect(await failureCode((await it.fetch(it.at(path))).text())).toMatch(/^ERR_MIX_(HTTP_TRUNCATED|EXIT_CLOSED)$/);
  }
});

test('"a failed start ends my process by an unhandled rejection": only who called hears of it', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const refused = new MixnetError('ERR_MIX_GATEWAY_REFUSED');
  const it = await bed({ open: () => Promise.reject(refused) });
  for (const url of ['http://a.test/', 'https://a.test/'])
    expect(await failureCode(it.fetch(url))).toBe('ERR_MIX_GATEWAY_REFUSED');
  await new Promise(resolve => setImmediate(resolve));
  expect(unhandled).toEqual([]);
});

test('"disconnect never settles when the start is stuck": close does, and so do the calls', async () => {
  const it = await bed({ open: () => new Promise(() => {}) });
  const calls = [failureCode(it.fetch('http://a.test/')), failureCode(it.fetch('https://a.test/'))];
  await it.fetch.close();
  expect(await Promise.all(calls)).toEqual(['ERR_MIX_MIXNET_CLOSED', 'ERR_MIX_MIXNET_CLOSED']);
  await expectQuiet(it, 0);
});

test('"a dispatcher that I had set sent it around the mixnet": it has no effect', async () => {
  const it = await bed();
  const dispatcher = { dispatch: () => expect.fail('it was asked') };
  expect((await it.fetch(it.at('/json'), { dispatcher } as RequestInit)).status).toBe(200);
});
