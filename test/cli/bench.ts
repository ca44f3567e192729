/** The command in this process, over loopback streams, with its files in a folder of its own. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { Fetcher, FetcherOptions, Machinery } from '../../src/cli/machinery.ts';
import { run } from '../../src/cli/run.ts';
import { createFetch } from '../../src/fetch/index.ts';
import { LoopbackExit, type LoopbackOptions } from '../support/loopback-streams.ts';
import { type Origin, type OriginOptions, startOrigin } from '../support/origin.ts';
import { watchedPlatform } from '../support/watched-platform.ts';

export interface Bench {
  readonly origin: Origin;
  readonly exit: LoopbackExit;
  /** The options of each client made. */
  readonly clients: FetcherOptions[];
  /** In the folder of the test. */
  readonly path: (name: string) => string;
  readonly write: (name: string, content: string | Uint8Array) => string;
  readonly read: (name: string) => string;
  readonly mixfetch: (...args: readonly string[]) => Promise<Outcome>;
  readonly start: (args: readonly string[], options?: StartOptions) => Promise<Outcome>;
}

export interface Outcome {
  readonly code: number;
  /** A character for each byte. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly stdin?: string | Readable;
  readonly signal?: AbortSignal;
  /** Standard error is a terminal. */
  readonly terminal?: boolean;
  readonly stdout?: Writable;
  readonly machinery?: Partial<Machinery>;
}

export async function bench(options: OriginOptions & { readonly exit?: LoopbackOptions } = {}): Promise<Bench> {
  const origin = await startOrigin(options);
  const hosts = { 'shop.test': origin.port, 'other.test': origin.port };
  const exit = new LoopbackExit({ hosts, ...options.exit });
  const folder = mkdtempSync(join(tmpdir(), 'mixfetch-'));
  const clients: FetcherOptions[] = [];
  onTestFinished(async () => {
    rmSync(folder, { recursive: true });
    await origin.close();
  });

  const createMixFetch = (options: FetcherOptions): Fetcher => {
    clients.push(options);
    const { ca, timeouts } = options;
    const fetch = createFetch({ open: exit.openStream, platform: watchedPlatform(), ca, timeouts });
    return Object.assign((url: URL, init: Parameters<Fetcher>[1]) => fetch(url, init), {
      ready: async ({ signal }: { signal: AbortSignal }) => signal.throwIfAborted(),
      close: () => fetch.close(),
    });
  };
  const path = (name: string): string => join(folder, name);
  const start: Bench['start'] = async (args, { stdin = '', signal, terminal, stdout, machinery } = {}) => {
    const [out, err] = [new Gathered(), new Gathered()];
    const streams = {
      stdin: typeof stdin === 'string' ? Readable.from([Buffer.from(stdin)], { objectMode: false }) : stdin,
      stdout: stdout ?? out,
      stderr: Object.assign(err, { isTTY: terminal ?? false }),
    };
    const startDevnet = (): Promise<never> => Promise.reject(new Error('there is no devnet here'));
    const onReload = () => () => {};
    const connect = (): Promise<never> => Promise.reject(new Error('there is no network here'));
    const made: Machinery = { version: '1.2.3', createMixFetch, connect, startDevnet, onReload, ...machinery };
    const code = await run(args, streams, made, signal ?? new AbortController().signal);
    return { code, stdout: out.text('latin1'), stderr: err.text('utf8') };
  };
  return {
    origin,
    exit,
    clients,
    path,
    write(name, content) {
      writeFileSync(path(name), content);
      return path(name);
    },
    read: name => readFileSync(path(name), 'latin1'),
    mixfetch: (...args) => start(args),
    start,
  };
}

class Gathered extends Writable {
  readonly #chunks: Buffer[] = [];

  text(encoding: 'latin1' | 'utf8'): string {
    return Buffer.concat(this.#chunks).toString(encoding);
  }

  override _write(chunk: Buffer, _encoding: string, written: () => void): void {
    this.#chunks.push(chunk);
    written();
  }
}
