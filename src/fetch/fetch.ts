/**
 * The Fetch Standard (https://fetch.spec.whatwg.org) over streams through exits. There is no page here: no origin, no
 * CORS, no cookies, no cache, no service worker; the steps that are about those are left out.
 *
 * @module
 */

import { MixnetError } from '../errors.ts';
import type { Milliseconds } from '../platform/platform.ts';
import { createOwnTls, createTls, type Tls } from '../tls/index.ts';
import { CallRecord, type Ending } from './call-record.ts';
import type { Connections } from './connections.ts';
import type { FetchContext } from './context.ts';
import { Deadlines } from './deadlines.ts';
import { reach } from './dial.ts';
import { fetchFailed } from './failure.ts';
import { HttpFetch } from './http-fetch.ts';
import { type LocalContent, readBlobUrl, readDataUrl } from './local.ts';
import type { PoolStats } from './pool.ts';
import {
  cancelRequest,
  type FetchRequest,
  type MixFetchInit,
  type ParsedRequest,
  parseRequest,
  settleRequest,
} from './request.ts';
import { hasNullBody, makeResponse } from './response.ts';
import { resolveTimeouts, type Timeouts } from './timeouts.ts';
import { withoutFragment } from './urls.ts';

export interface Fetch {
  /**
   * Like the global `fetch`. Rejects with a TypeError that names the argument at fault; with `TypeError('fetch failed')`,
   * whose `cause` is a `MixnetError`, when the request fails; with the reason of the signal when that is aborted.
   */
  (input: RequestInfo | URL, init?: MixFetchInit): Promise<Response>;
  /** Takes no more calls, lets those under way finish for `drain` ms (default 0), then ends them and every connection. */
  close(options?: { readonly drain?: Milliseconds | undefined }): Promise<void>;
  stats(): FetchStats;
  readonly connections: Connections;
}

export interface FetchStats extends PoolStats {
  /** Those that are not over: their body is still coming, or not read yet. */
  readonly calls: number;
  /** Calls so far, by `http:` and `https:`. */
  readonly requests: number;
  /** Of those, the ones that failed, were aborted, or took too long. */
  readonly failed: number;
  /** Requests made once more, because a server had closed the idle connection meanwhile. */
  readonly retries: number;
}

/** @throws TypeError naming the option that has a value it cannot have. */
export function createFetch(context: FetchContext): Fetch {
  const fetcher = new Fetcher(context);
  const fetch = (input: RequestInfo | URL, init?: MixFetchInit): Promise<Response> => fetcher.fetch(input, init);
  return Object.assign(fetch, {
    close: ({ drain = 0 }: { readonly drain?: Milliseconds | undefined } = {}) => fetcher.close(drain),
    stats: () => fetcher.stats(),
    connections: fetcher.connections,
  });
}

class Fetcher {
  readonly #context: FetchContext;
  readonly connections: Connections;
  readonly #timeouts: Timeouts;
  readonly #http: HttpFetch;
  readonly #calls = new Set<Deadlines>();
  #requests = 0;
  #failed = 0;
  readonly #end = new AbortController();
  #closed = false;
  readonly #waitingForLast = new Set<() => void>();

  constructor(context: FetchContext) {
    this.#context = context;
    this.#timeouts = resolveTimeouts(context.timeouts);
    const tls = tlsOf(context);
    this.#http = new HttpFetch(context, tls);
    this.connections = {
      platform: context.platform,
      timeouts: this.#timeouts,
      closed: this.#end.signal,
      baseUrl: context.baseUrl,
      reach: (destination, deadlines) => reach(context, tls, destination, deadlines),
    };
  }

