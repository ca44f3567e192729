/** Lines for somebody's logger: codes, counts, durations and states, nothing else. */

import { type DiagnosticDetails, type DiagnosticName, isLogged, logLevels } from './events.ts';

/** `console` is one, and so is a logger of pino. Each call has one argument: a line of text. */
export interface Logger {
  debug(message: string): unknown;
  info(message: string): unknown;
  warn(message: string): unknown;
  error(message: string): unknown;
}

export function isLogger(value: unknown): value is Logger {
  if (typeof value !== 'object' || value === null) return false;
  const members = value as Readonly<Record<string, unknown>>;
  return ['debug', 'info', 'warn', 'error'].every(level => typeof members[level] === 'function');
}

/** Whatever the logger does, this returns. */
export function log<Name extends DiagnosticName>(logger: Logger, name: Name, detail: DiagnosticDetails[Name]): void {
  try {
    const result = logger[logLevels[name]](lineOf(name, detail));
    if (result instanceof Promise) result.catch(() => {});
  } catch {
    // The logger's own trouble: who logs must not be able to break what is logged.
  }
}

/** `mixfetch request:end id=3 status=200 times.headers=812 …` */
function lineOf<Name extends DiagnosticName>(name: Name, detail: DiagnosticDetails[Name]): string {
  const fields = Object.entries(detail).flatMap(([field, value]) => (isLogged(field) ? pairs(field, value) : []));
  return [`mixfetch ${name}`, ...fields].join(' ');
}

function pairs(name: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (typeof value === 'number') return [`${name}=${Math.round(value)}`];
  if (typeof value !== 'object' || value === null) return [`${name}=${String(value)}`];
  return Object.entries(value).flatMap(([member, inner]) => pairs(`${name}.${member}`, inner));
}
