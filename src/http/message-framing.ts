/** Where the body of a response ends, and whether the connection lives on: decided by the head alone. */

import { type Field, fieldValues, listMembers, trimWhitespace } from './grammar.ts';
import { malformed, tooLarge } from './refusals.ts';

export type HttpVersion = '1.0' | '1.1';

export type BodyFraming =
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until close' };

export interface FinalHead {
  readonly version: HttpVersion;
  readonly status: number;
  readonly fields: readonly Field[];
}

/** RFC 9112, section 6.3, whose steps are numbered here. */
export function bodyFraming(requestMethod: string, { version, status, fields }: FinalHead): BodyFraming {
  // 1. and 2. Bodiless whatever the fields say: to HEAD, 204, 304, and success to CONNECT, after which comes a tunnel.
  if (requestMethod === 'HEAD' || status === 204 || status === 304 || establishesTunnel(requestMethod, status)) {
    return { kind: 'length', length: 0 };
  }

  const lengths = fieldValues(fields, 'content-length');
  if (fieldValues(fields, 'transfer-encoding').length > 0) {
    // 3. Transfer-Encoding would override Content-Length, but such a message "ought to be handled as an error".
    if (lengths.length > 0) throw malformed('it has both Transfer-Encoding and Content-Length');
    // Section 6.1: in an HTTP/1.0 message, framing by Transfer-Encoding is faulty.
    if (version === '1.0') throw malformed('it is HTTP/1.0 and has Transfer-Encoding');
    // 4. Other codings than chunked were not asked for: the request has no TE field (section 6.1).
    const codings = listMembers(fields, 'transfer-encoding').map(coding => coding.toLowerCase());
    if (codings.length !== 1 || codings[0] !== 'chunked') throw malformed('its transfer coding is not plain "chunked"');
    return { kind: 'chunked' };
  }

  // 5. and 6.
  if (lengths.length > 0) return { kind: 'length', length: contentLength(fields) };

  // 8. (7. is about requests.)
  return { kind: 'until close' };
}

/** RFC 9112, section 9.3. A body that ends by the close of the connection is seen to by the reader. */
export function keepsAlive(requestMethod: string, { version, status, fields }: FinalHead): boolean {
  const options = listMembers(fields, 'connection').map(option => option.toLowerCase());
  if (establishesTunnel(requestMethod, status) || options.includes('close')) return false;
  return version === '1.1' || options.includes('keep-alive');
}

function establishesTunnel(requestMethod: string, status: number): boolean {
  return requestMethod === 'CONNECT' && status >= 200 && status < 300;
}

/** RFC 9110, section 8.6: Content-Length = 1*DIGIT. Repeated, it must be the same number each time. */
function contentLength(fields: readonly Field[]): number {
  const values = fieldValues(fields, 'content-length').flatMap(value => value.split(',').map(trimWhitespace));
  if (values.some(value => !/^[0-9]+$/.test(value))) {
    throw malformed('its Content-Length is not a decimal number');
  }
  const [length = 0, ...others] = values.map(Number);
  if (others.some(other => other !== length)) throw malformed('its Content-Lengths differ');
  if (!Number.isSafeInteger(length)) throw tooLarge('its Content-Length is beyond 2^53');
  return length;
}
