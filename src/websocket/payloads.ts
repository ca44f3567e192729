/** The payload of a message, put together as it comes. */

import { notUtf8 } from './failures.ts';

export interface PayloadBuilder {
  /** Bytes so far. */
  readonly length: number;
  add(piece: Uint8Array): void;
}

/** Grows by doubling: nothing is set aside for what a frame only announces. */
export class BytesBuilder implements PayloadBuilder {
  #bytes = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }
}

/** Text must be UTF-8 (RFC 6455, section 8.1); it is judged as it comes, a character may lie across fragments. */
export class TextBuilder implements PayloadBuilder {
  readonly #decoder = utf8Decoder();
  #text = '';
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    this.#length += piece.length;
    this.#text += this.#decode(piece, true);
  }

  finish(): string {
    return this.#text + this.#decode(new Uint8Array(0), false);
  }

  #decode(piece: Uint8Array, stream: boolean): string {
    try {
      return this.#decoder.decode(piece, { stream });
    } catch {
      throw notUtf8();
    }
  }
}

/** A byte order mark is a character like any other here. */
export function utf8Decoder(): TextDecoder {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
}
