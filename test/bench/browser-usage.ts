/** What browsers that this process has started take of the machine, all their processes together (Linux). */

import { readdirSync, readFileSync } from 'node:fs';

export interface BrowserUsage {
  /** Of processes that are there now, since they began. */
  readonly cpuSeconds: number;
  /** Memory that they share is counted once. */
  readonly bytes: number;
}

/** A second of the kernel, as it counts for programs. */
const TICKS = 100;

export function usageOfBrowsers(): BrowserUsage {
  const stats = new Map(processes().map(pid => [pid, statOf(pid)]));
  const isOurs = (pid: number | undefined): boolean => pid === process.pid || (!!pid && isOurs(stats.get(pid)?.parent));
  const browsers = [...stats].filter(([pid, { name }]) => isOurs(pid) && /chrom/.test(name));
  return {
    cpuSeconds: browsers.reduce((sum, [, { ticks }]) => sum + ticks, 0) / TICKS,
    bytes: browsers.reduce((sum, [pid]) => sum + memoryOf(pid), 0),
  };
}

function processes(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** proc_pid_stat(5): the name is in parentheses, and may have any character. */
function statOf(pid: number) {
  const [, name = '', rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(textOf(`/proc/${pid}/stat`)) ?? [];
  const fields = rest.split(' ').map(Number);
  return { name, parent: fields[1], ticks: (fields[11] ?? 0) + (fields[12] ?? 0) };
}

/** The proportional set size: a page of memory that n processes share counts 1/n for each. */
function memoryOf(pid: number): number {
  return 1024 * Number(/^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

/** Empty where the process has gone meanwhile. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
