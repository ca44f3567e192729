/** The platform's own Response, with what its constructor cannot say. */

import type { Field } from '../http/index.ts';
import { failureOf } from './response-body.ts';

export interface ResponseParts {
  readonly body: ReadableStream<Uint8Array> | null;
  readonly status: number;
  readonly statusText: string;
  /** As the server sent them. */
  readonly headers: readonly Field[];
  /** Without its fragment. */
  readonly url: string;
  readonly redirected: boolean;
}

/** Fetch Standard, "null body status". */
const nullBodyStatuses = new Set([101, 103, 204, 205, 304]);

export function hasNullBody(method: string, status: number): boolean {
  return method === 'HEAD' || nullBodyStatuses.has(status);
}

export function makeResponse(parts: ResponseParts): Response {
  const headers = new Headers();
  for (const [name, value] of parts.headers) headers.append(name, value);
  // The constructor takes 200 to 599. A server may send up to 999, and fetch shows it.
  const isConstructible = parts.status <= 599;
  const response = new Response(parts.body as ReadableStream<Uint8Array<ArrayBuffer>> | null, {
    status: isConstructible ? parts.status : 500,
    statusText: parts.statusText,
    headers,
  });
  return marked(response, parts);
}

/**
 * All header fields of the response as the server sent them: in its order and spelling, repeated ones one by one, and
 * with the `Set-Cookie` fields that browsers drop from a Response. Of a Response of anybody else, what its `headers` show.
 */
export function rawHeaders(response: Response): [name: string, value: string][] {
  const headers = received.get(response);
  return headers === undefined ? [...response.headers] : headers.map(([name, value]) => [name, value]);
}

const received = new WeakMap<Response, readonly Field[]>();

function marked(response: Response, parts: ResponseParts): Response {
  const own: Record<string, unknown> = {
    url: parts.url,
    redirected: parts.redirected,
    type: 'basic',
    clone: () => marked(Response.prototype.clone.call(response), parts),
  };
  if (parts.body !== null) Object.assign(own, readers(response, parts.body));
  if (response.status !== parts.status) own['status'] = parts.status;
  for (const [name, value] of Object.entries(own)) {
    Object.defineProperty(response, name, { value, configurable: true });
  }
  if (response.status !== parts.status) Object.defineProperty(response, 'ok', { value: false, configurable: true });
  received.set(response, parts.headers);
  return response;
}

/**
 * The methods that read a body whole. Chromium puts an error of its own in the place of that which a body ended with, and
 * nobody would know why.
 */
function readers(response: Response, body: ReadableStream<Uint8Array>): Record<string, () => Promise<unknown>> {
  const reader = (name: ReaderName) => async () => {
    const isUsed = response.bodyUsed || response.body?.locked;
    try {
      return await Response.prototype[name].call(response);
    } catch (error) {
      throw isUsed ? error : (failureOf(body) ?? error);
    }
  };
  const names = readerNames.filter(name => name in Response.prototype);
  return Object.fromEntries(names.map(name => [name, reader(name)]));
}

/** The last one is younger than Node 20. */
const readerNames = ['arrayBuffer', 'blob', 'formData', 'json', 'text', 'bytes'] as const;

type ReaderName = (typeof readerNames)[number];