  /** Fetch Standard, "fetch method". All of the arguments is read before this returns: the caller may change it then. */
  async fetch(input: unknown, init: unknown): Promise<Response> {
    const { platform, baseUrl } = this.#context;
    const parsed = parseRequest(input, init, { platform, timeouts: this.#timeouts, baseUrl });
    // What is of the scheme data or blob, is read here: no request comes of it.
    const isRequest = /^https?:$/.test(parsed.url.protocol);
    const record = isRequest ? this.#begin(parsed) : undefined;
    const onEnd = (how: Ending) => {
      if (isRequest && (how === 'aborted' || typeof how === 'object')) this.#failed += 1;
      record?.end(how);
      this.#calls.delete(deadlines);
      this.#onCallOver();
    };
    const deadlines = new Deadlines(platform, parsed.timeouts, parsed.signal, onEnd, record);
    if (deadlines.callerAborted) onEnd('aborted');
    if (this.#closed) deadlines.abort(new MixnetError('ERR_MIX_MIXNET_CLOSED'));
    if (!deadlines.signal.aborted) this.#calls.add(deadlines);
    const letGo = platform.hold();
    let request: FetchRequest | undefined;
    try {
      deadlines.signal.throwIfAborted();
      request = await settleRequest(parsed, platform);
      return await this.#schemeFetch(request, deadlines);
    } catch (error) {
      const rejection = fetchFailed(error, deadlines);
      deadlines.end({ error });
      cancelRequest(request ?? parsed, rejection);
      throw rejection;
    } finally {
      letGo();
    }
  }

  #begin({ method, url }: ParsedRequest): CallRecord | undefined {
    this.#requests += 1;
    const { diagnostics, platform } = this.#context;
    return CallRecord.begin(diagnostics, platform, this.#requests, { method, url });
  }

  /** Fetch Standard, "scheme fetch". */
  async #schemeFetch(request: FetchRequest, deadlines: Deadlines): Promise<Response> {
    switch (request.url.protocol) {
      case 'data:':
        return this.#localResponse(request, deadlines, readDataUrl(request.url));
      case 'blob:':
        return this.#localResponse(request, deadlines, await readBlobUrl(request.url, this.#context.blobOf));
      default:
        return this.#http.fetch(request, deadlines);
    }
  }

  #localResponse(request: FetchRequest, deadlines: Deadlines, { body, contentType }: LocalContent): Response {
    deadlines.end('complete');
    const length: readonly [string, string][] =
      request.url.protocol === 'blob:' ? [['Content-Length', String(body.size)]] : [];
    return makeResponse({
      body: hasNullBody(request.method, 200) ? null : body.stream(),
      status: 200,
      statusText: 'OK',
      headers: [...length, ['Content-Type', contentType]],
      url: withoutFragment(request.url),
      redirected: false,
    });
  }

  async close(drain: Milliseconds): Promise<void> {
    this.#closed = true;
    if (this.#calls.size > 0 && drain > 0) await this.#lastCall(drain);
    for (const deadlines of [...this.#calls]) deadlines.abort(new MixnetError('ERR_MIX_MIXNET_CLOSED'));
    this.#end.abort(new MixnetError('ERR_MIX_MIXNET_CLOSED'));
    this.#http.close();
  }

  stats(): FetchStats {
    return { ...this.#http.stats(), calls: this.#calls.size, requests: this.#requests, failed: this.#failed };
  }

  /** Resolves when no call is left, or after `within`. */
  #lastCall(within: Milliseconds): Promise<void> {
    return new Promise(resolve => {
      const over = () => {
        timer.cancel();
        this.#waitingForLast.delete(over);
        resolve();
      };
      const timer = this.#context.platform.setTimer(over, within);
      this.#waitingForLast.add(over);
    });
  }

  #onCallOver(): void {
    if (this.#calls.size === 0) for (const over of [...this.#waitingForLast]) over();
  }
}

function tlsOf(context: FetchContext): Tls {
  const { tls = 'platform', platform } = context;
  if (typeof tls === 'object') return tls;
  return tls === 'own' ? createOwnTls(context, platform) : createTls(context, platform);
}
