/** Fetch Standard, "HTTP fetch" to "HTTP-network fetch": requests over pooled connections, redirects, the Response. */

import { MixnetError } from '../errors.ts';
import type { Field, ResponseHead } from '../http/index.ts';
import type { Milliseconds } from '../platform/platform.ts';
import type { Tls } from '../tls/index.ts';
import { bodyLength, isReplayable, piecesOf } from './body.ts';
import type { Connection } from './connection.ts';
import type { FetchContext } from './context.ts';
import type { Deadlines } from './deadlines.ts';
import { decodeBody } from './decoding.ts';
import { dial, type Target } from './dial.ts';
import { Exchange } from './exchange.ts';
import { declaredLength, wireHeaders } from './headers.ts';
import { verifyBody } from './integrity.ts';
import { Pool, type PoolStats, resolvePoolLimits } from './pool.ts';
import { followRedirect, type Hop, isRedirect, MAX_REDIRECTS, redirectLocations } from './redirect.ts';
import type { FetchRequest } from './request.ts';
import { hasNullBody, makeResponse } from './response.ts';
import { bodyStream } from './response-body.ts';
import type { WireRequest } from './upload.ts';
import { endpoint, withoutFragment } from './urls.ts';

/** RFC 9110, section 9.2.2: to do it twice is to do it once. */
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

interface Answer {
  readonly exchange: Exchange;
  readonly head: ResponseHead;
}

export interface HttpStats extends PoolStats {
  readonly retries: number;
}

export class HttpFetch {
  readonly #context: FetchContext;
  readonly #pool: Pool<Target>;
  #retries = 0;

  constructor(context: FetchContext, tls: Tls) {
    this.#context = context;
    this.#pool = new Pool(
      context.platform,
      (target, deadlines) => dial(context, tls, target, deadlines),
      resolvePoolLimits(context.pool),
    );
  }

  /** Fetch Standard, "HTTP fetch". The deadlines end with the body of the response. */
  async fetch(request: FetchRequest, deadlines: Deadlines): Promise<Response> {
    let hop: Hop = request;
    for (let followed = 0; ; followed++) {
      const answer = await this.#networkFetch(hop, request, deadlines);
      // 6. A redirect is followed, refused, or (with no page to be protected from its target) given to the caller.
      if (request.redirect === 'error' && isRedirect(answer.head)) {
        await answer.exchange.cancel();
        throw new MixnetError('ERR_MIX_HTTP_REDIRECT', {
          message: 'The answer is a redirect, which is an error here.',
        });
      }
      const locations = request.redirect === 'manual' ? [] : redirectLocations(answer.head);
      if (locations.length === 0) return this.#response(answer, hop, request, deadlines, followed > 0);
      try {
        hop = followRedirect(hop, answer.head.status, locations, followed, this.#context.maxRedirects ?? MAX_REDIRECTS);
        deadlines.record?.redirected(hop.url.host);
      } finally {
        await answer.exchange.cancel();
      }
    }
  }

  close(): void {
    this.#pool.close();
  }

  stats(): HttpStats {
    return { ...this.#pool.stats(), retries: this.#retries };
  }

  /**
   * Fetch Standard, "HTTP-network fetch". RFC 9112, section 9.3.1: a server may close an idle connection at any time. If it
   * does so while a request is on its way, the request is made once more, provided that nothing can happen twice by it.
   */
  async #networkFetch(hop: Hop, request: FetchRequest, deadlines: Deadlines): Promise<Answer> {
    const target = targetOf(hop, request);
    for (let mayRetry = target.idempotent && isReplayable(hop.body); ; mayRetry = false) {
      const connection = await this.#pool.acquire(target, deadlines);
      const isReused = connection.served > 0;
      deadlines.record?.over(connection, isReused);
      const exchange = this.#exchange(hop, target, connection, deadlines);
      try {
        return { exchange, head: await exchange.begin() };
      } catch (error) {
        if (!mayRetry || !isReused || exchange.started || deadlines.signal.aborted) throw error;
        this.#pool.retireIdle(target);
        this.#retries += 1;
        deadlines.record?.retried();
      }
    }
  }

  #exchange(hop: Hop, target: Target, connection: Connection, deadlines: Deadlines): Exchange {
    const wantsClose = hop.headers.get('connection')?.toLowerCase() === 'close';
    return new Exchange(this.#context.platform, connection, wireRequest(hop), deadlines, (reusable, head) =>
      this.#pool.release(target, connection, reusable && !wantsClose, keepAliveTime(head)),
    );
  }

  async #response(
    { exchange, head }: Answer,
    hop: Hop,
    request: FetchRequest,
    deadlines: Deadlines,
    redirected: boolean,
  ): Promise<Response> {
    const { status, statusText, headers } = head;
    deadlines.record?.answered(status);
    const parts = { status, statusText, headers, url: withoutFragment(hop.url), redirected };
    if (hasNullBody(hop.method, status)) {
      const over = exchange.cancel();
      // Fetch Standard, "main fetch": with integrity metadata, a response without a body is an error.
      if (request.integrity !== '') throw new MixnetError('ERR_MIX_HTTP_INTEGRITY');
      void over.then(() => deadlines.end('complete'));
      return makeResponse({ ...parts, body: null });
    }
    try {
      const accepted = request.headers.get('accept-encoding') ?? '';
      const decoded = decodeBody(exchange, joined(headers, 'content-encoding'), accepted, this.#context.decoders ?? {});
      const body = request.integrity === '' ? decoded : await verifyBody(decoded, request.integrity);
      return makeResponse({ ...parts, body: bodyStream(body, deadlines, this.#context.platform) });
    } catch (error) {
      await exchange.cancel(error);
      throw error;
    }
  }
}

function targetOf(hop: Hop, { isolation, exit }: FetchRequest): Target {
  return {
    ...endpoint(hop.url),
    key: JSON.stringify([isolation, exit ?? '', hop.url.origin]),
    secure: hop.url.protocol === 'https:',
    isolation,
    exit,
    idempotent: idempotentMethods.has(hop.method),
  };
}

function wireRequest({ method, url, headers, body }: Hop): WireRequest {
  const length = bodyLength(body);
  return {
    method,
    target: `${url.pathname}${url.search}`,
    headers: wireHeaders(url, method, headers, { present: body !== undefined, length }),
    body: body && piecesOf(body),
    length: declaredLength(headers, length),
  };
}

/** `Keep-Alive: timeout=5` (RFC 2068, section 19.7.1): how long the server keeps the connection idle. */
function keepAliveTime(head: ResponseHead | undefined): Milliseconds | undefined {
  const seconds = /(?:^|[,\s])timeout="?([0-9]{1,9})/i.exec(joined(head?.headers ?? [], 'keep-alive'))?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

function joined(headers: readonly Field[], name: string): string {
  return headers
    .filter(([fieldName]) => fieldName.toLowerCase() === name)
    .map(([, value]) => value)
    .join(',');
}
