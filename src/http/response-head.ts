import { FieldSection, maxSectionBytes } from './field-section.ts';
import { type Field, isReasonPhrase } from './grammar.ts';
import { LineReader, type Slice } from './lines.ts';
import type { HttpVersion } from './message-framing.ts';
import { malformed } from './refusals.ts';

export interface HeadFields {
  readonly version: HttpVersion;
  readonly status: number;
  readonly statusText: string;
  readonly fields: readonly Field[];
}

const protocolName = 'HTTP/1.';

/** Status line and header section. */
export class HeadReader {
  readonly #lines = new LineReader('the head', maxSectionBytes);
  readonly #fields = new FieldSection(this.#lines);
  #nameSeen = 0;
  #statusLine: Omit<HeadFields, 'fields'> | undefined;

  read(slice: Slice): HeadFields | undefined {
    if (this.#statusLine === undefined) {
      this.#checkProtocolName(slice);
      const line = this.#lines.take(slice);
      if (line === undefined) return undefined;
      this.#statusLine = parseStatusLine(line);
    }
    const fields = this.#fields.read(slice);
    return fields && { ...this.#statusLine, fields };
  }

  /** At the first wrong byte: a server of another protocol may never send the end of a line. */
  #checkProtocolName(slice: Slice): void {
    for (const byte of slice.peek(protocolName.length - this.#nameSeen)) {
      if (byte !== protocolName.charCodeAt(this.#nameSeen++)) throw malformed('it does not begin with "HTTP/1."');
    }
  }
}

/**
 * status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112, section 4). The second space, which the grammar
 * demands even with no reason after it, many servers forget; Node forgives that too.
 */
function parseStatusLine(line: string): Omit<HeadFields, 'fields'> {
  const match = /^HTTP\/1\.([0-9]) ([1-9][0-9]{2})(?: (.*))?$/s.exec(line);
  const statusText = match?.[3] ?? '';
  if (match === null || !isReasonPhrase(statusText)) throw malformed('its status line does not fit the grammar');
  // RFC 9110, section 2.5: a higher minor version is read as the highest one known.
  return { version: match[1] === '0' ? '1.0' : '1.1', status: Number(match[2]), statusText };
}
