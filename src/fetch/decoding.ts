/** Content-Encoding: the coded body in, the plain one out, with a limit on what it may grow to. */

import { concatBytes } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';
import * as limits from '../limits.ts';
import type { Decoder } from './context.ts';
import { asMixnetError } from './failure.ts';
import type { BodySource } from './response-body.ts';

/** As many as undici undoes. More than two are never seen in good faith. */
export const MAX_CODINGS = limits.codings;

/** A body may grow to this size whatever its ratio. */
export const FREE_EXPANSION_BYTES = 16 * 1024 * 1024;

/** Beyond it, to this many times what came over the wire: repetitive JSON reaches 100, a bomb the 1032 of deflate. */
export const MAX_EXPANSION_RATIO = limits.expansion;

/**
 * `source` with its codings undone, the last one first; as it is if there are none.
 *
 * @param accepted the Accept-Encoding that the caller set, if any: a coding of these that is unknown here is the caller's
 * to undo.
 * @throws MixnetError ERR_MIX_HTTP_ENCODING for an unknown coding that nobody asked for, or too many.
 */
export function decodeBody(
  source: BodySource,
  contentEncoding: string,
  accepted: string,
  decoders: Readonly<Record<string, Decoder>>,
): BodySource {
  const codings = listOf(contentEncoding).filter(coding => coding !== 'identity');
  if (codings.length === 0) return source;
  if (codings.length > MAX_CODINGS) throw encodingError('The answer has too many content codings.');
  const unknown = codings.find(coding => decoderOf(coding, decoders) === undefined);
  if (unknown !== undefined) {
    if (listOf(accepted).some(member => member.split(';')[0]?.trim() === unknown)) return source;
    throw encodingError('The answer has a content coding that was not asked for.');
  }
  const expansion = { received: 0, given: 0 };
  let decoded: BodySource = counted(source, bytes => {
    expansion.received += bytes;
  });
  for (const coding of codings.reverse()) {
    const decoder = decoderOf(coding, decoders);
    if (decoder !== undefined) decoded = new DecodedBody(decoded, decoder);
  }
  return counted(decoded, bytes => {
    expansion.given += bytes;
    if (expansion.given > Math.max(FREE_EXPANSION_BYTES, MAX_EXPANSION_RATIO * expansion.received)) {
      throw new MixnetError('ERR_MIX_HTTP_TOO_LARGE', { message: 'The body of the answer expands beyond the limit.' });
    }
  });
}

/** Chosen by the first two bytes. */
type SniffingDecoder = (start: Uint8Array) => ReadableWritablePair<Uint8Array, Uint8Array>;

function decoderOf(coding: string, decoders: Readonly<Record<string, Decoder>>): SniffingDecoder | undefined {
  if (Object.hasOwn(decoders, coding)) return decoders[coding];
  if (coding === 'gzip' || coding === 'x-gzip') return () => platformDecoder('gzip');
  if (coding === 'deflate') return start => platformDecoder(hasZlibHeader(start) ? 'deflate' : 'deflate-raw');
  return undefined;
}

/**
 * RFC 9110, section 8.4.1.2: "deflate" is the zlib format, but some servers send the bare compressed data. The zlib header
 * (RFC 1950, section 2.2) has 8 as its method and is a multiple of 31, which no deflate stream of a text begins with.
 */
function hasZlibHeader(start: Uint8Array): boolean {
  const [cmf = 0, flg = 0] = start;
  return (cmf & 0x0f) === 8 && cmf >> 4 <= 7 && ((cmf << 8) | flg) % 31 === 0;
}

function platformDecoder(format: CompressionFormat): ReadableWritablePair<Uint8Array, Uint8Array> {
  return new DecompressionStream(format) as ReadableWritablePair<Uint8Array, Uint8Array>;
}

/** One coding. An empty body is no valid input of any, and yet means itself. */
class DecodedBody implements BodySource {
  readonly #source: BodySource;
  readonly #decoder: SniffingDecoder;
  #output: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #started = false;
  #sourceFailure: { readonly error: unknown } | undefined;

  constructor(source: BodySource, decoder: SniffingDecoder) {
    this.#source = source;
    this.#decoder = decoder;
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      if (!this.#started) {
        this.#started = true;
        await this.#start();
      }
      for (;;) {
        const { done, value } = (await this.#output?.read()) ?? { done: true, value: undefined };
        if (done) return undefined;
        if (value.length > 0) return value.slice();
      }
    } catch (error) {
      throw this.#sourceFailure === undefined
        ? asMixnetError(error, 'ERR_MIX_HTTP_ENCODING')
        : this.#sourceFailure.error;
    }
  }

  async cancel(reason?: unknown): Promise<void> {
    this.#output?.cancel(reason).catch(() => {});
    await this.#source.cancel(reason);
  }

  async #start(): Promise<void> {
    let start: Uint8Array = new Uint8Array(0);
    while (start.length < 2) {
      const bytes = await this.#next();
      if (bytes === undefined) break;
      start = concatBytes(start, bytes);
    }
    if (start.length === 0) return;
    const { readable, writable } = this.#decoder(start);
    this.#output = readable.getReader();
    void this.#pump(start, writable.getWriter());
  }

  /** As fast as the output is read: the decoder says when it takes more. */
  async #pump(start: Uint8Array, writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    writer.closed.catch(() => {}); // The reader hears of it.
    try {
      for (let bytes: Uint8Array | undefined = start; bytes !== undefined; bytes = await this.#next()) {
        await writer.ready;
        await writer.write(bytes);
      }
      await writer.close();
    } catch (error) {
      writer.abort(error).catch(() => {});
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      return await this.#source.next();
    } catch (error) {
      this.#sourceFailure = { error };
      throw error;
    }
  }
}

/** `source`, with every length shown to `count`, which may throw to end it. */
function counted(source: BodySource, count: (bytes: number) => void): BodySource {
  return {
    async next() {
      const bytes = await source.next();
      count(bytes?.length ?? 0);
      return bytes;
    },
    cancel: reason => source.cancel(reason),
  };
}

function listOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(',')
    .map(member => member.trim())
    .filter(member => member !== '');
}

function encodingError(message: string): MixnetError {
  return new MixnetError('ERR_MIX_HTTP_ENCODING', { message });
}
