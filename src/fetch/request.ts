/** From the arguments of `fetch()` to a request: everything wrong with them is found here, before anything is sent. */

import { readExitName } from '../exit/index.ts';
import { checkOptionNames } from '../option-names.ts';
import type { Platform } from '../platform/platform.ts';
import { bodyLength, extractBody, type RequestBody, type RequestBodyInit, settleBody } from './body.ts';
import { declaredLength, readHeaders } from './headers.ts';
import { resolveTimeouts, type Timeouts } from './timeouts.ts';
import { parseDestination } from './urls.ts';

/** What only this fetch has. */
export interface MixnetInit {
  /**
   * Requests with different strings share nothing that an exit could link: no pseudonym, no connection, no choice of exit.
   * The origin of the destination separates them in any case. Default: the empty string.
   */
  readonly isolation?: string | undefined;
  /** The exit to use, instead of one of the client's choice: its Nym address, or the identity of its node. */
  readonly exit?: string | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
}

/**
 * `mode`, `credentials`, `cache`, `referrer`, `referrerPolicy`, `keepalive` and `priority` are accepted and have no effect:
 * there is no page, no cookie jar and no cache here.
 */
export interface MixFetchInit extends Omit<RequestInit, 'body'> {
  body?: RequestBodyInit | null | undefined;
  /** Must be `'half'` with a stream for a body. */
  duplex?: 'half' | undefined;
  mixnet?: MixnetInit | undefined;
}

export type RedirectMode = 'follow' | 'error' | 'manual';

export interface FetchRequest extends RequestHeadParts {
  readonly body: RequestBody | undefined;
}

/** A request that is right as far as it goes. */
export interface ParsedRequest extends RequestHeadParts {
  /** The body, of which only the kind is known if it was the stream of a Request; see `settleBody`. */
  readonly body: RequestBody | UnsettledBody | undefined;
}

interface UnsettledBody {
  readonly kind: 'unsettled';
  readonly settle: (platform: Platform) => Promise<RequestBody>;
  /** Lets go of it, instead of settling it. */
  readonly cancel: (reason: unknown) => void;
}

interface RequestHeadParts {
  readonly method: string;
  /** Of the scheme http, https, data or blob, without credentials. */
  readonly url: URL;
  /** What the caller set, and the Content-Type of the body. */
  readonly headers: Headers;
  readonly redirect: RedirectMode;
  readonly integrity: string;
  readonly signal: AbortSignal | undefined;
  readonly isolation: string;
  readonly exit: string | undefined;
  readonly timeouts: Timeouts;
}

export interface RequestContext {
  readonly platform: Platform;
  readonly timeouts: Timeouts;
  /** What a relative URL is relative to, where there is a page. */
  readonly baseUrl: string | undefined;
}

/** Of the members with a fixed set of values, which ones they can have. */
const enumerations: Record<string, readonly string[]> = {
  redirect: ['follow', 'error', 'manual'],
  mode: ['cors', 'no-cors', 'same-origin'],
  credentials: ['omit', 'same-origin', 'include'],
  cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
  priority: ['high', 'low', 'auto'],
  duplex: ['half'],
  referrerPolicy: [
    '',
    'no-referrer',
    'no-referrer-when-downgrade',
    'same-origin',
    'origin',
    'strict-origin',
    'origin-when-cross-origin',
    'strict-origin-when-cross-origin',
    'unsafe-url',
  ],
};

/**
 * Fetch Standard, "new Request(input, init)", whose steps are numbered here.
 *
 * @throws TypeError that names the argument at fault.
 */
export function parseRequest(input: unknown, init: unknown, context: RequestContext): ParsedRequest {
  const options = optionsOf(init);
  // 5. and 6. A string or URL is parsed; a Request, also one of another copy of fetch, lends what `init` does not say.
  const original = isRequestLike(input) ? input : undefined;
  const url = parseDestination(original === undefined ? String(input) : original.url, context.baseUrl);
  /** As WebIDL has it, `null` is a value, of a string for example the text "null". */
  const member = (name: 'redirect' | 'integrity' | 'method' | 'signal' | 'headers', fallback: unknown): unknown =>
    options[name] === undefined ? (original?.[name] ?? fallback) : options[name];
  // 10.
  if ((options['window'] ?? null) !== null) throw invalid('window');
  // 14. It is not sent, but a mistake is a mistake.
  const { referrer } = options;
  if (referrer !== undefined && !['', 'about:client'].includes(String(referrer))) {
    if (!URL.canParse(String(referrer), context.baseUrl)) throw invalid('referrer');
  }
  // 12. to 24.
  for (const [name, values] of Object.entries(enumerations)) {
    const value = options[name];
    if (value !== undefined && !values.includes(String(value))) throw invalid(name);
  }
  // 21.
  if (options['cache'] === 'only-if-cached' && options['mode'] !== 'same-origin') throw invalid('cache');
  const redirect = redirectMode(member('redirect', 'follow'));
  const integrity = String(member('integrity', ''));
  // 25.
  const method = normalizeMethod(String(member('method', 'GET')));
  if (url.protocol === 'blob:' && method !== 'GET') throw new TypeError('A blob: URL can only be fetched with GET.');
  // 26. and 28.
  const signal = signalOf(member('signal', undefined));
  const mixnet = readMixnetInit(options['mixnet'], context.timeouts);
  // 32. and 33.
  const headers = readHeaders(member('headers', undefined));
  // 34. to 40.
  const body = parseBody(options, original, headers, context.platform);
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw new TypeError(`A ${method} request cannot have a body.`);
  }
  if (body === undefined && Number(headers.get('content-length') ?? 0) > 0) {
    throw new TypeError('The header "content-length" announces a body, and there is none.');
  }
  if (body?.kind !== 'unsettled') declaredLength(headers, bodyLength(body));
  return { method, url, headers, body, redirect, integrity, signal, ...mixnet };
}

