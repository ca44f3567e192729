/**
 * The demonstration: a mixnet, a web server behind it, and a page of its own origin with a mixFetch in it. The page is told
 * what only the owner of all nodes can see: which way each packet went.
 */

import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { type Devnet, type ObservedPacket, startDevnet } from 'mixfetch/devnet';
import { startOrigin } from '../origin.ts';

/** What the page is told first. Nodes go by their numbers in the directory. */
export interface Plan {
  readonly api: string;
  readonly ca: string;
  readonly urls: readonly string[];
  readonly layers: readonly (readonly number[])[];
  readonly gateways: readonly { readonly node: number; readonly identity: string }[];
  readonly exit: number;
}

/** One packet at one node. */
export interface Sighting {
  /** The nodes that it came by, this one last. */
  readonly way: readonly number[];
  /** Whether it is for the exit, and has arrived: part of a request. */
  readonly isRequest: boolean;
}

export interface Demo {
  readonly url: string;
  close(): Promise<void>;
}

const HOSTS = ['shop.test', 'rpc.test'];
const URLS = ['https://shop.test/slowly', 'https://shop.test/echo/hello', 'https://shop.test/megabyte'];
const NEWS_EVERY_MS = 100;

export async function startDemo(port = 0, bundling: BuildOptions = {}): Promise<Demo> {
  const page = await readFile(new URL('index.html', import.meta.url));
  const script = await bundle(bundling);
  const origin = await startOrigin(HOSTS);
  const hosts = Object.fromEntries(HOSTS.map(host => [host, origin.port]));
  const devnet = await startDevnet({ hosts, nodesPerLayer: 3, gateways: 2 });
  const plan = planOf(devnet, origin.ca);
  const server = createServer((request, response) => {
    if (request.url === '/network') tellNews(devnet, plan, response);
    else if (request.url === '/page.js') response.setHeader('content-type', 'text/javascript').end(script);
    else response.setHeader('content-type', 'text/html').end(page);
  });
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await devnet.close();
      await origin.close();
    },
  };
}

function planOf({ api, mixNodes, gateways, exits }: Devnet, ca: string): Plan {
  const gatewayOfExit = exits[0]?.split('@')[1];
  return {
    ...{ api, ca, urls: URLS },
    layers: [1, 2, 3].map(layer => mixNodes.filter(node => node.layer === layer).map(({ nodeId }) => nodeId)),
    gateways: gateways.map(({ nodeId, identity }) => ({ node: nodeId, identity })),
    exit: gateways.find(({ identity }) => identity === gatewayOfExit)?.nodeId ?? 0,
  };
}

/** As an event stream, some at a time, for as long as the page listens. */
function tellNews(devnet: Devnet, plan: Plan, response: ServerResponse): void {
  const exits = devnet.exits.map(address => address.split('.')[0]);
  const tell = (event: string, data: unknown) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  let news: Sighting[] = [];
  const sightingOf = ({ way, destination }: ObservedPacket) => ({ way, isRequest: exits.includes(destination) });
  const stop = devnet.observeNodes(packet => news.push(sightingOf(packet)));
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  tell('plan', plan);
  const timer = setInterval(() => {
    if (news.length > 0) tell('packets', news);
    news = [];
  }, NEWS_EVERY_MS);
  response.on('close', () => {
    clearInterval(timer);
    stop();
  });
}

async function bundle(options: BuildOptions): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    ...{ bundle: true, write: false, format: 'esm', platform: 'browser', target: 'es2022' },
    ...options,
  });
  return outputFiles?.[0]?.contents ?? new Uint8Array(0);
}
