/**
 * A page in Chromium, of an origin on loopback, with the modules that it is given. Nothing that it does leaves loopback:
 * every other name and address leads nowhere, but for those that a test has mapped.
 */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright';
import { launchChromium, openTab } from '../support/chromium.ts';

export interface PageOptions {
  /** The page's script, a TypeScript file. It is bundled; `modules` are not. */
  readonly script: URL;
  /** Published packages by name, with the file that the page loads for each, as it was published. */
  readonly modules?: Readonly<Record<string, URL>>;
  /** Code for every worker of the page, to be run before its own. */
  readonly beforeWorkers?: string;
  /** `host:port` on the live network, and the `host:port` on loopback to go to instead; its certificate is not looked at. */
  readonly mapped?: Readonly<Record<string, string>>;
  /** What the script finds as `globalThis.given`. */
  readonly given?: unknown;
  /** How long the browser is left to itself before the page is opened, s: it has much to do when it has just started. */
  readonly restSeconds?: number;
}

export interface OpenedPage {
  readonly page: Page;
  readonly browser: Browser;
  /** What its scripts and workers wrote to the console. */
  readonly console: readonly string[];
  /** When the page's script was asked for, Unix time, ms. */
  readonly scriptAskedFor: number;
  close(): Promise<void>;
}

export async function openPage(options: PageOptions): Promise<OpenedPage> {
  const { mapped = {}, restSeconds = 0 } = options;
  const files = await scriptsOf(options);
  const html = htmlOf(options);
  let scriptAskedFor = Number.NaN;
  const server = createServer(({ url = '' }, response) => {
    const found = files.get(url);
    if (url === '/page.js') scriptAskedFor = Date.now();
    response.writeHead(200, { 'content-type': found ? 'text/javascript' : 'text/html' }).end(found ?? html);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const rules = Object.entries(mapped).map(([from, to]) => `MAP ${from} ${to}`);
  const browser = await launchChromium([
    `--host-resolver-rules=${[...rules, 'EXCLUDE 127.0.0.1', 'EXCLUDE localhost', 'MAP * ~NOTFOUND'].join(',')}`,
    ...(rules.length > 0 ? ['--ignore-certificate-errors'] : []),
  ]);
  const lines: string[] = [];
  const page = await openTab(browser);
  page.on('console', message => lines.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', error => lines.push(`uncaught: ${error.message}`));
  await sleep(1000 * restSeconds);
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    page,
    browser,
    console: lines,
    scriptAskedFor,
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** What the page loads, by path: its script, and the modules as they are. */
export async function scriptsOf({ script, modules = {} }: PageOptions): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>([['/page.js', await bundle(script, Object.keys(modules))]]);
  for (const [place, file] of Object.values(modules).entries()) files.set(`/module-${place}.js`, readFileSync(file));
  return files;
}

/** Where a published package has a file. */
export function published(path: string): URL {
  return new URL(`../../node_modules/${path}`, import.meta.url);
}

async function bundle(script: URL, external: string[]): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(script)],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['mixfetch-source'],
    external,
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

function htmlOf({ modules = {}, beforeWorkers, given }: PageOptions): string {
  const imports = Object.fromEntries(Object.keys(modules).map((name, place) => [name, `/module-${place}.js`]));
  const wrapper =
    beforeWorkers === undefined ? '' : `<script>(${wrapWorkers})(${JSON.stringify(beforeWorkers)})</script>`;
  const found = given === undefined ? '' : `<script>globalThis.given = ${JSON.stringify(given)}</script>`;
  return `<!doctype html><meta charset="utf-8"><title>peer</title>${found}${wrapper}
<script type="importmap">${JSON.stringify({ imports })}</script><script type="module" src="/page.js"></script>`;
}

/** Runs in the page. A worker's own script is loaded unchanged, by a script that runs the other code first. */
const wrapWorkers = `code => {
  const Unwrapped = Worker;
  globalThis.Worker = function (script, options) {
    const first = new Blob([code, ';importScripts(' + JSON.stringify(String(script)) + ')'], { type: 'text/javascript' });
    return new Unwrapped(URL.createObjectURL(first), options);
  };
}`;
