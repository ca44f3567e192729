/** Streams like those of an exit, over loopback TCP: a real transport under fetch without a mixnet. */

import { connect, type Socket } from 'node:net';
import { deferred } from '../../src/deferred.ts';
import { MixnetError } from '../../src/errors.ts';
import type { ExitStream, OpenOptions } from '../../src/fetch/index.ts';

export interface LoopbackOptions {
  /** Where a name leads: the port on 127.0.0.1. What is not named here must be loopback itself, and is dialled as it is. */
  readonly hosts?: Readonly<Record<string, number>>;
  /** What the exit says to a name, instead of connecting. */
  readonly refusals?: Readonly<Record<string, MixnetError>>;
  /** Names to which the exit never answers anything. */
  readonly silent?: readonly string[];
  /** How long the exit takes to say that the stream is open, ms. The destination gets what is written meanwhile. */
  readonly openDelay?: number;
}

export class LoopbackExit {
  /** What was asked for, in order. */
  readonly asked: OpenOptions[] = [];
  /** Streams that hold a socket now. */
  open = 0;
  /** All of them, in order. */
  readonly streams: LoopbackStream[] = [];
  readonly #options: LoopbackOptions;

  constructor(options: LoopbackOptions = {}) {
    this.#options = options;
  }

  readonly openStream = (options: OpenOptions): LoopbackStream => {
    this.asked.push(options);
    const stream = this.#stream(options);
    this.streams.push(stream);
    return stream;
  };

  #stream(options: OpenOptions): LoopbackStream {
    const { hostname } = options;
    const { hosts = {}, refusals = {}, silent = [], openDelay = 0 } = this.#options;
    this.open += 1;
    const over = () => {
      this.open -= 1;
    };
    const refusal = refusals[hostname];
    if (refusal !== undefined || silent.includes(hostname))
      return new LoopbackStream(undefined, refusal, openDelay, over);
    const port = hosts[hostname] ?? options.port;
    const isLoopback = ['127.0.0.1', '::1', 'localhost'].includes(hostname);
    if (hosts[hostname] === undefined && !isLoopback) throw new Error(`this test knows no host "${hostname}"`);
    const socket = connect({ host: hostname === '::1' ? '::1' : '127.0.0.1', port, noDelay: true });
    return new LoopbackStream(socket, undefined, openDelay, over);
  }
}

/** What an exit gives, on a socket; without one, an exit that refuses or is silent. */
export class LoopbackStream implements ExitStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly opened: Promise<void>;
  readonly closed: Promise<void>;
  readonly #socket: Socket | undefined;
  readonly #over: () => void;
  #reader: ReadableStreamDefaultController<Uint8Array> | undefined;
  #writer: WritableStreamDefaultController | undefined;
  #settle: { closed: () => void; failed: (error: unknown) => void; refused: (error: unknown) => void };
  #isOver = false;

  constructor(socket: Socket | undefined, refusal: MixnetError | undefined, openDelay: number, over: () => void) {
    this.#socket = socket;
    this.#over = over;
    const [opened, closed] = [deferred(), deferred()];
    this.opened = opened.promise;
    this.closed = closed.promise;
    this.#settle = { closed: closed.resolve, failed: closed.reject, refused: opened.reject };
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#reader = controller;
        },
        pull: () => void socket?.resume(),
        cancel: reason => this.#fail(reason),
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<Uint8Array>({
      start: controller => {
        this.#writer = controller;
      },
      write: chunk => new Promise<void>(resolve => (socket ? socket.write(chunk, () => resolve()) : undefined)),
      abort: reason => this.#fail(reason),
    });
    socket?.pause();
    socket?.on('connect', () => (openDelay > 0 ? setTimeout(opened.resolve, openDelay) : opened.resolve()));
    socket?.on('data', data => {
      socket.pause();
      if (!this.#isOver) this.#reader?.enqueue(new Uint8Array(data));
    });
    socket?.on('end', () => this.#end());
    socket?.on('error', error => {
      const code =
        'code' in error && error.code === 'ECONNREFUSED' ? 'ERR_MIX_EXIT_DIAL_FAILED' : 'ERR_MIX_EXIT_CLOSED';
      this.#fail(new MixnetError(code, { cause: error }));
    });
    if (refusal !== undefined) setTimeout(() => this.#fail(refusal), openDelay);
  }

  async close(reason?: unknown): Promise<void> {
    if (reason === undefined) this.#end();
    else this.#fail(reason);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader?.close();
    this.#settle.refused(new MixnetError('ERR_MIX_EXIT_CLOSED'));
    this.#settle.closed();
    this.#socket?.end();
    this.#socket?.resume();
    this.#over();
  }

  #fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const error = reason ?? new MixnetError('ERR_MIX_EXIT_CLOSED');
    this.#reader?.error(error);
    this.#writer?.error(error);
    this.#settle.refused(error);
    this.#settle.failed(error);
    this.#socket?.destroy();
    this.#over();
  }
}
