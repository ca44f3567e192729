/** `mixfetch socks5` or `mixfetch client` as a process of its own, whose memory can be asked for. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from '../support/child.ts';
import type { StatusLine } from '../support/command.ts';
import type { Memory } from './memory.ts';
import type { ServiceJobs } from './service-process.ts';

export interface Service {
  readonly name: string;
  /** Where programs find it. */
  readonly url: string;
  /** All that it has said of its state. */
  readonly states: readonly StatusLine[];
  settledMemory(): Promise<Memory>;
  /** By SIGTERM. Gives the exit code. */
  end(): Promise<number | null>;
}

/** Resolves when it listens; its client is kept in a directory that is removed at the end. */
export async function startService(name: 'socks5' | 'client', ...options: readonly string[]): Promise<Service> {
  const directory = mkdtempSync(join(tmpdir(), 'mixfetch-'));
  let written = '';
  let told = () => {};
  const child: Child<ServiceJobs> = startChild(new URL('../../src/cli/main.ts', import.meta.url), {
    args: [name, '--data-dir', directory, '--port', '0', '--status', ...options],
    flags: ['--expose-gc', '--import', fileURLToPath(new URL('service-process.ts', import.meta.url))],
    output: text => {
      written += text;
      told();
    },
  });
  const states = () =>
    written
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as StatusLine);
  const end = async () => {
    child.signal('SIGTERM');
    const code = await child.exitCode;
    rmSync(directory, { recursive: true });
    return code;
  };
  const ended = child.exitCode.then(code => {
    throw new Error(`mixfetch ${name} ended with code ${code}`);
  });
  ended.catch(() => {});
  for (;;) {
    const line = states().find(({ status }) => status === 'listening');
    if (line?.url !== undefined) {
      const { url } = line;
      return {
        name,
        url,
        get states() {
          return states();
        },
        settledMemory: () => child.ask('settledMemory'),
        end,
      };
    }
    await Promise.race([ended, new Promise<void>(resolve => (told = resolve))]);
  }
}
