/** The side of a TLS connection that programs see: a pair of web streams, in which nothing is buffered. */

/** What is below them. */
export interface PlainSideOptions {
  /** Somebody wants to read: resolves when something was enqueued, or nothing will come. */
  pull(): Promise<void>;
  /** Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Nothing more will be written. */
  endWriting(): Promise<void>;
  /** Whoever reads or writes gives it up, in both directions. */
  abort(reason: unknown): Promise<void>;
}

/** Boxed, since an error may be `undefined`, and must not pass for a clean end. */
export interface Failure {
  readonly error: unknown;
}

export class PlainSide {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** Gone once the readable has ended. */
  #reading: ReadableStreamDefaultController<Uint8Array> | undefined;
  #writing: WritableStreamDefaultController | undefined;

  constructor({ pull, write, endWriting, abort }: PlainSideOptions) {
    this.readable = new ReadableStream(
      {
        start: controller => {
          this.#reading = controller;
        },
        pull,
        cancel: reason => {
          this.#reading = undefined;
          return abort(reason);
        },
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream({
      start: controller => {
        this.#writing = controller;
      },
      write,
      close: endWriting,
      abort,
    });
  }

  /** Whether the readable has not ended. */
  get isReadable(): boolean {
    return this.#reading !== undefined;
  }

  enqueue(bytes: Uint8Array): void {
    this.#reading?.enqueue(bytes);
  }

  endReading(failure?: Failure): void {
    if (failure === undefined) this.#reading?.close();
    else this.#reading?.error(failure.error);
    this.#reading = undefined;
  }

  /** No write succeeds any more. */
  refuseWrites(error: unknown): void {
    this.#writing?.error(error);
  }
}

/** Plain bytes encrypted at once: a few records, so that a large write waits for the stream below. */
const PIECE_BYTES = 64 * 1024;

export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) yield bytes.subarray(offset, offset + PIECE_BYTES);
}
