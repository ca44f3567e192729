/** What the long tests measured, printed as it comes, and written as a table to FIGURES.md beside this file. */

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('FIGURES.md', import.meta.url));

export class Figures {
  readonly #rows: string[] = [];

  /** `beside` is what it should be compared with. */
  add(what: string, measured: string, beside = ''): void {
    console.log(`${what}: ${measured}${beside && ` (${beside})`}`);
    this.#rows.push(`| ${what} | ${measured} | ${beside} |`);
  }

  write(): void {
    const [cpu] = cpus();
    const text = [
      '# Figures of the long tests',
      '',
      'Written by `npm run test:long`: a client, and a mixnet on the same machine in another process, both at their default',
      'pace and delays. That one process unwraps every packet and every acknowledgement four times and builds the answers, so',
      'that a small or busy machine, not the pace of the client, may set the rate of a download. Where processor time is not',
      'counted, the clock is virtual, and stands while there is work.',
      '',
      '| what | measured | to compare with |',
      '|---|---|---|',
      ...this.#rows,
      '',
      `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} × ${cpu?.model.trim()}.`,
      '',
    ].join('\n');
    writeFileSync(file, text);
  }
}

export function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

export function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

/** Of so many bytes in that time. */
export function rate(bytes: number, seconds: number): string {
  return `${(bytes / 1000 / seconds).toFixed(0)} KB/s`;
}

/** The value that this share of all does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}
