import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Devnet, startDevnet } from '../src/devnet/index.ts';
import { type Origin, startOrigin } from './support/origin.ts';

let origin: Origin;
let devnet: Devnet;

beforeAll(async () => {
  origin = await startOrigin();
  devnet = await startDevnet({ hosts: { 'shop.test': origin.port } });
});

afterAll(() => Promise.all([devnet.close(), origin.close()]));

test('examples/fetch.ts prints what it fetched, and ends', async () => {
  const script = fileURLToPath(new URL('../examples/fetch.ts', import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--conditions=mixfetch-source', '--import', 'tsx', script, 'http://shop.test/json'],
    { env: { ...process.env, MIXFETCH_API: devnet.api } },
  );
  expect(stdout).toBe('{"answer":42}');
  expect(stderr).toContain('200 application/json');
});

test('examples/streams.ts prints what came back, and ends', { timeout: 60_000 }, async () => {
  const script = fileURLToPath(new URL('../examples/streams.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=mixfetch-source', '--import', 'tsx', script],
    { env: { ...process.env, MIXFETCH_API: devnet.api } },
  );
  expect(stdout).toBe('hello through the mixnet');
});
