/**
 * HTTP/1.1 requests as bytes. Nothing that could end a line early, or say two things about where the body ends, can be
 * written: what does not fit the grammar is the caller's mistake, and throws `TypeError`.
 *
 * @module
 */

import { concatBytes } from '../crypto/bytes.ts';
import { bytesOfText, type Field, fieldValues, isFieldValue, isToken } from './grammar.ts';

export interface RequestHead {
  readonly method: string;
  /** The request-target: `/path?query`, a whole URL, `host:port`, or `*` (RFC 9112, section 3.2). */
  readonly target: string;
  /** In the order in which they go out. Exactly one of them is `Host`. */
  readonly headers: readonly Field[];
}

/** Request line and header section, up to and with the empty line. */
export function encodeRequestHead({ method, target, headers }: RequestHead): Uint8Array<ArrayBuffer> {
  if (!isToken(method)) throw new TypeError('the request method is not a token');
  // RFC 9112, section 3.2: no whitespace is allowed in the request-target. What is not ASCII, a URL percent-encodes.
  if (!/^[\x21-\x7e]+$/.test(target)) throw new TypeError('the request target holds a character that no URL has');
  for (const [name, value] of headers) {
    if (!isToken(name)) throw new TypeError('a header name is not a token');
    if (!isFieldValue(value))
      throw new TypeError(`the value of the header "${name}" does not fit the grammar of values`);
  }
  refuseAmbiguity(headers);
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  return bytesOfText(`${lines.join('\r\n')}\r\n\r\n`);
}

/** One chunk of a chunked body (RFC 9112, section 7.1). Of no bytes it is nothing, since a chunk of size 0 would end the body. */
export function encodeChunk(data: Uint8Array): Uint8Array<ArrayBuffer> {
  if (data.length === 0) return new Uint8Array(0);
  return concatBytes(bytesOfText(`${data.length.toString(16)}\r\n`), data, bytesOfText('\r\n'));
}

/** The end of a chunked body, without trailers. */
export function encodeLastChunk(): Uint8Array<ArrayBuffer> {
  return bytesOfText('0\r\n\r\n');
}

function refuseAmbiguity(headers: readonly Field[]): void {
  // RFC 9112, section 3.2: a client sends Host in every request, and a server refuses more than one.
  if (fieldValues(headers, 'host').length !== 1) throw new TypeError('a request has exactly one Host header');

  const lengths = fieldValues(headers, 'content-length');
  const codings = fieldValues(headers, 'transfer-encoding');
  // RFC 9112, section 6.2: no Content-Length beside Transfer-Encoding. Requests are smuggled by it.
  if (lengths.length + codings.length > 1) throw new TypeError('the headers say more than once where the body ends');
  if (lengths.some(length => !/^[0-9]+$/.test(length))) throw new TypeError('Content-Length is not a decimal number');
  if (codings.some(coding => coding.toLowerCase() !== 'chunked'))
    throw new TypeError('the only transfer coding is chunked');
}
