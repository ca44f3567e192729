/** A process that does jobs for its parent, one after the other. */

import { fork } from 'node:child_process';
import { once } from 'node:events';

/** What a process can be asked for: arguments and results travel between processes. */
type Jobs = Record<string, (...args: never[]) => unknown>;

export interface Child<J extends Jobs> {
  /** Rejects with what the job threw, or when the process ends. */
  ask<Name extends keyof J & string>(name: Name, ...args: Parameters<J[Name]>): Promise<Awaited<ReturnType<J[Name]>>>;
  /** Resolves when the process has ended by itself, after its last job; after five seconds it is killed. */
  end(): Promise<void>;
  /** The code that it ends with, when it does. */
  readonly exitCode: Promise<number | null>;
  signal(name: NodeJS.Signals): void;
}

interface Order {
  readonly name: string;
  readonly args: readonly unknown[];
}

type Answer = { readonly result: unknown } | { readonly error: unknown };

export function startChild<J extends Jobs>(
  script: URL,
  {
    args = [],
    flags = [],
    compiled = false,
    output,
  }: {
    readonly args?: readonly string[];
    readonly flags?: readonly string[];
    /** The script is JavaScript, and wants plain Node. */
    readonly compiled?: boolean;
    /** Takes what it writes to standard output. Default: it goes where that of this process goes. */
    readonly output?: (text: string) => void;
  } = {},
): Child<J> {
  const child = fork(script, args, {
    execArgv: [...(compiled ? [] : ['--conditions=mixfetch-source', '--import', 'tsx']), ...flags],
    serialization: 'advanced',
    stdio: ['ignore', output === undefined ? 'inherit' : 'pipe', 'inherit', 'ipc'],
  });
  if (output !== undefined) child.stdout?.on('data', bytes => output(String(bytes)));
  const exited = new AbortController();
  const exitCode = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null);
  child.once('exit', code => exited.abort(new Error(`a process ended with code ${code}`)));
  return {
    exitCode,
    signal: name => void child.kill(name),
    async ask(name, ...args) {
      child.send({ name, args } satisfies Order);
      const [answer] = (await once(child, 'message', exited)) as [Answer];
      if ('error' in answer) throw answer.error;
      return answer.result as never;
    },
    async end() {
      if (exited.signal.aborted) return;
      const killer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      child.disconnect();
      await once(child, 'exit');
      clearTimeout(killer);
    },
  };
}

/** In the process itself. */
export function serve(jobs: Jobs): void {
  process.on('message', async (order: Order) => {
    process.send?.(await answerTo(order, jobs));
  });
}

async function answerTo({ name, args }: Order, jobs: Jobs): Promise<Answer> {
  try {
    return { result: await jobs[name]?.(...(args as never[])) };
  } catch (error) {
    return { error };
  }
}
