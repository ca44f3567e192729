/** Redirects: pure decisions, after the Fetch Standard, "HTTP-redirect fetch", whose steps are numbered here. */

import { MixnetError } from '../errors.ts';
import type { ResponseHead } from '../http/index.ts';
import * as limits from '../limits.ts';
import { isReplayable, type RequestBody } from './body.ts';
import { hasBadPort, isHttp, parseUrl } from './urls.ts';

/** One request of the several that a call of fetch may make. */
export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: RequestBody | undefined;
}

export const MAX_REDIRECTS = limits.redirects;

const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/** They describe a body, and leave with it ("request-body-header name"). */
const bodyHeaders = ['content-encoding', 'content-language', 'content-length', 'content-location', 'content-type'];

/** They are for one origin. `host` among them: set by the caller, it named the first one. */
const originHeaders = ['authorization', 'cookie', 'cookie2', 'host', 'proxy-authorization'];

/** With a Location or without. */
export function isRedirect({ status }: ResponseHead): boolean {
  return redirectStatuses.has(status);
}

/** Every Location of a redirect; none for a response that is to be given to the caller. */
export function redirectLocations(head: ResponseHead): string[] {
  if (!isRedirect(head)) return [];
  return head.headers.filter(([name]) => name.toLowerCase() === 'location').map(([, value]) => value);
}

/**
 * What to request next.
 *
 * @param followed how many redirects came before this one.
 * @param most how many there may be.
 * @throws MixnetError ERR_MIX_HTTP_REDIRECT
 */
export function followRedirect(
  hop: Hop,
  status: number,
  locations: readonly string[],
  followed: number,
  most: number,
): Hop {
  // Fetch Standard, "location URL", step 2: several values of what may be there once are a failure.
  const [location = '', ...others] = locations;
  if (others.length > 0) throw refused('The answer redirects to several URLs.');
  // 3. to 6. Servers send UTF-8 where only ASCII belongs, and each byte came as one character.
  const url = parseUrl(utf8OfBytes(location), hop.url.href);
  if (url === undefined) throw refused('The answer redirects to something that is not a URL.');
  if (!isHttp(url)) throw refused('The answer redirects to a URL that is not of http or https.');
  if (hasBadPort(url)) throw refused('The answer redirects to a port that is not one of a web server.');
  // Not in the standard, where a page's policy sees to it: what was asked for in private is not continued in the open.
  if (hop.url.protocol === 'https:' && url.protocol === 'http:') {
    throw refused('The answer redirects from https to http.');
  }
  // 7. and 8.
  if (followed >= most) throw refused(`There are more than ${most} redirects.`);
  // 9. and 10.
  const isSameOrigin = url.origin === hop.url.origin;
  if (url.username !== '' || url.password !== '') {
    if (!isSameOrigin) throw refused('The answer redirects to a URL with credentials of another origin.');
    url.username = '';
    url.password = '';
  }
  // 11.
  if (status !== 303 && !isReplayable(hop.body)) {
    throw refused('The answer redirects a request whose body is a stream, which cannot be sent again.');
  }
  // 12.
  const headers = new Headers(hop.headers);
  const becomesGet =
    ((status === 301 || status === 302) && hop.method === 'POST') ||
    (status === 303 && hop.method !== 'GET' && hop.method !== 'HEAD');
  if (becomesGet) for (const name of bodyHeaders) headers.delete(name);
  // 13.
  if (!isSameOrigin) for (const name of originHeaders) headers.delete(name);
  // Fetch Standard, "location URL", step 4.
  if (url.hash === '') url.hash = hop.url.hash;
  return { method: becomesGet ? 'GET' : hop.method, url, headers, body: becomesGet ? undefined : hop.body };
}

function utf8OfBytes(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text;
  return new TextDecoder().decode(Uint8Array.from(text, character => character.charCodeAt(0)));
}

function refused(message: string): MixnetError {
  return new MixnetError('ERR_MIX_HTTP_REDIRECT', { message });
}
