/** With all of it in one process, packages over `mixFetch` and over its agents open no socket and look up no name. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { NetworkRecord } from '../support/socket-recorder.ts';

interface Report extends NetworkRecord {
  readonly outcomes: Record<string, string[]>;
  /** URLs that msw saw leave, and that of a leak on purpose. */
  readonly caught: string[];
  readonly caughtLeak: string[];
}

test('neither fetch nor agents let anything out of the tunnel', { timeout: 60_000 }, async () => {
  const child = fork(fileURLToPath(new URL('lonely-packages.ts', import.meta.url)), {
    execArgv: ['--conditions=mixfetch-source', '--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [{ outcomes, caught, caughtLeak, connections, handles }] = (await once(child, 'message')) as [Report];
  const expected = ['shop.test/', ...Array<string>(3).fill('ERR_MIX_EXIT_REFUSED')];
  const names = ['got', 'axios with agents', 'ky', 'axios with a fetch', 'undici'];
  expect(outcomes).toEqual(Object.fromEntries(names.map(name => [name, expected])));
  expect(caught).toEqual([]);
  expect(caughtLeak).toEqual(['http://leak.test/']);
  expect(connections).toEqual([]);
  expect(Object.values(handles).every(count => count === 0)).toBe(true);
});
