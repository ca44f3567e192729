/** `https:` in a browser: a page in Chromium, through a mixnet on loopback, to a server with a certificate. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { startDevnet } from '../../src/devnet/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { launchChromium, openTab } from '../support/chromium.ts';
import { startOrigin } from '../support/origin.ts';
import { text } from '../support/text.ts';

type Given = [api: string, ca: string[] | undefined, urls: string[]];
declare function fetchAll(...given: Given): Promise<string[]>;

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The page and its scripts, on loopback. */
async function servePage(): Promise<{ url: string; asked: string[] }> {
  const { outputFiles } = await build({
    ...{ absWorkingDir: root, entryPoints: ['test/browser/page.ts'], outdir: '/', write: false, bundle: true },
    ...{ format: 'esm', platform: 'browser', splitting: true, conditions: ['mixfetch-source'] },
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [path, contents]));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    asked.push(path);
    const script = files.get(path);
    if (script !== undefined) response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    else if (path === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    else response.writeHead(404).end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked };
}

const PAGE = '<!doctype html><title>mixfetch</title><script type="module" src="/page.js"></script>';

test('a page fetches by https, and accepts no certificate that it should not', { timeout: 180_000 }, async () => {
  const authority = await createAuthority();
  const origin = await startOrigin({ certificate: await authority.issue({ hosts: ['shop.test'] }) });
  const devnet = await startDevnet({ hosts: { 'shop.test': origin.port, 'other.test': origin.port } });
  const page = await servePage();
  const browser = await launchChromium();
  onTestFinished(async () => {
    await browser.close();
    await devnet.close();
    await origin.close();
  });
  const tab = await openTab(browser);
  await tab.goto(page.url);
  await tab.waitForFunction('globalThis.fetchAll !== undefined');

  const urls = ['https://shop.test/text', 'https://shop.test/text', 'https://other.test/text'];
  const answers = await tab.evaluate(given => fetchAll(...given), [devnet.api, [authority.certificate], urls] as Given);
  expect(answers).toEqual([text, text, 'ERR_MIX_TLS_CERTIFICATE']);
  const scripts = page.asked.length;

  // With the built-in authorities, which are loaded now, and do not know this one.
  const distrusted = await tab.evaluate(given => fetchAll(...given), [
    devnet.api,
    undefined,
    urls.slice(0, 1),
  ] as Given);
  expect(distrusted).toEqual(['ERR_MIX_TLS_CERTIFICATE']);
  expect(page.asked.length).toBeGreaterThan(scripts);
});
