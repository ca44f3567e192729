/** The `mixfetch` command as a process of its own. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface RunningCommand {
  readonly child: ChildProcessWithoutNullStreams;
  /** So far. */
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

export interface CommandOptions {
  /** For Node, beside those that it needs to run the sources. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export function startCommand(args: readonly string[], { flags = [], env = {} }: CommandOptions = {}): RunningCommand {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=mixfetch-source', '--import', 'tsx', ...flags, main, ...args], {
    env: { ...process.env, ...env },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', bytes => (output.stdout += String(bytes)));
  child.stderr.on('data', bytes => (output.stderr += String(bytes)));
  const ended = once(child, 'close').then(([code]: (number | null)[]) => ({ code: code ?? null, ...output }));
  return { child, output, ended };
}

/** What a service with `--status` prints: a line for each change of its state. */
export interface StatusLine {
  readonly status: string;
  readonly url?: string;
  readonly address?: string;
  readonly code?: string;
}

export function statusLines({ output }: RunningCommand): StatusLine[] {
  return output.stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as StatusLine);
}

/** As soon as the service has said so. Rejects with what it wrote when it ends without. */
export async function statusOf(command: RunningCommand, status: string): Promise<StatusLine> {
  for (;;) {
    const line = statusLines(command).find(line => line.status === status);
    if (line !== undefined) return line;
    const ended = command.ended.then(({ stderr }) => {
      if (!statusLines(command).some(line => line.status === status)) throw new Error(`it has ended: ${stderr}`);
    });
    await Promise.race([once(command.child.stdout, 'data'), ended]);
  }
}
