/** The parts of README.md that are printed from the source, each between two marks: `<!-- name -->` and `<!-- /name -->`. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type NymOption, nymOptions } from '../../src/cli/nym-options.ts';
import { serviceStates } from '../../src/cli/service/report.ts';
import { eventDescriptions, fieldDescriptions, requestStages } from '../../src/diagnostics/descriptions.ts';
import { type DiagnosticName, isLogged, logLevels } from '../../src/diagnostics/index.ts';
import { mixnetErrorCodes } from '../../src/errors.ts';
import * as limits from '../../src/limits.ts';

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
      Object.entries(eventDescriptions).map(([name, { when, fields }]) => [
        ...[`\`${name}\``, when, fields.map(field => `\`${field}\``).join(' '), logLevels[name as DiagnosticName]],
      ]),
    ),
    'event-fields': table(
      ['field', 'what', 'for a logger'],
      Object.entries(fieldDescriptions).map(([name, what]) => [`\`${name}\``, what, isLogged(name) ? 'yes' : 'no']),
    ),
    stages: table(
      ['in `times`', 'reached when'],
      Object.entries(requestStages).map(([name, when]) => [`\`${name}\``, when]),
    ),
    limits: table(['what', 'limit'], limitsOfSource()),
    'service-states': table(
      ['`status`', 'what standard error says', 'with it'],
      Object.entries(serviceStates).map(([state, { sentence, details }]) => [
        ...[`\`${state}\``, sentence, details.map(detail => `\`${detail}\``).join(' ')],
      ]),
    ),
    'nym-options': table(
      ['option', 'here'],
      Object.entries<NymOption>(nymOptions).map(([name, { value, help, refused, idle }]) => [
        `\`--${name}${value === undefined ? '' : ` ${value}`}\``,
        [help.replace(/--[a-z-]+/, '`$&`'), refused ?? idle].filter(Boolean).join(': '),
      ]),
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

/** A limit with the comment above it, which ends with its unit where it has one. */
function limitsOfSource(): string[][] {
  const source = readFileSync(new URL('../../src/limits.ts', import.meta.url), 'utf8');
  const found = [...source.matchAll(/\/\*\* ([^\n]*?)(, in bytes|, as a factor)? \*\/\nexport const (\w+) =/g)];
  const values: ReadonlyMap<string, number> = new Map(Object.entries(limits));
  if (found.length !== values.size) throw new Error('a limit has no comment');
  return found.map(([, what = '', unit, name = '']) => [what, quantity(values.get(name) ?? Number.NaN, unit)]);
}

function quantity(value: number, unit: string | undefined): string {
  if (unit === ', in bytes') return value % 2 ** 20 === 0 ? `${value / 2 ** 20} MiB` : `${value / 2 ** 10} KiB`;
  const digits = value.toLocaleString('en-US').replaceAll(',', ' ');
  return unit === undefined ? digits : `${digits} times`;
}
