/** `mixfetch socks5` and `mixfetch client` in this process, over one embedded mixnet for a file of tests. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { run } from '../../src/cli/run.ts';
import type { ServiceState, StateDetails } from '../../src/cli/service/report.ts';
import { type Devnet, startDevnet } from '../../src/devnet/index.ts';
import { MixnetClient } from '../../src/mixnet-client/index.ts';
import { type Origin, type OriginOptions, startOrigin } from '../support/origin.ts';

export interface ServiceWorld {
  readonly origin: Origin;
  readonly devnet: Devnet;
  /** Removed with its content when the test is over. */
  readonly folder: () => string;
  /** Runs the command over the devnet. */
  readonly start: (...args: readonly string[]) => Service;
}

export interface StateLine extends StateDetails {
  readonly status: ServiceState;
}

/** Made once for a file of tests. */
export function serviceWorld(options: OriginOptions = {}): ServiceWorld {
  const world: Partial<{ -readonly [Name in keyof ServiceWorld]: ServiceWorld[Name] }> = {
    folder: () => {
      const folder = mkdtempSync(join(tmpdir(), 'mixfetch-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      return folder;
    },
    start: (...args) => {
      const { devnet } = world as ServiceWorld;
      // Pacing and cover are proved elsewhere.
      const service = new Service([...args, '--api', devnet.api, '--no-cover'], devnet);
      onTestFinished(async () => void (await service.end()));
      return service;
    },
  };
  beforeAll(async () => {
    world.origin = await startOrigin(options);
    const hosts = { 'shop.test': world.origin.port };
    world.devnet = await startDevnet({ transport: 'in-process', delayScale: 0, hosts });
  });
  afterAll(async () => {
    await world.devnet?.close();
    await world.origin?.close();
  });
  return world as ServiceWorld;
}

export class Service {
  stdout = '';
  stderr = '';
  readonly #ending = new AbortController();
  readonly #reloads = new Set<() => void>();
  readonly #code: Promise<number>;

  constructor(args: readonly string[], devnet: Devnet) {
    const streams = {
      stdin: Readable.from([]),
      stdout: writable(text => (this.stdout += text)),
      stderr: writable(text => (this.stderr += text)),
    };
    const machinery = {
      version: '1.2.3',
      createMixFetch: () => {
        throw new Error('no service fetches');
      },
      connect: (options: Parameters<typeof MixnetClient.connect>[0]) =>
        MixnetClient.connect({ ...options, platform: devnet.clientPlatform() }),
      startDevnet: () => Promise.reject(new Error('there is one already')),
      onReload: (listener: () => void) => {
        this.#reloads.add(listener);
        return () => this.#reloads.delete(listener);
      },
    };
    this.#code = run(args, streams, machinery, this.#ending.signal);
  }

  /** The lines of `--status` so far. */
  get states(): readonly StateLine[] {
    return this.stdout
      .split('\n')
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line) as StateLine);
  }

  get statuses(): readonly ServiceState[] {
    return this.states.map(({ status }) => status);
  }

  /** As soon as it has been in that state so often. */
  async state(status: ServiceState, times = 1): Promise<StateLine> {
    const found = () => this.states.filter(line => line.status === status)[times - 1];
    await expect.poll(found, { interval: 10 }).toBeDefined();
    const line = found();
    if (line === undefined) throw new Error('it is gone again');
    return line;
  }

  /** What SIGHUP does. */
  reload(): void {
    expect(this.#reloads.size).toBe(1);
    for (const listener of this.#reloads) listener();
  }

  /** What SIGTERM does. Gives the exit code. */
  async end(): Promise<number> {
    this.#ending.abort('SIGTERM');
    return this.#code;
  }

  /** The exit code, when it ends by itself. */
  ended(): Promise<number> {
    return this.#code;
  }
}

function writable(took: (text: string) => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, written) {
      took(String(chunk));
      written();
    },
  });
}

export function write(folder: string, name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

export function read(folder: string, name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}
