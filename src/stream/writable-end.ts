/** Where a stream is written to: takes what there is room for, and joins what is written in one turn. */

import { concatBytes } from '../crypto/bytes.ts';
import type { Platform, Timer } from '../platform/platform.ts';
import { MAX_SEND_BYTES } from './bounds.ts';

export interface WritableEndEvents {
  /** How many bytes may be sent now, those included that were written and not sent. */
  room(): number;
  /** Up to `MAX_SEND_BYTES`; false if it cannot be sent yet. */
  send(piece: Uint8Array): boolean;
  /** The turn is over: all that was written in it is sent, if it could be. */
  turnEnded(): void;
  /** The program writes no more. */
  finished?(): void;
  aborted(reason: unknown): void;
}

export class WritableEnd {
  readonly writable: WritableStream<Uint8Array>;
  readonly #platform: Pick<Platform, 'setTimer'>;
  readonly #on: WritableEndEvents;
  #controller: WritableStreamDefaultController | undefined;
  #written: Uint8Array[] = [];
  #timer: Timer | undefined;
  #waiting: (() => void) | undefined;
  #deaf = false;

  constructor(platform: Pick<Platform, 'setTimer'>, on: WritableEndEvents) {
    this.#platform = platform;
    this.#on = on;
    this.writable = new WritableStream<Uint8Array>({
      start: controller => {
        this.#controller = controller;
        // `abort` below is called only when the write that may be waiting for room has ended.
        controller.signal.addEventListener('abort', () => this.deafen(), { once: true });
      },
      write: chunk => this.#write(chunk),
      close: () => {
        on.finished?.();
        this.flush();
      },
      abort: reason => on.aborted(reason),
    });
  }

  /** What was written and is not sent yet. */
  get unsentBytes(): number {
    return this.#written.reduce((sum, { length }) => sum + length, 0);
  }

  roomMayHaveCome(): void {
    const resume = this.#waiting;
    this.#waiting = undefined;
    resume?.();
  }

  /** Sends what was written, now if it can be sent. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#written.length > 0) {
      const written = this.#written;
      this.#written = [];
      if (!this.#on.send(concatBytes(...written))) this.#written = written;
    }
    this.#on.turnEnded();
  }

  flushAtEndOfTurn(): void {
    this.#timer ??= this.#platform.setTimer(() => this.flush(), 0);
  }

  /** From now on everything is taken, and goes nowhere: nobody is there to read it, as after the end of a TCP stream. */
  deafen(): void {
    this.#deaf = true;
    this.#written = [];
    this.#timer?.cancel();
    this.#timer = undefined;
    this.roomMayHaveCome();
  }

  fail(error: unknown): void {
    this.deafen();
    this.#controller?.error(error);
  }

  async #write(chunk: unknown): Promise<void> {
    const bytes = bytesOf(chunk);
    for (let at = 0; at < bytes.length && !this.#deaf; ) {
      const written = this.unsentBytes;
      const room = Math.min(this.#on.room(), MAX_SEND_BYTES) - written;
      if (room <= 0) {
        await new Promise<void>(resolve => {
          this.#waiting = resolve;
        });
        continue;
      }
      const piece = bytes.slice(at, at + room);
      at += piece.length;
      this.#written.push(piece);
      if (piece.length + written === MAX_SEND_BYTES) this.flush();
      else this.flushAtEndOfTurn();
    }
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError('A stream takes chunks of bytes.');
}
