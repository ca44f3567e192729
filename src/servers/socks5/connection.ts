/** One program at the proxy: its handshake, then its bytes both ways. */

import type { Socket } from 'node:net';
import { MixnetError } from '../../errors.ts';
import type { MixnetClient, MixnetStream } from '../../mixnet-client/index.ts';
import type { Milliseconds, Platform, Timer } from '../../platform/platform.ts';
import type { Handshake, SocksRequest } from './handshake.ts';
import { encodeReply } from './messages.ts';
import { replyOfError } from './reply-of-error.ts';

/** Where the streams come from: a `MixnetClient`. */
export type StreamSource = Pick<MixnetClient, 'openStream'>;

export interface SocksConnectionOptions {
  /** With `allowHalfOpen`. */
  readonly socket: Socket;
  readonly handshake: Handshake;
  readonly source: StreamSource;
  readonly platform: Pick<Platform, 'now' | 'setTimer'>;
  readonly exit: string | undefined;
  readonly connectTimeout: Milliseconds | undefined;
}

/** What a program may take from its first byte to its request. */
const HANDSHAKE_TIME: Milliseconds = 10_000;
/**
 * A program that has closed looks like one that still reads, until bytes for it come. So one that has said it sends no more
 * is believed to be there while bytes come, and for so long after the last.
 */
const HALF_CLOSED_TIME: Milliseconds = 30_000;
/** What a program gets to close when the other side has ended, or to read why there is no connection. */
const LINGER_TIME: Milliseconds = 10_000;
/** What a slow program gets to read the rest of what the other side has sent before its end. */
const FLUSH_TIME: Milliseconds = 300_000;
/** An exit that cuts a connection on which so long nothing came has cut an idle one: nothing is missing. */
const IDLE_TIME: Milliseconds = 10_000;

export class SocksConnection {
  readonly #options: SocksConnectionOptions;
  readonly #socket: Socket;
  #phase: 'handshake' | 'opening' | 'open' | 'ended' = 'handshake';
  #stream: MixnetStream | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #timer: Timer | undefined;
  /** When the last byte came from the other side. */
  #lastByte: Milliseconds;
  #programEnded = false;
  /** The program has not taken yet what came last. */
  #behind = false;

  constructor(options: SocksConnectionOptions) {
    const { socket, platform } = options;
    this.#options = options;
    this.#socket = socket;
    this.#lastByte = platform.now();
    this.#watch(HANDSHAKE_TIME, () => socket.destroy());
    socket.on('data', bytes => this.#received(bytes));
    socket.on('end', () => this.#onProgramEnded());
    socket.on('error', () => {});
    socket.once('close', () => this.#onClosed());
  }

  /** Ends it; what the program has sent still goes out. */
  close(): void {
    this.#socket.destroy();
  }

  #received(bytes: Uint8Array): void {
    if (this.#phase === 'handshake') this.#shakeHands(bytes);
    else if (this.#phase !== 'ended') this.#sendUp(bytes);
  }

  #shakeHands(bytes: Uint8Array): void {
    const { answer, outcome } = this.#options.handshake.push(bytes);
    if (answer.length > 0) this.#socket.write(answer);
    if (outcome === 'refused') this.#hangUp();
    else if (outcome !== undefined) this.#open(outcome);
  }

  // Opening.

  #open({ version, hostname, port, isolation, data }: SocksRequest): void {
    const { source, exit, connectTimeout: connectTimeoutMs } = this.#options;
    this.#phase = 'opening';
    this.#timer?.cancel();
    const refuse = (error: unknown) => this.#hangUp(encodeReply(version, replyOfError(error)));
    let stream: MixnetStream;
    try {
      // Nobody here knows whether what is sent early may arrive twice.
      stream = source.openStream({ hostname, port, isolation, exit, connectTimeoutMs, replay: false });
    } catch (error) {
      refuse(error);
      return;
    }
    this.#stream = stream;
    this.#writer = stream.writable.getWriter();
    this.#writer.closed.catch(() => {});
    stream.closed.catch(() => {});
    stream.opened.then(
      () => this.#onOpened(stream, encodeReply(version, 'succeeded')),
      error => {
        if (this.#phase === 'opening') refuse(error);
      },
    );
    if (data.length > 0) this.#sendUp(data);
  }

  #onOpened(stream: MixnetStream, success: Uint8Array): void {
    if (this.#phase !== 'opening') return;
    this.#phase = 'open';
    this.#lastByte = this.#options.platform.now();
    this.#socket.write(success);
    void this.#bringDown(stream.readable.getReader());
  }

  // Up.

  /** Nothing more is read from the program until the stream has taken this. */
  #sendUp(bytes: Uint8Array): void {
    this.#socket.pause();
    this.#writer?.write(bytes).then(
      () => this.#socket.resume(),
      // What failed is told by the other direction.
      () => this.#socket.resume(),
    );
  }

  /** Exits know no half-closed connection, so that the other side cannot be told; what it sends is still brought down. */
  #onProgramEnded(): void {
    this.#programEnded = true;
    // In `ended`, the socket closes when the last is written.
    if (this.#phase === 'handshake' || this.#phase === 'opening') this.#socket.destroy();
    this.#watchHalfClosed();
  }

  #watchHalfClosed(): void {
    if (this.#phase !== 'open' || !this.#programEnded || this.#behind) return;
    this.#watch(HALF_CLOSED_TIME, () => this.#socket.destroy());
  }

  // Down.

  async #bringDown(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        this.#lastByte = this.#options.platform.now();
        if (this.#socket.write(read.value)) this.#watchHalfClosed();
        else await this.#caughtUp();
      }
      this.#hangUp();
    } catch (error) {
      if (isCut(error) && this.#isIdle()) this.#hangUp();
      // Whoever takes the end for the end of the content must not get one here.
      else if (this.#phase === 'open') this.#socket.resetAndDestroy();
    }
  }

  /** The program has read enough for more, or is gone. */
  async #caughtUp(): Promise<void> {
    this.#behind = true;
    if (this.#programEnded) this.#timer?.cancel();
    await new Promise<void>(resolve => {
      const done = () => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
    this.#behind = false;
    this.#watchHalfClosed();
  }

  #isIdle(): boolean {
    return !this.#behind && this.#options.platform.now() - this.#lastByte >= IDLE_TIME;
  }

  // The end.

  /** Says the last, and waits a while for the program to close as well: closing first could take the answer from it. */
  #hangUp(last: Uint8Array = new Uint8Array(0)): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#watch(FLUSH_TIME, () => this.#socket.destroy());
    this.#socket.end(last, () => this.#watch(LINGER_TIME, () => this.#socket.destroy()));
    this.#socket.resume();
  }

  #onClosed(): void {
    this.#phase = 'ended';
    this.#timer?.cancel();
    this.#stream?.close();
  }

  #watch(delay: Milliseconds, late: () => void): void {
    this.#timer?.cancel();
    if (this.#socket.destroyed) return;
    this.#timer = this.#options.platform.setTimer(late, delay);
  }
}

function isCut(error: unknown): boolean {
  return error instanceof MixnetError && error.code === 'ERR_MIX_EXIT_CLOSED';
}
