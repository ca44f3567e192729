/** Web pages in a browser on the machine of the service. */

import { createServer } from 'node:http';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WebSocketServiceOptions } from '../../../src/servers/index.ts';
import { launchChromium, openTab } from '../../support/chromium.ts';
import vectors from '../../vectors/websocket-service-vectors.json' with { type: 'json' };
import { serviceFor, standIn } from './world.ts';

const server = createServer((_, response) => {
  response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title>');
});
let browser: Browser;
let page: Page;
let origin: string;

beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  browser = await launchChromium();
  page = await openTab(browser);
  await page.goto(origin);
});

afterAll(async () => {
  await browser.close();
  server.close();
});

const own = vectors.responses.find(({ name }) => name === 'selfAddress');

const service = (options: WebSocketServiceOptions) => serviceFor(standIn(own?.response.address ?? ''), options);

/** What a page gets that asks for the address: the answer, or `refused`. */
function ask(url: string): Promise<string> {
  return page.evaluate(
    ([url = '']) =>
      new Promise<string>(resolve => {
        const socket = new WebSocket(url);
        socket.onopen = () => socket.send('{"type":"selfAddress"}');
        socket.onmessage = ({ data }) => resolve(data);
        socket.onerror = () => resolve('refused');
      }),
    [url],
  );
}

test('a page that happens to be open gets nothing', async () => {
  const { url, port } = await service({});
  expect(await ask(url)).toBe('refused');
  expect(await ask(`ws://localhost:${port}/`)).toBe('refused');
});

test('a page whose origin is allowed does, with the token if there is one', async () => {
  const { url } = await service({ allowedOrigins: [origin], token: 'secret' });
  expect(await ask(url)).toBe('refused');
  expect(await ask(`${url}/?token=secret`)).toBe(own?.text);
});
