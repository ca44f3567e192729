import * as limits from '../limits.ts';
import { FieldSection, maxSectionBytes } from './field-section.ts';
import type { Field } from './grammar.ts';
import { CrLf, LineReader, type Slice } from './lines.ts';
import { malformed, tooLarge } from './refusals.ts';

/** Size and extensions of one chunk. The extensions are skipped; nobody is known to send long ones. */
export const maxChunkLineBytes = limits.chunkLine;

/**
 * A body in chunked transfer coding (RFC 9112, section 7.1):
 *
 *     chunked-body = *( chunk-size [ chunk-ext ] CRLF chunk-data CRLF ) 1*"0" [ chunk-ext ] CRLF trailer-section CRLF
 */
export class ChunkedBody {
  #reading: 'size' | 'data' | 'end of data' | 'trailers' = 'size';
  #sizeLine = newSizeLine();
  #dataEnd = new CrLf();
  #left = 0;
  readonly #trailers = new FieldSection(new LineReader('the trailer section', maxSectionBytes));

  /** Where it is, for the error of a stream that ends here. */
  get position(): string {
    return this.#reading === 'trailers'
      ? 'in the trailers of a chunked body'
      : 'in a chunked body, before its last chunk';
  }

  /** Yields the data of the chunks as views. Returns the trailers when the body is complete. */
  *read(slice: Slice): Generator<Uint8Array, readonly Field[] | undefined, undefined> {
    while (true) {
      if (this.#reading === 'size') {
        const line = this.#sizeLine.take(slice);
        if (line === undefined) return undefined;
        this.#sizeLine = newSizeLine();
        this.#left = parseChunkSize(line);
        this.#reading = this.#left === 0 ? 'trailers' : 'data';
      }
      if (this.#reading === 'data') {
        const data = slice.take(this.#left);
        this.#left -= data.length;
        if (data.length > 0) yield data;
        if (this.#left > 0) return undefined;
        this.#reading = 'end of data';
      }
      if (this.#reading === 'end of data') {
        const ended = this.#dataEnd.take(slice);
        if (ended === 'no') throw malformed('a chunk is longer than its size says');
        if (ended === 'not yet') return undefined;
        this.#dataEnd = new CrLf();
        this.#reading = 'size';
      }
      if (this.#reading === 'trailers') return this.#trailers.read(slice);
    }
  }
}

function newSizeLine(): LineReader {
  return new LineReader('the size line of a chunk', maxChunkLineBytes);
}

/** chunk-size = 1*HEXDIG: no sign, no prefix, no padding. Anything looser has been used to smuggle. */
function parseChunkSize(line: string): number {
  // chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ): ignored, but it must look like one.
  const match = /^([0-9A-Fa-f]+)(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*)?$/.exec(line);
  if (match === null) throw malformed('a chunk size is not a hexadecimal number');
  const size = Number.parseInt(match[1] ?? '', 16);
  // RFC 9112, section 7.1: a recipient must anticipate large numbers and prevent loss of precision.
  if (!Number.isSafeInteger(size)) throw tooLarge('a chunk size is beyond 2^53');
  return size;
}
