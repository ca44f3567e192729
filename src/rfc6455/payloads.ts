/** The payload of a message, put together as it comes. */

import { notUtf8 } from './failures.ts';

export interface PayloadBuilder {
  /** Bytes so far. */
  readonly length: number;
  add(piece: Uint8Array): void;
}

/** Grows by doubling: nothing is set aside for what a frame only announces. What comes in one piece is copied once. */
export class BytesBuilder implements PayloadBuilder {
  #bytes = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    const start = this.#length;
    this.#length += piece.length;
    if (start === 0) {
      this.#bytes = new Uint8Array(piece);
      return;
    }
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, start));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, start);
  }

  /** To be called once, at the end. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }
}

/** Text must be UTF-8 (RFC 6455, section 8.1); it is judged as it comes, a character may lie across fragments. */
export class TextBuilder implements PayloadBuilder {
  readonly #decoder: TextDecoder;
  #text = '';
  #length = 0;

  /** @param decoder a `utf8Decoder`, of nobody else until this text has ended */
  constructor(decoder: TextDecoder) {
    this.#decoder = decoder;
  }

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
