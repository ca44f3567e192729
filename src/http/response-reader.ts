/**
 * An HTTP/1.1 response out of the bytes of a connection, however they are sliced. Strict: what RFC 9112 leaves to the
 * recipient's leniency is refused, since a response that two readers understand differently is an attack or a fault.
 *
 * @module
 */

import * as limits from '../limits.ts';
import { ChunkedBody } from './chunked-body.ts';
import type { Field } from './grammar.ts';
import { Slice } from './lines.ts';
import { type BodyFraming, bodyFraming, keepsAlive } from './message-framing.ts';
import { malformed, tooLarge, truncated } from './refusals.ts';
import { type HeadFields, HeadReader } from './response-head.ts';

export type ResponseEvent = ResponseHead | ResponseBody | ResponseEnd;

export interface ResponseHead {
  readonly type: 'head';
  /** 100 to 999. What RFC 9110 assigns ends at 599; it calls a status above that invalid, to be taken for a 5xx. */
  readonly status: number;
  readonly statusText: string;
  /** In the order and spelling of the sender; each character is one byte. */
  readonly headers: readonly Field[];
  /** A 1xx, after which the final head comes. */
  readonly informational: boolean;
  /** Bytes of the body, 0 where there is none; `undefined` where only its end will tell, and for a 1xx. */
  readonly bodyLength: number | undefined;
}

export interface ResponseBody {
  readonly type: 'body';
  /** A view into the slice that was fed, never empty. */
  readonly bytes: Uint8Array;
}

export interface ResponseEnd {
  readonly type: 'end';
  readonly trailers: readonly Field[];
  /** Whether the connection can carry another request, as far as the response says. */
  readonly reusable: boolean;
}

/** Servers send one or two, if any. */
export const maxInformationalResponses = limits.informationalAnswers;

/** Reads the one response to one request. */
export class ResponseReader {
  readonly #method: string;
  #head = new HeadReader();
  #informational = 0;
  #framing: BodyFraming | undefined;
  #left = 0;
  #chunked: ChunkedBody | undefined;
  #keepsAlive = false;
  #state: 'no bytes' | 'head' | 'body' | 'complete' | 'failed' = 'no bytes';
  #failure: unknown;

  /** `method` is the request's: a response to HEAD has no body (RFC 9110, section 9.3.2). */
  constructor({ method }: { readonly method: string }) {
    this.#method = method;
  }

  /** Whether any byte of the response has come. Before that, a request on a reused connection may be sent again. */
  get started(): boolean {
    return this.#state !== 'no bytes';
  }

  get complete(): boolean {
    return this.#state === 'complete';
  }

  /**
   * What the next bytes of the connection mean; iterate it to its end. The bytes must not change afterwards, since events
   * show views of them. `end` is the last event. Bytes that follow it in the same slice make the connection not reusable;
   * later ones throw.
   *
   * @throws MixnetError ERR_MIX_HTTP_MALFORMED, ERR_MIX_HTTP_TOO_LARGE: after the events that came before the fault, and
   * again whenever more is fed.
   */
  *feed(bytes: Uint8Array): Generator<ResponseEvent, void, undefined> {
    if (this.#state === 'failed') throw this.#failure;
    if (bytes.length === 0) return;
    try {
      if (this.#state === 'complete') throw malformed('bytes follow the end of the response');
      yield* this.#read(new Slice(bytes));
    } catch (error) {
      this.#state = 'failed';
      this.#failure = error;
      throw error;
    }
  }

  /**
   * The connection has ended. For a body that ends with it, that is the `end` event.
   *
   * @throws MixnetError ERR_MIX_HTTP_TRUNCATED if the response is not complete.
   */
  *finish(): Generator<ResponseEvent, void, undefined> {
    if (this.#state === 'failed') throw this.#failure;
    if (this.#state === 'complete') return;
    if (this.#state === 'no bytes') throw truncated('before the first byte of the answer');
    if (this.#state === 'head') throw truncated('in the head of the answer');
    // RFC 9112, section 8: a body by length or by chunks is incomplete when the connection closes early.
    if (this.#chunked !== undefined) throw truncated(this.#chunked.position);
    if (this.#framing?.kind !== 'until close') throw truncated(`${this.#left} bytes before the end of the body`);
    this.#state = 'complete';
    yield { type: 'end', trailers: [], reusable: false };
  }

  *#read(slice: Slice): Generator<ResponseEvent, void, undefined> {
    if (this.#state === 'no bytes') this.#state = 'head';
    while (this.#state === 'head') {
      const head = this.#head.read(slice);
      if (head === undefined) return;
      yield this.#enter(head);
    }
    const trailers = yield* this.#body(slice);
    if (trailers === undefined) return;
    this.#state = 'complete';
    yield { type: 'end', trailers, reusable: this.#keepsAlive && slice.remaining === 0 };
  }

  #enter(head: HeadFields): ResponseHead {
    const { status, statusText, fields } = head;
    const shown = { type: 'head', status, statusText, headers: fields } as const;
    // RFC 9110, section 15.2: a client parses any number of 1xx before the final one. Some number.
    if (status < 200) {
      // Section 7.8: a server switches only to what the request's Upgrade names, and no request of ours has one.
      if (status === 101) throw malformed('it switches protocols unasked');
      if (++this.#informational > maxInformationalResponses) throw tooLarge('it has too many 1xx heads');
      this.#head = new HeadReader();
      return { ...shown, informational: true, bodyLength: undefined };
    }
    const framing = bodyFraming(this.#method, head);
    this.#framing = framing;
    this.#keepsAlive = framing.kind !== 'until close' && keepsAlive(this.#method, head);
    if (framing.kind === 'chunked') this.#chunked = new ChunkedBody();
    if (framing.kind === 'length') this.#left = framing.length;
    this.#state = 'body';
    return { ...shown, informational: false, bodyLength: framing.kind === 'length' ? framing.length : undefined };
  }

  /** Returns the trailers, an empty list mostly, when the body is complete. */
  *#body(slice: Slice): Generator<ResponseBody, readonly Field[] | undefined, undefined> {
    if (this.#chunked !== undefined) {
      const data = this.#chunked.read(slice);
      let step = data.next();
      for (; !step.done; step = data.next()) yield { type: 'body', bytes: step.value };
      return step.value;
    }
    const untilClose = this.#framing?.kind === 'until close';
    const bytes = slice.take(untilClose ? slice.remaining : this.#left);
    if (bytes.length > 0) yield { type: 'body', bytes };
    if (untilClose) return undefined;
    this.#left -= bytes.length;
    return this.#left === 0 ? [] : undefined;
  }
}
