/** What has come over a stream and waits for its reader: handed over piece by piece, so that what is unread is known. */

export interface ReadableEndEvents {
  /** The reader has taken so many bytes. */
  taken(bytes: number): void;
  cancelled(reason: unknown): void;
}

export class ReadableEnd {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #on: ReadableEndEvents;
  readonly #unread: Uint8Array[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #wanted = false;
  #ended = false;

  constructor(on: ReadableEndEvents) {
    this.#on = on;
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = controller;
        },
        pull: () => {
          this.#wanted = true;
          this.#hand();
        },
        cancel: reason => {
          this.#controller = undefined;
          this.#unread.length = 0;
          on.cancelled(reason);
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Copies: a few bytes that are unread for long must not keep the packet they came in, which nobody has counted. */
  push(data: Uint8Array): void {
    this.#unread.push(data.slice());
    this.#hand();
  }

  /** Nothing more comes; what is there can still be read. */
  end(): void {
    this.#ended = true;
    this.#endIfRead();
  }

  /** As if the end had come already. */
  cut(): void {
    this.#unread.length = 0;
    this.end();
  }

  /** What is unread is lost. */
  fail(error: unknown): void {
    this.#unread.length = 0;
    this.#controller?.error(error);
    this.#controller = undefined;
  }

  #hand(): void {
    const data = this.#wanted ? this.#unread.shift() : undefined;
    if (data !== undefined) {
      this.#wanted = false;
      this.#on.taken(data.length);
      this.#controller?.enqueue(data);
    }
    this.#endIfRead();
  }

  #endIfRead(): void {
    if (!this.#ended || this.#unread.length > 0) return;
    this.#controller?.close();
    this.#controller = undefined;
  }
}