/** @throws TypeError if the body turns out to have another length than the headers say; what a stream throws. */
export async function settleRequest(request: ParsedRequest, platform: Platform): Promise<FetchRequest> {
  const body = request.body?.kind === 'unsettled' ? await request.body.settle(platform) : request.body;
  declaredLength(request.headers, bodyLength(body));
  return { ...request, body };
}

/** Lets go of the body of a request that will not be made. */
export function cancelRequest({ body }: ParsedRequest | FetchRequest, reason: unknown): void {
  if (body?.kind === 'stream') body.pieces.cancel(reason);
  else if (body?.kind === 'unsettled') body.cancel(reason);
}

/** Sets the Content-Type that goes with the body, unless there is one. */
function parseBody(
  options: Readonly<Record<string, unknown>>,
  original: RequestLike | undefined,
  headers: Headers,
  platform: Platform,
): ParsedRequest['body'] {
  const given = options['body'] ?? undefined;
  if (given === undefined) return inheritedBody(original);
  const { body, contentType } = extractBody(given, options['duplex'], platform.randomBytes);
  if (contentType !== undefined && !headers.has('content-type')) headers.set('content-type', contentType);
  return body;
}

/** Fetch Standard, "normalize a method": six of them are known in any case; PATCH, famously, is not one of these. */
function normalizeMethod(method: string): string {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) throw invalid('method');
  const upperCase = method.toUpperCase();
  if (['CONNECT', 'TRACE', 'TRACK'].includes(upperCase)) throw new TypeError(`The method ${upperCase} is forbidden.`);
  return ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'].includes(upperCase) ? upperCase : method;
}

/** The members of a Request that are read, of any class that has them. */
interface RequestLike {
  readonly url: string;
  readonly method: string;
  readonly headers: unknown;
  readonly body?: ReadableStream<unknown> | null;
  readonly bodyUsed?: boolean;
  readonly redirect?: string;
  readonly integrity?: string;
  readonly signal?: unknown;
  arrayBuffer(): Promise<ArrayBuffer>;
}

function isRequestLike(input: unknown): input is RequestLike {
  if (typeof input !== 'object' || input === null) return false;
  return (
    'url' in input &&
    typeof input.url === 'string' &&
    'method' in input &&
    typeof input.method === 'string' &&
    'headers' in input
  );
}

function inheritedBody(original: RequestLike | undefined): UnsettledBody | undefined {
  if (original === undefined || original.body === null) return undefined;
  const { body } = original;
  if (original.bodyUsed === true || body?.locked) throw new TypeError('The body of the Request was used already.');
  if (body !== undefined) {
    return {
      kind: 'unsettled',
      settle: platform => settleBody(body, platform),
      cancel: reason => void body.cancel(reason).catch(() => {}),
    };
  }
  // Firefox has no Request.prototype.body.
  if (original.method === 'GET' || original.method === 'HEAD') return undefined;
  return {
    kind: 'unsettled',
    settle: async () => ({ kind: 'bytes', bytes: new Uint8Array(await original.arrayBuffer()) }),
    cancel: () => {},
  };
}

/** @throws TypeError naming what is wrong. */
export function readMixnetInit(
  given: unknown,
  timeouts: Timeouts,
): Pick<FetchRequest, 'isolation' | 'exit' | 'timeouts'> {
  if (given === undefined) return { isolation: '', exit: undefined, timeouts };
  if (typeof given !== 'object' || given === null) throw invalid('mixnet');
  checkOptionNames(given, ['isolation', 'exit', 'timeouts'], 'mixnet.');
  const { isolation = '', exit, timeouts: own }: { isolation?: unknown; exit?: unknown; timeouts?: unknown } = given;
  if (typeof isolation !== 'string') throw invalid('mixnet.isolation');
  return {
    isolation,
    exit: exit === undefined ? undefined : readExitName(exit, 'mixnet.exit'),
    timeouts: resolveTimeouts(own, timeouts),
  };
}

/** `init` as a record of what its members are, its prototype's included, as WebIDL reads a dictionary. */
function optionsOf(init: unknown): Readonly<Record<string, unknown>> {
  if (init === undefined || init === null) return {};
  if (typeof init !== 'object' && typeof init !== 'function') throw new TypeError('The options must be an object.');
  return init as Readonly<Record<string, unknown>>;
}

function redirectMode(value: unknown): RedirectMode {
  if (value === 'follow' || value === 'error' || value === 'manual') return value;
  throw invalid('redirect');
}

function signalOf(value: unknown): AbortSignal | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object' && 'aborted' in value && 'addEventListener' in value) return value as AbortSignal;
  throw invalid('signal');
}

function invalid(option: string): TypeError {
  return new TypeError(`The option "${option}" has a value it cannot have.`);
}
