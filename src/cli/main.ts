#!/usr/bin/env node
/** The `mixfetch` command: `run` with the streams and signals of this process. */

import { createRequire } from 'node:module';
import { createMixFetch, MixnetClient } from '../index.ts';
import { run } from './run.ts';

const { version } = createRequire(import.meta.url)('mixfetch/package.json') as { version: string };

// The first signal ends the command in order; a second one finds Node's own handling, and ends it at once.
const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => ending.abort(name));
}
// A reader that goes away, as in `mixfetch … | head`, is told by the write that fails; one of the messages changes nothing.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const code = await run(
  process.argv.slice(2),
  process,
  {
    version,
    createMixFetch,
    connect: options => MixnetClient.connect(options),
    // The end of its terminal is the end of a command in it, as ever.
    onReload(listener) {
      if (process.stdin.isTTY) return () => {};
      process.on('SIGHUP', listener);
      return () => process.off('SIGHUP', listener);
    },
    startDevnet: async options => (await import('../devnet/index.ts')).startDevnet(options),
  },
  ending.signal,
);
// A service that was told to end has done so, whatever the signal was.
process.exitCode = ending.signal.reason === 'SIGTERM' && code === 130 ? 143 : code;
