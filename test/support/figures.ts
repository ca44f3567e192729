/** What a long run measured: printed as it comes, and written as one chapter of a page of such figures. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface FiguresOptions {
  /** The page, which may hold chapters of other runs. */
  readonly file: URL;
  readonly title: string;
  readonly chapter: string;
  /** Lines of text between the chapter's heading and its table. */
  readonly about: readonly string[];
}

export class Figures {
  readonly #options: FiguresOptions;
  readonly #rows: string[] = [];

  constructor(options: FiguresOptions) {
    this.#options = options;
  }

  /** `beside` is what it should be compared with. */
  add(what: string, measured: string, beside = ''): void {
    console.log(`${what}: ${measured}${beside && ` (${beside})`}`);
    this.#rows.push(`| ${what} | ${measured} | ${beside} |`);
  }

  /** Replaces the chapter of an earlier run, and leaves the others as they are. */
  write(): void {
    const { title, chapter, about } = this.#options;
    const file = fileURLToPath(this.#options.file);
    const [cpu] = cpus();
    const text = [
      chapter,
      '',
      ...about,
      '',
      '| what | measured | to compare with |',
      '|---|---|---|',
      ...this.#rows,
      '',
      `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} × ${cpu?.model.trim()}.`,
      '',
    ].join('\n');
    const [, ...chapters] = existsSync(file) ? readFileSync(file, 'utf8').split(HEADING) : [];
    const place = chapters.findIndex(other => other.startsWith(`${chapter}\n`));
    if (place === -1) chapters.push(text);
    else chapters[place] = text;
    writeFileSync(file, `# ${title}\n\n${chapters.map(other => `## ${other.trimEnd()}\n`).join('\n')}`);
  }
}

const HEADING = /^## /m;

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

/** How often something came out in which way. */
export type Outcomes = Readonly<Record<string, number>>;

export function listed(outcomes: Outcomes): string {
  return Object.entries(outcomes)
    .map(([outcome, times]) => `${times} ${outcome}`)
    .join(', ');
}

export function total(outcomes: Outcomes): number {
  return Object.values(outcomes).reduce((sum, times) => sum + times, 0);
}
