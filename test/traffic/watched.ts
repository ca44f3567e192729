/** One client with its runtime around it, as the tests see it. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import type { ClientStats } from '../../src/client/index.ts';
import { startChild } from '../support/child.ts';
import { launchChromium, openTab } from '../support/chromium.ts';
import { bundle, type Defect, type Runtime } from './bundle.ts';
import type { WatchedClient, WatchedOptions } from './client.ts';
import type { NodeClientJobs } from './node-client.ts';

export interface Watched {
  /** Its Nym address. */
  readonly address: string;
  /** The runtime's own name and version. */
  readonly runtime: string;
  saturate(recipient: string): Promise<void>;
  stall(every: number, lasting: number): Promise<void>;
  rest(): Promise<void>;
  stats(): Promise<ClientStats | undefined>;
  /** Ends the client and its runtime. */
  close(): Promise<void>;
}

export function startWatched(runtime: Runtime, options: WatchedOptions, defect?: Defect): Promise<Watched> {
  return runtime === 'node' ? inNode(options, defect) : inChromium(options, defect);
}

async function inNode(options: WatchedOptions, defect?: Defect): Promise<Watched> {
  // Where `ws` is found.
  const folder = new URL('../../node_modules/.traffic/', import.meta.url);
  const file = new URL(`client-${process.pid}.mjs`, folder);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, await bundle('client.ts', 'node', defect));
  const child = startChild<NodeClientJobs>(new URL('node-client.ts', import.meta.url), {
    args: [pathToFileURL(file.pathname).href],
  });
  return {
    address: await child.ask('connect', options),
    runtime: `Node ${process.versions.node}`,
    saturate: recipient => child.ask('saturate', recipient),
    stall: (every, lasting) => child.ask('stall', every, lasting),
    rest: () => child.ask('rest'),
    stats: () => child.ask('stats'),
    async close() {
      await child.ask('close');
      await child.end();
      rmSync(file);
    },
  };
}

/** The page of an origin of its own, on loopback, as any page would use the package. */
async function inChromium(options: WatchedOptions, defect?: Defect): Promise<Watched> {
  const script = await bundle('page.ts', 'browser', defect);
  const server = createServer((request, response) => {
    const [type, content] = request.url === '/page.js' ? ['text/javascript', script] : ['text/html', PAGE];
    response.writeHead(200, { 'content-type': type }).end(content);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const browser = await launchChromium();
  const page = await openTab(browser);
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.waitForFunction('globalThis.connectWatched !== undefined');
  return {
    address: await page.evaluate(given => connectWatched(given), options),
    runtime: `Chromium ${browser.version()}`,
    saturate: recipient => page.evaluate(given => watched.saturate(given), recipient),
    stall: (every, lasting) => page.evaluate(given => watched.stall(...given), [every, lasting] as const),
    rest: () => page.evaluate(() => watched.rest()),
    stats: () => page.evaluate(() => watched.stats()),
    async close() {
      await page.evaluate(() => watched.close());
      await browser.close();
      server.close();
    },
  };
}

const PAGE = '<!doctype html><meta charset="utf-8"><title>client</title><script type="module" src="/page.js"></script>';

declare global {
  /** In the page: see `page.ts`. */
  var watched: WatchedClient;
  var connectWatched: (options: WatchedOptions) => Promise<string>;
}
