/** The two ways in which the directory writes a time. */

import { malformed } from './json.ts';

/** Both: `2026-05-01T12:00:00Z` (RFC 3339) and `2026-05-01 12:00:00.123456789 +00:00:00`. */
const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)([T ])(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z| ?([+-])(\d\d):(\d\d)(?::(\d\d))?)$/i;

const LONGEST_TIMESTAMP = 64;

/** Unix time in ms of an RFC 3339 timestamp. Throws ERR_MIX_DIRECTORY_MALFORMED for anything else. */
export function parseTimestamp(value: unknown, what: string): number {
  const parsed = typeof value === 'string' && /^[^ ]*$/.test(value) ? parse(value) : undefined;
  if (parsed === undefined) throw malformed(what);
  return parsed;
}

/** Unix time in ms of either form; what is neither counts as 1970, as in the reference. */
export function parseLooseTimestamp(value: string): number {
  return parse(value) ?? 0;
}

/** The second form, which the directory uses for `refreshed_at`. */
export function formatLooseTimestamp(unixMs: number): string {
  const [date, time] = new Date(unixMs).toISOString().slice(0, -1).split('T');
  return `${date} ${time?.replace('.000', '.0')} +00:00:00`;
}

function parse(value: string): number | undefined {
  const fields = value.length <= LONGEST_TIMESTAMP ? TIMESTAMP.exec(value) : null;
  if (fields === null) return undefined;
  const field = (at: number) => Number(fields[at] ?? 0);
  const utc = Date.UTC(field(1), field(2) - 1, field(3), field(5), field(6), field(7));
  // Date.UTC takes the 31st of June for the 1st of July.
  if (new Date(utc).toISOString().slice(0, 19) !== value.slice(0, 19).replace(/[t ]/, 'T')) return undefined;
  const fraction = Number(`0.${fields[8] ?? 0}`) * 1_000;
  const offset = ((field(10) * 60 + field(11)) * 60 + field(12)) * 1_000;
  return utc + fraction + (fields[9] === '-' ? offset : -offset);
}
