/** Who may connect: programs on this machine, and no web page that happens to be open in a browser there. */

import type { IncomingMessage } from 'node:http';
import type { Form } from './program.ts';

export interface AdmissionRules {
  /** Compares in constant time. Without it no token is demanded. */
  readonly isToken: ((token: Uint8Array) => boolean) | undefined;
  /** Where it listens: an IP address. */
  readonly host: string;
  /** Origins of pages that may, in lower case. */
  readonly allowedOrigins: ReadonlySet<string>;
}

export type Admission =
  | { readonly admitted: true; readonly form: Form }
  | { readonly admitted: false; readonly status: string; readonly headers?: string };

/**
 * A page can open a websocket to this machine, but not hide that it is one: browsers say its origin. Programs say none, but
 * for those whose library makes one up from the URL.
 */
export function admissionOf(
  { url = '/', headers, socket: { localPort = 0 } }: Pick<IncomingMessage, 'url' | 'headers' | 'socket'>,
  { isToken, host, allowedOrigins }: AdmissionRules,
): Admission {
  const { origin, authorization } = headers;
  const mayBe = (text: string) => allowedOrigins.has(text) || ownOrigins(host, localPort).includes(text);
  if (origin !== undefined && !mayBe(origin.toLowerCase())) return { admitted: false, status: '403 Forbidden' };
  const query = queryOf(url);
  const form = query.get('format') ?? 'binary';
  if (!isForm(form)) return { admitted: false, status: '400 Bad Request' };
  if (isToken === undefined) return { admitted: true, form };
  const token = /^bearer +(.+)$/i.exec(authorization ?? '')?.[1] ?? query.get('token') ?? '';
  if (isToken(Buffer.from(token))) return { admitted: true, form };
  return { admitted: false, status: '401 Unauthorized', headers: 'WWW-Authenticate: Bearer\r\n' };
}

export function isOrigin(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s@]+$/i.test(value);
}

/** What libraries make up: the origin of the service itself, from which no page comes. */
function ownOrigins(host: string, port: number): string[] {
  const own = host.includes(':') ? `[${host}]` : host;
  return [own, 'localhost', '127.0.0.1', '[::1]'].map(name => `http://${name}:${port}`);
}

function queryOf(url: string): URLSearchParams {
  const at = url.indexOf('?');
  return new URLSearchParams(at === -1 ? '' : url.slice(at));
}

function isForm(text: string): text is Form {
  return text === 'binary' || text === 'text' || text === 'base64';
}
