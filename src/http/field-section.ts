import * as limits from '../limits.ts';
import { type Field, isFieldValue, isToken, trimWhitespace } from './grammar.ts';
import type { LineReader, Slice } from './lines.ts';
import { malformed, tooLarge } from './refusals.ts';

/** Far above what servers send, far below what hurts: Node stops at 16 KiB, Chromium at 256 KiB. */
export const maxSectionBytes = limits.headerSection;
export const maxFields = limits.headerFields;

/** Header or trailer fields, line by line up to the empty line (RFC 9112, section 5). */
export class FieldSection {
  readonly #lines: LineReader;
  readonly #fields: Field[] = [];

  constructor(lines: LineReader) {
    this.#lines = lines;
  }

  /** All fields once the empty line is read; `undefined` when the slice ends before it. */
  read(slice: Slice): readonly Field[] | undefined {
    for (let line = this.#lines.take(slice); line !== undefined; line = this.#lines.take(slice)) {
      if (line === '') return this.#fields;
      if (this.#fields.length === maxFields) throw tooLarge(`it has more than ${maxFields} fields in one section`);
      this.#fields.push(parseField(line));
    }
    return undefined;
  }
}

/** field-line = field-name ":" OWS field-value OWS */
function parseField(line: string): Field {
  // RFC 9112, section 5.2: a value may not go on in the next line. A user agent could read that as a space, but what it
  // means has depended on who reads it.
  if (/^[\t ]/.test(line)) throw malformed('a header is folded over several lines');
  const colon = line.indexOf(':');
  if (colon < 0) throw malformed('a header line has no colon');
  const name = line.slice(0, colon);
  // RFC 9112, section 5.1: no whitespace between name and colon; it has been used to hide headers from one of two readers.
  if (/[\t ]$/.test(name)) throw malformed('whitespace stands between a header name and its colon');
  if (!isToken(name)) throw malformed('a header name is not a token');
  const value = trimWhitespace(line.slice(colon + 1));
  if (!isFieldValue(value)) throw malformed('a header value holds a control character');
  return [name, value];
}
