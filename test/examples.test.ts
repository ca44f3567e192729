/** Every program in `examples/` does what it says, in a process of its own, over one mixnet for all. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCommandLine } from '../src/cli/arguments.ts';
import { type Devnet, startDevnet } from '../src/devnet/index.ts';
import { type Origin, startOrigin } from './support/origin.ts';

const routes: Readonly<Record<string, RequestListener>> = {
  '/rpc': async (request, response) => {
    const { id, method } = JSON.parse(await textOf(request)) as { id: number; method: string };
    const result = method === 'eth_chainId' ? '0x1' : '0x10d4f';
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  },
  '/length': async (request, response) => void response.end(String((await textOf(request)).length)),
  '/events': (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: one\n\n: nothing\n\ndata: t');
    setTimeout(() => response.end('wo\ndata: lines\n\n'), 50);
  },
};

let origin: Origin;
let devnet: Devnet;
let directory: string;

beforeAll(async () => {
  origin = await startOrigin({ routes });
  devnet = await startDevnet({ hosts: { 'shop.test': origin.port }, policy: 'ExitPolicy accept *:80' });
  directory = await mkdtemp(join(tmpdir(), 'mixfetch-examples-'));
});

afterAll(() => Promise.all([devnet.close(), origin.close(), rm(directory, { recursive: true })]));

test('fetch.ts prints what it fetched', async () => {
  const { stdout, stderr } = await example('fetch.ts', 'http://shop.test/json');
  expect(stdout).toBe('{"answer":42}');
  expect(stderr).toContain('200 application/json');
});

test('polyfill.ts lets a library use the mixnet, and takes it back', async () => {
  const { stdout } = await example('polyfill.ts', 'http://shop.test/json');
  expect(stdout).toBe('{"answer":42}\nas it was before\n');
});

test('wallet.ts gets its answers from the endpoint that works', async () => {
  const { stdout, stderr } = await example('wallet.ts', 'http://shop.test:8545/', 'http://shop.test/rpc');
  expect(stdout).toBe('chain 0x1, block 0x10d4f\n');
  expect(stderr).toContain('endpoint 1: ERR_MIX_EXIT_');
});

test('download.ts writes what comes while it comes, and says how far it is', async () => {
  const file = join(directory, 'download');
  const { stdout, stderr } = await example('download.ts', 'http://shop.test/bytes/100000', file);
  expect(stdout).toBe('100000 bytes\n');
  expect(stderr.trim().split('\n').length).toBeGreaterThan(1);
  expect(stderr).toContain('100000 bytes (100 %)');
  expect((await readFile(file)).length).toBe(100_000);
});

test('upload.ts sends what it makes meanwhile', async () => {
  const { stdout } = await example('upload.ts', 'http://shop.test/length');
  expect(stdout).toMatch(/^200 45\d\d\d\n$/);
});

test('events.ts prints events as they come', async () => {
  const { stdout } = await example('events.ts', 'http://shop.test/events');
  expect(stdout.split('\n').filter(line => line !== '')).toEqual(['one', 'two', 'lines']);
});

test('identities.ts keeps them apart', async () => {
  const { stdout } = await example('identities.ts', 'http://shop.test/json');
  expect(stdout).toBe('isolated: 2 connections for 2 accounts\napart: two addresses\n');
});

test('custom-network.ts is the same client twice', async () => {
  const [entry, exit] = devnet.gateways.map(({ identity }) => identity);
  const { stdout } = await example('custom-network.ts', 'http://shop.test/json', devnet.api, entry ?? '', exit ?? '');
  expect(stdout).toBe('200 {"answer":42}\n200 {"answer":42}\nthe same client\n');
});

test('streams.ts prints what came back', async () => {
  const { stdout } = await example('streams.ts');
  expect(stdout).toBe('hello through the mixnet');
});

describe('services/ start services as they are', () => {
  const file = (name: string) =>
    readFileSync(fileURLToPath(new URL(`../examples/services/${name}`, import.meta.url)), 'utf8');

  test.each(['socks5', 'client'])('mixfetch@.service, as %s', service => {
    const unit = file('mixfetch@.service').replaceAll('%i', service);
    const [, line = ''] = /^ExecStart=\/usr\/bin\/env mixfetch (.*)$/m.exec(unit) ?? [];
    const args = line.replace(/\$\{STATE_DIRECTORY\}/, `/var/lib/mixfetch/${service}`).split(' ');
    const keep = { kind: 'directory', path: `/var/lib/mixfetch/${service}` };
    expect(parseCommandLine(args)).toMatchObject({ kind: 'service', service, action: 'run', keep, notes: [] });
    expect(unit).toContain(`StateDirectory=mixfetch/${service}`);
  });

  test('Dockerfile', () => {
    const [, command = ''] = /^CMD (.*)$/m.exec(file('Dockerfile')) ?? [];
    const keep = { kind: 'directory', path: '/var/lib/mixfetch' };
    expect(parseCommandLine(JSON.parse(command))).toMatchObject({ kind: 'service', service: 'socks5', keep });
  });

  test('compose.yaml', () => {
    const commands = [...file('compose.yaml').matchAll(/^ +command: \[(.*)\]$/gm)].map(([, list = '']) =>
      parseCommandLine(list.split(', ')),
    );
    const settings = { host: '0.0.0.0', passwordFile: '/run/secrets/password' };
    expect(commands).toMatchObject([
      { kind: 'service', service: 'socks5', settings },
      { kind: 'service', service: 'client', settings },
    ]);
  });
});

async function example(name: string, ...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const script = fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
  const flags = ['--conditions=mixfetch-source', '--import', 'tsx'];
  const env = { ...process.env, MIXFETCH_API: devnet.api, MIXFETCH_STORAGE: join(directory, 'identity') };
  return promisify(execFile)(process.execPath, [...flags, script, ...args], { env });
}

async function textOf(request: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}
