/** Runtimes without pages, as npm has them: each in a process of its own. */

import { execFile, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Given, Seen } from './smoke.ts';

const { arch } = process;
const x64 = arch === 'x64';

export interface Program {
  readonly program: string;
  readonly arguments: readonly string[];
}

export const programs: Readonly<Record<string, Program>> = {
  ...Object.fromEntries(
    [20, 22, 24].map(major => [
      `Node ${major}`,
      { program: packaged(`node-${major}-${arch}/bin/node`), arguments: [] },
    ]),
  ),
  Bun: { program: packaged(`@oven/bun-linux-${x64 ? 'x64' : 'aarch64'}/bin/bun`), arguments: [] },
  Deno: {
    program: packaged(`@deno/linux-${arch}-glibc/deno`),
    arguments: ['run', '--allow-all', '--node-modules-dir=manual', '--cached-only'],
  },
};

const workerd = packaged(`@cloudflare/workerd-linux-${x64 ? '64' : 'arm64'}/bin/workerd`);

/** For all of it, its start and its end: a process that does not end has left something behind. */
const WITHIN_MS = 180_000;

export function versionOf({ program }: Program): string {
  return /\d+(\.\d+)+/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[0] ?? '';
}

/** The program prints what it saw. */
export async function run(runtime: Program, script: string, given: Given): Promise<Seen> {
  const { stdout } = await promisify(execFile)(runtime.program, [...runtime.arguments, script, JSON.stringify(given)], {
    cwd: dirname(script),
    timeout: WITHIN_MS,
    killSignal: 'SIGKILL',
  });
  return JSON.parse(stdout) as Seen;
}

/** It says the date of its release: `workerd 2026-11-17`. */
export function workerdVersion(): string {
  return execFileSync(workerd, ['--version'], { encoding: 'utf8' }).trim().split(' ').at(-1) ?? '';
}

/** The worker gets what is given in a request, and answers with what it saw. */
export async function runAtEdge(script: string, given: Given): Promise<Seen> {
  const folder = mkdtempSync(join(tmpdir(), 'mixfetch-workerd-'));
  const port = await freePort();
  const config = join(folder, 'config.capnp');
  writeFileSync(config, edgeConfig(script, folder, port));
  const server = spawn(workerd, ['serve', config], { stdio: 'inherit' });
  try {
    return await asked(`http://127.0.0.1:${port}/`, given);
  } finally {
    const ended = new Promise(resolve => server.once('exit', resolve));
    server.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  }
}

/** Whose way out leads to this machine alone. */
function edgeConfig(script: string, folder: string, port: number): string {
  copyFileSync(script, join(folder, 'worker.js'));
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "loopback", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "worker")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-01",
  globalOutbound = "loopback",
);
`;
}

async function asked(url: string, given: Given): Promise<Seen> {
  const end = performance.now() + WITHIN_MS;
  for (;;) {
    try {
      const signal = AbortSignal.timeout(WITHIN_MS);
      return (await (await fetch(url, { method: 'POST', body: JSON.stringify(given), signal })).json()) as Seen;
    } catch (error) {
      // It begins to listen in its own time.
      const refused = (error as { cause?: { code?: unknown } }).cause?.code === 'ECONNREFUSED';
      if (!refused || performance.now() > end) throw error;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

function packaged(path: string): string {
  return fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));
}
