/** How much memory this process has. Needs `--expose-gc`. */

import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes. */
export interface Memory {
  readonly resident: number;
  /**
   * The part of it that is the process's own. The rest is pages of the program's files, of which the kernel keeps as many as it
   * likes: they come and go by tens of megabytes, whatever the process does. What was swapped out counts, and where the
   * kernel does not tell, all that is resident.
   */
  readonly own: number;
}

/** Without what the garbage collector has not got round to: the least of a few samples, a second apart. */
export async function settledMemory(): Promise<Memory> {
  const samples: Memory[] = [];
  for (let i = 0; i < 5; i++) {
    await sleep(1000);
    const resident = tidyMemory();
    samples.push({ resident, own: ownMemory() ?? resident });
  }
  const least = (which: keyof Memory) => Math.min(...samples.map(sample => sample[which]));
  return { resident: least('resident'), own: least('own') };
}

export async function residentMemory(): Promise<number> {
  return (await settledMemory()).resident;
}

export function tidyMemory(): number {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc');
  globalThis.gc();
  return process.memoryUsage.rss();
}

function ownMemory(): number | undefined {
  if (!existsSync(STATUS)) return undefined;
  const status = readFileSync(STATUS, 'latin1');
  const kibibytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
  return 1024 * (kibibytes('RssAnon') + kibibytes('VmSwap'));
}

/** proc_pid_status(5) */
const STATUS = '/proc/self/status';
