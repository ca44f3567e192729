/** Redirects as curl follows them, with the caution of fetch: pure. */

import { CommandError } from './command.ts';

export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly hasBody: boolean;
}

const redirects = new Set([301, 302, 303, 307, 308]);

/** They are for one origin only. */
const ofOneOrigin = ['authorization', 'cookie', 'host'];

const ofBody = ['content-type', 'content-length', 'content-encoding', 'content-language'];

/** Where the answer redirects to; `undefined` if it does not. */
export function redirectTarget(hop: Hop, status: number, location: string | undefined): URL | undefined {
  if (!redirects.has(status) || location === undefined) return undefined;
  // Servers send UTF-8 where only ASCII belongs, and a header value shows each byte as one character.
  const text = Buffer.from(location, 'latin1').toString('utf8');
  if (!URL.canParse(text, hop.url.href))
    throw new CommandError('the answer redirects to something that is not a URL', 47);
  const target = new URL(text, hop.url);
  if (target.hash === '') target.hash = hop.url.hash;
  return target;
}

/**
 * The request that follows. 303, and 301 and 302 to a POST, go on with GET and without a body; with `keepMethod`, which is
 * for a method given by -X, that method stays all the same.
 *
 * @throws CommandError 47 for a target that is not followed.
 */
export function followRedirect(hop: Hop, status: number, target: URL, keepMethod: boolean): Hop {
  if (target.protocol !== 'https:' && target.protocol !== 'http:') {
    throw new CommandError('the answer redirects to a URL that is not of http or https', 47);
  }
  if (hop.url.protocol === 'https:' && target.protocol === 'http:') {
    throw new CommandError('the answer redirects from https to http, which is not followed', 47);
  }
  const url = new URL(target);
  [url.username, url.password] = ['', ''];
  const losesBody =
    (status === 303 && hop.method !== 'HEAD') || ((status === 301 || status === 302) && hop.method === 'POST');
  const lost = [...(url.origin === hop.url.origin ? [] : ofOneOrigin), ...(losesBody ? ofBody : [])];
  return {
    method: losesBody && !keepMethod ? 'GET' : hop.method,
    url,
    headers: hop.headers.filter(([name]) => !lost.includes(name.toLowerCase())),
    hasBody: hop.hasBody && !losesBody,
  };
}
