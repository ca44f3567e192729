import { aborted } from './aborted.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Machinery, Streams } from './machinery.ts';

/** Runs a mixnet until the signal aborts. The URL of its directory goes to standard output, the explanation does not. */
export async function runDevnet(
  { stdout, stderr }: Streams,
  machinery: Machinery,
  signal: AbortSignal,
): Promise<ExitCode> {
  const devnet = await machinery.startDevnet({ allowLocal: true, signal });
  try {
    const { api, mixNodes, gateways, exits } = devnet;
    stderr.write(
      [
        `A mixnet runs on this machine: ${mixNodes.length} mix nodes, ${gateways.length} gateways, ${exits.length} exit.`,
        'It is for tests: it hides nothing from anybody, and its exit reaches servers on this machine only.',
        '',
        'From another terminal:',
        `  mixfetch --api ${api} http://localhost:3000/`,
        'From a program:',
        `  const mixFetch = createMixFetch({ api: '${api}' });`,
        '',
        'Ctrl+C ends it. The URL of its directory:',
        '',
      ].join('\n'),
    );
    stdout.write(`${api}\n`);
    await aborted(signal);
    return 130;
  } finally {
    await devnet.close();
  }
}
