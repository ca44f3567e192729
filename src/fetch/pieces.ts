/** The bytes of a request body, one piece at a time, whatever they come from. */

/** Bytes one piece at a time. */
export interface Pieces {
  /** The next piece, never empty; `undefined` at the end. Rejects with what the source threw. */
  next(): Promise<Uint8Array | undefined>;
  /** The rest is not wanted. */
  cancel(reason?: unknown): void;
}

/** What one read from bytes gives: large enough to be cheap, small enough for progress to be seen. */
const PIECE_BYTES = 64 * 1024;

export class BytesPieces implements Pieces {
  #rest: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#rest = bytes;
  }

  next(): Promise<Uint8Array | undefined> {
    const piece = this.#rest.subarray(0, PIECE_BYTES);
    this.#rest = this.#rest.subarray(piece.length);
    return Promise.resolve(piece.length === 0 ? undefined : piece);
  }

  cancel(): void {
    this.#rest = new Uint8Array(0);
  }
}

/** A ReadableStream or any other async iterable. */
export class IteratorPieces implements Pieces {
  readonly #iterator: AsyncIterator<unknown>;
  #ahead: Uint8Array[] = [];
  #reading: Promise<Uint8Array | undefined> | undefined;

  constructor(iterable: AsyncIterable<unknown>) {
    this.#iterator = iterable[Symbol.asyncIterator]();
  }

  /** Without `ReadableStream.prototype[Symbol.asyncIterator]`, which Safari has not. */
  static ofStream(stream: ReadableStream<unknown>): IteratorPieces {
    const reader = stream.getReader();
    return new IteratorPieces({
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          const { done, value } = await reader.read();
          return done ? { done, value: undefined } : { done, value };
        },
        return: async reason => {
          await reader.cancel(reason);
          return { done: true, value: undefined };
        },
      }),
    });
  }

  next(): Promise<Uint8Array | undefined> {
    const piece = this.#ahead.shift();
    if (piece !== undefined) return Promise.resolve(piece);
    const reading = this.#read();
    this.#reading = undefined;
    return reading;
  }

  cancel(reason?: unknown): void {
    this.#ahead = [];
    this.#iterator.return?.(reason).catch(() => {});
  }

  /**
   * All the bytes, if they end within `limit` and before `enough` resolves; otherwise `undefined`, and `next()` still
   * gives every one of them.
   */
  async gather(limit: number, enough: Promise<void>): Promise<Uint8Array[] | undefined> {
    const late = enough.then(() => 'late' as const);
    for (let length = 0; length <= limit; ) {
      const piece = await Promise.race([this.#read(), late]);
      if (piece === 'late') return undefined;
      this.#reading = undefined;
      if (piece === undefined) return this.#ahead;
      this.#ahead.push(piece);
      length += piece.length;
    }
    return undefined;
  }

  #read(): Promise<Uint8Array | undefined> {
    if (this.#reading === undefined) {
      this.#reading = this.#readPiece();
      this.#reading.catch(() => {}); // Seen by whoever awaits it, and by nobody after a cancel.
    }
    return this.#reading;
  }

  async #readPiece(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { done, value } = await this.#iterator.next();
      if (done === true) return undefined;
      if (!isBytes(value)) throw new TypeError('A body that is a stream must give Uint8Array chunks.');
      if (value.length > 0) return value;
    }
  }
}

/** Also of another realm, as test runners and frames have them. */
function isBytes(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === '[object Uint8Array]';
}
