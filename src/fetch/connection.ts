/** One HTTP/1.1 connection between its exchanges: who reads it, and how it is given up. */

import type { Milliseconds, Platform, Timer } from '../platform/platform.ts';
import type { ByteStream, SecureStream } from '../tls/index.ts';
import type { ExitStream, ExitUse } from './context.ts';

/**
 * An exit cuts a connection five minutes after the last byte towards the destination, without telling whether a request
 * was on its way. A connection is reused, or kept in use, only a safe time before that.
 */
export const LONGEST_SILENCE: Milliseconds = 4 * 60_000;

export class Connection {
  /** The exit says that the destination is connected; or, by rejecting, why it is not. Never unhandled. */
  readonly opened: Promise<unknown>;
  /** Exchanges completed on it. */
  served = 0;
  readonly #platform: Platform;
  readonly #exit: ExitStream;
  readonly #carrier: ByteStream | SecureStream;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #reading: Promise<Uint8Array | undefined> | undefined;
  #watcher: (() => void) | undefined;
  #lastWrite: Milliseconds;
  #closed = false;

  /** `carrier` carries HTTP: the stream at the exit, or TLS over it. */
  constructor(platform: Platform, exit: ExitStream, carrier: ByteStream | SecureStream = exit) {
    this.#platform = platform;
    this.#exit = exit;
    this.#carrier = carrier;
    this.#lastWrite = platform.now();
    this.#reader = carrier.readable.getReader();
    this.#writer = carrier.writable.getWriter();
    this.opened = exit.opened;
    for (const promise of [exit.opened, this.#reader.closed, this.#writer.closed]) promise.catch(() => {});
  }

  get exit(): ExitUse | undefined {
    return this.#exit.exit;
  }

  /** When bytes last went towards the destination: exits cut what stays silent for too long after that. */
  get lastWrite(): Milliseconds {
    return this.#lastWrite;
  }

  /** The next bytes; `undefined` when the peer has ended the stream, or `close` was called. Rejects with its error. */
  read(): Promise<Uint8Array | undefined> {
    const reading = this.#read();
    this.#reading = undefined;
    return reading;
  }

  /** Resolves when the stream takes more; with `false` when it takes nothing any more, which is for `read` to explain. */
  async write(bytes: Uint8Array): Promise<boolean> {
    this.#lastWrite = this.#platform.now();
    this.#writer.write(bytes).catch(() => {});
    return this.#writer.ready.then(
      () => true,
      () => false,
    );
  }

  /**
   * While an answer takes its time, sends something that is no data before the exit cuts the connection, if TLS can. Until
   * the timer given is cancelled.
   */
  keepAlive(): Timer | undefined {
    const carrier = this.#carrier;
    if (!('keepAlive' in carrier)) return undefined;
    let timer: Timer;
    const arm = () => {
      timer = this.#platform.setTimer(
        () => {
          if (this.#platform.now() - this.#lastWrite >= LONGEST_SILENCE) {
            carrier.keepAlive?.();
            this.#lastWrite = this.#platform.now();
          }
          arm();
        },
        this.#lastWrite + LONGEST_SILENCE - this.#platform.now(),
      );
    };
    arm();
    return { cancel: () => timer.cancel() };
  }

  /** Calls `lost` when anything happens on the idle connection: an end, an error, or bytes nobody asked for. */
  watch(lost: () => void): void {
    this.#watcher = lost;
    const happened = () => {
      if (this.#watcher === lost) lost();
    };
    this.#read().then(happened, happened);
  }

  unwatch(): void {
    this.#watcher = undefined;
  }

  /** Idempotent. A read under way ends at once. Without a reason, what was written is still sent. */
  close(reason?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watcher = undefined;
    for (const stream of [this.#carrier, this.#exit]) stream.close(reason).catch(() => {});
    this.#reader.cancel(reason).catch(() => {});
  }

  /** So many more bytes are going to come: the exit gets the means to send them. 0 takes that back. */
  expect(bytes: number): void {
    this.#exit.expect?.(bytes);
  }

  /** At most one read is under way; whoever comes next gets its result. */
  #read(): Promise<Uint8Array | undefined> {
    this.#reading ??= this.#reader.read().then(({ done, value }) => (done ? undefined : value));
    return this.#reading;
  }
}
