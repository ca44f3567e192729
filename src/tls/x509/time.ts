/** Times of a certificate: RFC 5280, section 4.1.2.5. In UTC, to the second, and nothing else. */

import { type DerReader, malformed, tags } from './der.ts';

/** Milliseconds since the Unix epoch. */
export function readTime(reader: DerReader): number {
  const { tag, content } = reader.any();
  const text = String.fromCharCode(...content);
  const match =
    tag === tags.utcTime
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
      : tag === tags.generalizedTime
        ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
        : null;
  if (match === null) throw malformed();
  const [written = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  // Section 4.1.2.5.1: two digits of a year are those of 1950 to 2049.
  const year = tag === tags.utcTime ? (written < 50 ? 2000 : 1900) + written : written;
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  time.setUTCHours(hour, minute, second);
  // A 30th of February would have become a day of March.
  const isReal =
    time.getUTCMonth() === month - 1 && time.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!isReal) throw malformed();
  return time.getTime();
}
