/** The bodies a request can have. */

import { concatBytes } from '../crypto/bytes.ts';
import type { Platform, RandomBytes } from '../platform/platform.ts';
import { encodeMultipart } from './multipart.ts';
import { BytesPieces, IteratorPieces, type Pieces } from './pieces.ts';

/** `bytes` and `blob` can be sent again, after a redirect say; `stream` only once. */
export type RequestBody =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'blob'; readonly blob: Blob }
  | { readonly kind: 'stream'; readonly pieces: Pieces };

/** Everything `init.body` may be: what fetch accepts, and any async iterable of bytes, as Node's fetch does. */
export type RequestBodyInit = BodyInit | AsyncIterable<Uint8Array>;

export interface ExtractedBody {
  readonly body: RequestBody;
  /** The Content-Type that goes with it, unless the caller sets one. */
  readonly contentType: string | undefined;
}

/** The body of a Request up to this size, if it is at hand, is sent with its length, and can be sent again. */
const SETTLED_BODY_BYTES = 1024 * 1024;

/** How long the start of a Request's body is waited for. Bytes that are in memory come without any delay. */
const SETTLING_TIME_MS = 20;

/**
 * Fetch Standard, "extract a body".
 *
 * @throws TypeError for a stream that is in use, or that comes without `duplex: 'half'`.
 */
export function extractBody(value: unknown, duplex: unknown, random: RandomBytes): ExtractedBody {
  if (isStream(value)) {
    demandHalfDuplex(duplex);
    return { body: { kind: 'stream', pieces: IteratorPieces.ofStream(unused(value)) }, contentType: undefined };
  }
  if (isBuffer(value)) return { body: ofBytes(new Uint8Array(value).slice()), contentType: undefined };
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
    return { body: ofBytes(bytes), contentType: undefined };
  }
  if (isBlob(value)) {
    return { body: { kind: 'blob', blob: value }, contentType: value.type === '' ? undefined : value.type };
  }
  if (isFormData(value)) {
    const { blob, contentType } = encodeMultipart(value.entries(), random);
    return { body: { kind: 'blob', blob }, contentType };
  }
  if (isUrlSearchParams(value)) {
    return { body: ofText(value.toString()), contentType: 'application/x-www-form-urlencoded;charset=UTF-8' };
  }
  if (isAsyncIterable(value)) {
    demandHalfDuplex(duplex);
    return { body: { kind: 'stream', pieces: new IteratorPieces(value) }, contentType: undefined };
  }
  return { body: ofText(String(value)), contentType: 'text/plain;charset=UTF-8' };
}

/**
 * The body of a Request is a stream to us even when it was made from a string. If it ends at once, and within its first
 * megabyte, it was in memory: then it gets a length and can be sent again, as if it had been given here.
 */
export async function settleBody(stream: ReadableStream<unknown>, platform: Platform): Promise<RequestBody> {
  const pieces = IteratorPieces.ofStream(stream);
  let expire: () => void = () => {};
  const enough = new Promise<void>(resolve => {
    expire = resolve;
  });
  const timer = platform.setTimer(expire, SETTLING_TIME_MS);
  try {
    const gathered = await pieces.gather(SETTLED_BODY_BYTES, enough);
    return gathered === undefined ? { kind: 'stream', pieces } : ofBytes(concatBytes(...gathered));
  } finally {
    timer.cancel();
  }
}

/** `undefined`: not known before it is sent. */
export function bodyLength(body: RequestBody | undefined): number | undefined {
  if (body === undefined) return 0;
  if (body.kind === 'bytes') return body.bytes.length;
  return body.kind === 'blob' ? body.blob.size : undefined;
}

export function isReplayable(body: RequestBody | undefined): boolean {
  return body?.kind !== 'stream';
}

/** From the first byte on; for a stream only once. */
export function piecesOf(body: RequestBody | undefined): Pieces {
  if (body?.kind === 'stream') return body.pieces;
  if (body?.kind === 'blob') return IteratorPieces.ofStream(body.blob.stream());
  return new BytesPieces(body?.bytes ?? new Uint8Array(0));
}

function ofBytes(bytes: Uint8Array): RequestBody {
  return { kind: 'bytes', bytes };
}

function ofText(text: string): RequestBody {
  return ofBytes(new TextEncoder().encode(text));
}

function demandHalfDuplex(duplex: unknown): void {
  if (duplex !== 'half') throw new TypeError('A body that is a stream needs the option "duplex" to be "half".');
}

/** The platform's Response refuses a stream that is locked or was read from, and nothing else tells the latter. */
function unused(stream: ReadableStream<unknown>): ReadableStream<unknown> {
  try {
    new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>);
  } catch {
    throw new TypeError('The option "body" is a ReadableStream that is locked, or was read from.');
  }
  return stream;
}

// The classes of another copy of fetch, or of another realm, are told by their tag.

function isStream(value: unknown): value is ReadableStream<unknown> {
  return tag(value) === 'ReadableStream';
}

function isBuffer(value: unknown): value is ArrayBuffer {
  return tag(value) === 'ArrayBuffer' || tag(value) === 'SharedArrayBuffer';
}

function isBlob(value: unknown): value is Blob {
  return tag(value) === 'Blob' || tag(value) === 'File';
}

function isFormData(value: unknown): value is FormData {
  return tag(value) === 'FormData';
}

function isUrlSearchParams(value: unknown): value is URLSearchParams {
  return tag(value) === 'URLSearchParams';
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function tag(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
