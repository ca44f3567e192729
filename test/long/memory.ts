/** How much memory this process has. Needs `--expose-gc`. */

import { setTimeout as sleep } from 'node:timers/promises';

/** Without what the garbage collector has not got round to: the least of a few samples, a second apart. Bytes. */
export async function residentMemory(): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < 5; i++) {
    await sleep(1000);
    samples.push(tidyMemory());
  }
  return Math.min(...samples);
}

export function tidyMemory(): number {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc');
  globalThis.gc();
  return process.memoryUsage.rss();
}
