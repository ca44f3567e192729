/** The parts of README.md that are printed from the source, each between two marks: `<!-- name -->` and `<!-- /name -->`. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { diagnosticEvents, diagnosticFields, requestStages } from '../../src/diagnostics/index.ts';
import { mixnetErrorCodes } from '../../src/errors.ts';
import { limits } from '../../src/limits.ts';

export const readmePath: string = fileURLToPath(new URL('../../README.md', import.meta.url));

/** What the source says now, by the name of the marks. */
export function chaptersOfSource(): Record<string, string> {
  return {
    errors: table(
      ['code', 'meaning'],
      Object.entries(mixnetErrorCodes).map(([code, meaning]) => [`\`${code}\``, meaning]),
    ),
    events: table(
      ['event', 'when', 'fields', 'logged as'],
      Object.entries(diagnosticEvents).map(([name, { when, fields, level }]) => [
        ...[`\`${name}\``, when, fields.map(field => `\`${field}\``).join(' '), level],
      ]),
    ),
    'event-fields': table(
      ['field', 'what', 'for a logger'],
      Object.entries(diagnosticFields).map(([name, { what, logged }]) => [`\`${name}\``, what, logged ? 'yes' : 'no']),
    ),
    stages: table(
      ['in `times`', 'reached when'],
      Object.entries(requestStages).map(([name, when]) => [`\`${name}\``, when]),
    ),
    limits: table(
      ['what', 'limit'],
      Object.values(limits).map(({ what, value, unit }) => [what, quantity(value, unit)]),
    ),
  };
}

/** The text between the marks, or `undefined` where they are missing. */
export function chapter(readme: string, name: string): string | undefined {
  return splitAt(readme, name)?.content.trim();
}

/** @throws Error where the marks are missing. */
export function withChapter(readme: string, name: string, content: string): string {
  const parts = splitAt(readme, name);
  if (parts === undefined) throw new Error(`there is no place for it: <!-- ${name} --> … <!-- /${name} -->`);
  return `${parts.before}\n${content}\n${parts.after}`;
}

export function readReadme(path: string = readmePath): string {
  return readFileSync(path, 'utf8');
}

function splitAt(readme: string, name: string): { before: string; content: string; after: string } | undefined {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = readme.indexOf(start) + start.length;
  const to = readme.indexOf(end);
  if (from < start.length || to < from) return undefined;
  return { before: readme.slice(0, from), content: readme.slice(from, to), after: readme.slice(to) };
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function quantity(value: number, unit: string): string {
  if (unit === 'bytes' && value % 2 ** 20 === 0) return `${value / 2 ** 20} MiB`;
  if (unit === 'bytes' && value % 2 ** 10 === 0) return `${value / 2 ** 10} KiB`;
  const digits = value.toLocaleString('en-US').replaceAll(',', ' ');
  return unit === '' ? digits : `${digits} ${unit}`;
}
