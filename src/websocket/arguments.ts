/** What a websocket is told by its caller: everything wrong with it is found here, before anything is sent. */

import { parseUrl, readHeaders } from '../fetch/index.ts';
import { type Field, isToken } from '../http/index.ts';
import { type CloseStatus, maxReasonBytes } from '../rfc6455/index.ts';

export interface Address {
  /** As the socket shows it: of the scheme ws or wss. */
  readonly url: URL;
  /** What is asked for: of the scheme http or https. */
  readonly request: URL;
  /** From user and password in the URL, as browsers send them. */
  readonly authorization: readonly Field[];
}

/**
 * WHATWG WebSockets, "get a URL record".
 *
 * @throws DOMException SyntaxError that says what is wrong with it, without repeating it.
 */
export function parseAddress(text: string, baseUrl: string | undefined): Address {
  const url = parseUrl(text, baseUrl);
  if (url === undefined) throw syntaxError('The URL of the websocket is not a valid URL.');
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw syntaxError(`The scheme "${url.protocol.slice(0, -1)}" is not one of websockets.`);
  }
  if (url.hash !== '' || url.href.endsWith('#')) throw syntaxError('The URL of a websocket has no fragment.');
  const request = new URL(url);
  request.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
  return { url, request, authorization: basicAuthorization(url) };
}

/**
 * Sub-protocols: a name, or a list of names.
 *
 * @throws DOMException SyntaxError
 */
export function parseProtocols(given: unknown): readonly string[] {
  const names = isIterable(given) ? [...given].map(String) : [String(given)];
  if (!names.every(isToken)) throw syntaxError('The name of a sub-protocol is a token.');
  if (new Set(names.map(name => name.toLowerCase())).size < names.length) {
    throw syntaxError('A sub-protocol is named twice.');
  }
  return names;
}

/**
 * The arguments of `close()`. A reason goes with a status, 1000 if none is given.
 *
 * @throws DOMException InvalidAccessError, SyntaxError
 */
export function parseClose(code: unknown, reason: unknown): CloseStatus {
  const status = code === undefined ? undefined : clampedShort(code);
  if (status !== undefined && status !== 1000 && !(status >= 3000 && status <= 4999)) {
    throw new DOMException('The code must be 1000, or 3000 to 4999.', 'InvalidAccessError');
  }
  // Unpaired surrogates are replaced, as in all strings that leave a program.
  const text = reason === undefined ? '' : String(reason);
  if (new TextEncoder().encode(text).length > maxReasonBytes) {
    throw syntaxError(`The reason is longer than ${maxReasonBytes} bytes.`);
  }
  return { status: status ?? (text === '' ? undefined : 1000), reason: text };
}

/** @throws TypeError that names the header at fault. */
export function parseHeaders(given: unknown): readonly Field[] {
  const fields = [...readHeaders(given)];
  const own = fields.find(([name]) => /^(host|connection|content-length|sec-websocket-.*)$/.test(name));
  if (own !== undefined) throw new TypeError(`The header "${own[0]}" belongs to the handshake.`);
  return fields;
}

/** WebIDL, `[Clamp] unsigned short`. */
function clampedShort(value: unknown): number {
  const number = Number(value);
  if (Number.isNaN(number)) return 0;
  const clamped = Math.min(Math.max(number, 0), 65_535);
  const floor = Math.floor(clamped);
  const half = clamped - floor === 0.5;
  return half ? floor + (floor % 2) : Math.round(clamped);
}

function basicAuthorization({ username, password }: URL): readonly Field[] {
  if (username === '' && password === '') return [];
  const bytes = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`);
  return [['authorization', `Basic ${btoa(String.fromCharCode(...bytes))}`]];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function syntaxError(message: string): DOMException {
  return new DOMException(message, 'SyntaxError');
}
