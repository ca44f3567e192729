/** How much memory this process has. Needs `--expose-gc`. */

import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Without what the garbage collector has not got round to: the least of a few samples, a second apart. Bytes. */
export function residentMemory(): Promise<number> {
  return leastOf(tidyMemory);
}

/**
 * The part of it that is the process's own. The rest is pages of the program's files, of which the kernel keeps as many as it
 * likes: they come and go by tens of megabytes, whatever the process does. What was swapped out counts, and where the kernel
 * does not tell, all that is resident.
 */
export function ownMemory(): Promise<number> {
  return leastOf(() => {
    const resident = tidyMemory();
    if (!existsSync(STATUS)) return resident;
    const status = readFileSync(STATUS, 'latin1');
    const kibibytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
    return 1024 * (kibibytes('RssAnon') + kibibytes('VmSwap'));
  });
}

/** proc_pid_status(5) */
const STATUS = '/proc/self/status';

async function leastOf(sample: () => number): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < 5; i++) {
    await sleep(1000);
    samples.push(sample());
  }
  return Math.min(...samples);
}

export function tidyMemory(): number {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc');
  globalThis.gc();
  return process.memoryUsage.rss();
}
