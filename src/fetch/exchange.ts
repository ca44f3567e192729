/** One request and its response on a connection. */

import { concatBytes } from '../crypto/bytes.ts';
import { type ResponseEvent, type ResponseHead, ResponseReader } from '../http/index.ts';
import type { Milliseconds, Platform, Timer } from '../platform/platform.ts';
import type { Attempt } from './call-record.ts';
import type { Connection } from './connection.ts';
import type { Deadlines } from './deadlines.ts';
import { asMixnetError } from './failure.ts';
import type { BodySource } from './response-body.ts';
import { encodeRequest, type WireRequest } from './upload.ts';

/** The rest of an unwanted body is read up to this size: that is cheaper than a new connection through the mixnet. */
const READ_OUT_BYTES = 16 * 1024;

/** Such a rest is on its way already, or it is not worth waiting for. */
const READ_OUT_TIME: Milliseconds = 2_000;

export class Exchange implements BodySource {
  readonly #platform: Platform;
  readonly #connection: Connection;
  readonly #request: WireRequest;
  readonly #deadlines: Deadlines;
  readonly #release: (reusable: boolean, head: ResponseHead | undefined) => void;
  readonly #reader: ResponseReader;
  readonly #attempt: Attempt | undefined;
  #opened = false;
  #sent = false;
  #head: ResponseHead | undefined;
  #arrived: Uint8Array[] = [];
  #bodyLeft: number | undefined;
  #ended = false;
  #receiving: Promise<void> | undefined;
  /** Ends the hold on the process that sending has. */
  #letGo: () => void = () => {};
  /** From the end of the request to the end of the answer. */
  #keptAlive: Timer | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** `release` is called once, when the response is complete or the exchange has failed. */
  constructor(
    platform: Platform,
    connection: Connection,
    request: WireRequest,
    deadlines: Deadlines,
    release: (reusable: boolean, head: ResponseHead | undefined) => void,
  ) {
    this.#platform = platform;
    this.#connection = connection;
    this.#request = request;
    this.#deadlines = deadlines;
    this.#release = release;
    this.#reader = new ResponseReader({ method: request.method });
    this.#attempt = deadlines.record?.attempt;
  }

  /** Whether any byte of the answer has come. */
  get started(): boolean {
    return this.#reader.started;
  }

  /** Sends the request, and resolves with the final head, which may come before all of the request is sent. */
  async begin(): Promise<ResponseHead> {
    const { signal } = this.#deadlines;
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener('abort', this.#onAbort);
    this.#connection.opened.then(
      () => this.#onOpened(),
      error => this.#fail(error),
    );
    this.#waitForNext();
    void this.#send();
    for (;;) {
      if (this.#head !== undefined) return this.#head;
      if (this.#failure !== undefined) throw this.#failure.error;
      await this.#receive();
    }
  }

  /** The next bytes of the body, in memory of their own; `undefined` at its end. */
  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (;;) {
      if (this.#arrived.length > 0) return concatBytes(...this.#arrived.splice(0));
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#ended) return undefined;
      this.#deadlines.enter('body');
      await this.#receive();
      this.#waitForNext();
    }
  }

  /** The rest of the body is not wanted. Resolves when the connection is released, which takes no long time. */
  async cancel(reason?: unknown): Promise<void> {
    const isShort = this.#bodyLeft !== undefined && this.#bodyLeft <= READ_OUT_BYTES;
    if (!isShort || !this.#sent) this.#fail(reason);
    const timer = this.#platform.setTimer(() => this.#fail(reason), READ_OUT_TIME);
    try {
      while ((await this.next()) !== undefined);
    } catch {
      // Released all the same.
    } finally {
      timer.cancel();
    }
  }

  async #send(): Promise<void> {
    const { record } = this.#deadlines;
    this.#letGo = this.#platform.hold();
    try {
      for await (const bytes of encodeRequest(this.#request, this.#platform)) {
        if (this.#isOver) return;
        // A server may answer and close before it has read the whole request: then the answer counts, or how it closed.
        if (record !== undefined) record.bytesSent += bytes.length;
        if (!(await this.#connection.write(bytes))) return;
        this.#waitForNext();
      }
      this.#sent = true;
      if (!this.#isOver) this.#keptAlive = this.#connection.keepAlive();
      record?.mark('sent', this.#attempt);
      this.#waitForNext();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#letGo();
    }
  }

  /** One read at a time, whoever waits for it: somebody may cancel while another reads. */
  #receive(): Promise<void> {
    this.#receiving ??= this.#receiveOnce().finally(() => {
      this.#receiving = undefined;
    });
    return this.#receiving;
  }

  async #receiveOnce(): Promise<void> {
    try {
      const bytes = await this.#connection.read();
      if (this.#isOver) return;
      const { record } = this.#deadlines;
      if (record !== undefined) record.bytesReceived += bytes?.length ?? 0;
      for (const event of bytes === undefined ? this.#reader.finish() : this.#reader.feed(bytes)) this.#take(event);
    } catch (error) {
      this.#fail(asMixnetError(error, 'ERR_MIX_EXIT_CLOSED'));
    }
  }

  #take(event: ResponseEvent): void {
    if (event.type === 'head') {
      if (event.informational) return;
      this.#head = event;
      this.#deadlines.record?.mark('headers', this.#attempt);
      this.#bodyLeft = event.bodyLength;
      if (event.bodyLength !== undefined && event.bodyLength > 0) this.#connection.expect(event.bodyLength);
      this.#waitForNext();
    } else if (event.type === 'body') {
      this.#arrived.push(event.bytes);
      this.#deadlines.record?.mark('firstByte', this.#attempt);
      if (this.#bodyLeft !== undefined) this.#bodyLeft -= event.bytes.length;
    } else {
      this.#ended = true;
      // Some of it was there before the head was read, and would be waited for on the idle connection.
      this.#connection.expect(0);
      this.#over(event.reusable && this.#sent);
    }
  }

  /** Nothing happens after the first failure, or after the end. */
  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#failure = { error };
    this.#over(false);
  }

  #over(reusable: boolean): void {
    this.#deadlines.signal.removeEventListener('abort', this.#onAbort);
    this.#deadlines.pause();
    this.#keptAlive?.cancel();
    if (!this.#sent) this.#request.body?.cancel(this.#failure?.error);
    this.#letGo();
    this.#release(reusable, this.#head);
  }

  get #isOver(): boolean {
    return this.#ended || this.#failure !== undefined;
  }

  /** Sets the clock for what is due next. A body is waited for only while somebody reads it: see `next`. */
  #waitForNext(): void {
    if (this.#isOver) return;
    if (!this.#opened) this.#deadlines.enter('connect');
    else if (!this.#sent) this.#deadlines.enter('body');
    else if (this.#head === undefined) this.#deadlines.enter('headers');
    else this.#deadlines.pause();
  }

  #onOpened(): void {
    this.#opened = true;
    this.#waitForNext();
  }

  readonly #onAbort = (): void => {
    this.#arrived = [];
    this.#fail(this.#deadlines.signal.reason);
  };
}
