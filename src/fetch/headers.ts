/** The headers a request goes out with. */

import { type Field, isFieldValue } from '../http/index.ts';

/**
 * What every request carries unless the caller sets the header, on every platform, in this order and spelling.
 *
 * Whoever runs the destination learns from them that the request is a program's, and no more. There is no name or version
 * of this package, of the runtime or of the system, because each would split the users into smaller crowds at every
 * release; and no browser is imitated, because the TLS and HTTP of this package are not that browser's, so that the
 * disguise would stand out more than none. A User-Agent there must be, since many APIs refuse a request without one.
 * Nothing says which language the user reads, nor which page made the request.
 */
export const defaultHeaders: readonly Field[] = [
  // Servers that tell how long they keep an idle connection (`Keep-Alive: timeout=5`) do so only if asked like this.
  ['connection', 'keep-alive'],
  ['user-agent', 'Mozilla/5.0'],
  ['accept', '*/*'],
  // What every platform can decode.
  ['accept-encoding', 'gzip, deflate'],
];

/** The place of each header that a request may have by itself: a caller who sets one changes the value, not the order. */
const order = ['host', 'connection', 'content-length', 'transfer-encoding', 'content-type'].concat(
  defaultHeaders.map(([name]) => name).filter(name => name !== 'connection'),
);

/**
 * `init.headers` in any of its forms, as plain Headers: those of a browser's Request would drop Cookie, Host, User-Agent
 * and others without a word.
 *
 * @throws TypeError that names the header at fault (never its value, which may be a secret).
 */
export function readHeaders(given: unknown): Headers {
  const headers = new Headers();
  for (const [name, value] of headerPairs(given)) {
    const lowerCase = name.toLowerCase();
    try {
      // Cookies are the one list that is not separated by commas (RFC 6265, section 5.4).
      const before = lowerCase === 'cookie' ? headers.get('cookie') : null;
      if (before !== null) headers.set(name, `${before}; ${value}`);
      else headers.append(name, value);
    } catch {
      throw unsendable(name);
    }
    // Headers take control characters, HTTP does not.
    if (!isFieldValue(headers.get(name) ?? '')) throw unsendable(name);
    refuseConnectionHeader(lowerCase, value);
  }
  return headers;
}

/** All headers of a request in wire order: first the known ones, each in its place, then the caller's own by name. */
export function wireHeaders(
  url: URL,
  method: string,
  headers: Headers,
  body: { readonly present: boolean; readonly length: number | undefined },
): Field[] {
  const all = new Map<string, string>([['host', url.host], ...defaultHeaders]);
  for (const [name, value] of headers) all.set(name, value);
  for (const [name, value] of framing(method, headers, body)) all.set(name, value);
  const known = order.filter(name => all.has(name));
  const others = [...all.keys()].filter(name => !order.includes(name)).sort();
  return [...known, ...others].map(name => [name, all.get(name) ?? '']);
}

/**
 * The Content-Length that the caller set, if any: it makes a stream go out with a length.
 *
 * @throws TypeError if it is not a number, or not the length of the body.
 */
export function declaredLength(headers: Headers, bodyLength: number | undefined): number | undefined {
  const declared = headers.get('content-length');
  if (declared === null) return bodyLength;
  if (!/^[0-9]{1,15}$/.test(declared)) throw new TypeError('The header "content-length" is not a decimal number.');
  if (bodyLength !== undefined && bodyLength !== Number(declared)) {
    throw new TypeError('The header "content-length" is not the length of the body.');
  }
  return Number(declared);
}

/**
 * Fetch Standard, "HTTP-network-or-cache fetch", steps 8.5 to 8.8: a POST or PUT without a body has the length 0. So has a
 * PATCH (RFC 9110, section 8.6), as in Node.
 */
function framing(
  method: string,
  headers: Headers,
  { present, length }: { readonly present: boolean; readonly length: number | undefined },
): Field[] {
  if (!present) return ['POST', 'PUT', 'PATCH'].includes(method) ? [['content-length', '0']] : [];
  const declared = declaredLength(headers, length);
  return declared === undefined ? [['transfer-encoding', 'chunked']] : [['content-length', String(declared)]];
}

function* headerPairs(given: unknown): Generator<readonly [string, string]> {
  if (given === undefined) return;
  if (typeof given !== 'object' || given === null) throw new TypeError('The option "headers" must be an object.');
  if (!isIterable(given)) {
    for (const [name, value] of Object.entries(given)) yield [name, String(value)];
    return;
  }
  for (const pair of given) {
    const [name, value, ...more] = isIterable(pair) ? [...pair] : [];
    if (value === undefined || more.length > 0) throw new TypeError('The option "headers" holds what is not a pair.');
    yield [String(name), String(value)];
  }
}

/** What belongs to the connection is not the caller's to say: it would break the framing, or the reuse, of others. */
function refuseConnectionHeader(name: string, value: string): void {
  const refused = ['transfer-encoding', 'upgrade', 'expect', 'keep-alive', 'proxy-connection'].includes(name);
  if (refused || (name === 'connection' && !/^(close|keep-alive)$/i.test(value))) {
    throw new TypeError(`The header "${name}" cannot be set to this value by a request.`);
  }
}

function unsendable(name: string): TypeError {
  return new TypeError(`The header ${JSON.stringify(name)} has a name or a value that no header can have.`);
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
