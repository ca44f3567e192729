/** One websocket over a stream through an exit: the opening handshake, frames both ways, and how it ends. */

import { MixnetError } from '../errors.ts';
import { type Connections, Deadlines, endpoint, hasBadPort, type Timeouts } from '../fetch/index.ts';
import { UpgradeReader } from '../http/index.ts';
import * as limits from '../limits.ts';
import type { Milliseconds, Timer } from '../platform/platform.ts';
import {
  ABNORMAL,
  type CloseStatus,
  checkAnswer,
  closeStatusOf,
  encodeCloseStatus,
  encodeFrame,
  encodeOpening,
  type Frame,
  FrameReader,
  type Incoming,
  NO_STATUS,
  newKey,
  type Opening,
  opcodes,
} from '../rfc6455/index.ts';
import { KeepAlive } from './keep-alive.ts';
import { Outbox } from './outbox.ts';

export interface ConnectionOptions extends Omit<Opening, 'key'> {
  readonly connections: Connections;
  readonly isolation: string;
  readonly exit: string | undefined;
  readonly timeouts: Timeouts;
  /** Of silence on our side, until a ping; `Infinity`: none is sent. */
  readonly keepAlive: Milliseconds;
  readonly on: ConnectionEvents;
}

export interface ConnectionEvents {
  opened(protocol: string): void;
  message(data: string | Uint8Array<ArrayBuffer>): void;
  /** The server has begun to close: nothing is sent any more. */
  closing(): void;
  /** Once, and last. */
  closed(ending: Ending): void;
}

export interface Ending {
  readonly status: number;
  readonly reason: string;
  /** Both sides have said that they close. */
  readonly wasClean: boolean;
  /** Where it failed. */
  readonly failure?: { readonly error: unknown };
}

/** How long the other side may take for the next step of the closing. */
export const CLOSING_PATIENCE: Milliseconds = 30_000;

type Carrier = Awaited<ReturnType<Connections['reach']>>['stream'];

export class WebSocketConnection {
  readonly #options: ConnectionOptions;
  readonly #deadlines: Deadlines;
  readonly #abort = new AbortController();
  readonly #outbox = new Outbox();
  readonly #frames = new FrameReader(limits.webSocketMessage);
  #phase: 'connecting' | 'open' | 'closing' | 'over' = 'connecting';
  #carrier: Pick<Carrier, 'close'> | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #isPumping = false;
  #keepAlive: KeepAlive | undefined;
  #keepAliveTimer: Timer | undefined;
  #closingTimer: Timer | undefined;
  /** The close frame of the server. */
  #received: CloseStatus | undefined;
  #closeSent = false;

  /** Begins to connect. */
  constructor(options: ConnectionOptions) {
    const { connections, timeouts } = options;
    this.#options = options;
    this.#deadlines = new Deadlines(connections.platform, timeouts, this.#abort.signal);
    this.#deadlines.signal.addEventListener('abort', () => this.#fail(this.#deadlines.signal.reason), { once: true });
    connections.closed.addEventListener('abort', this.#onFetchClosed);
    void this.#run();
  }

  /** Bytes of messages that the stream has not taken yet. */
  get buffered(): number {
    return this.#outbox.buffered;
  }

  send(opcode: typeof opcodes.text | typeof opcodes.binary, content: Uint8Array<ArrayBuffer> | Blob): void {
    this.#outbox.message(opcode, content);
    // WHATWG WebSockets, `send()`: a socket whose buffer is full is closed.
    if (this.#outbox.buffered > limits.webSocketUnsent) this.#fail(new MixnetError('ERR_MIX_USAGE_BUSY'));
    else void this.#pump();
  }

  /** After what was sent so far. While it connects, that fails. */
  close(status: CloseStatus): void {
    if (this.#phase === 'connecting') {
      this.#fail(new DOMException('The websocket was closed before it was open.', 'AbortError'));
    } else if (this.#phase === 'open') this.#beginClosing(status);
  }

  async #run(): Promise<void> {
    try {
      const rest = await this.#open();
      await this.#receive(rest);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #open(): Promise<Reader> {
    const { connections, on, isolation, exit, timeouts, keepAlive, ...asked } = this.#options;
    const { platform } = connections;
    connections.closed.throwIfAborted();
    if (hasBadPort(asked.url)) {
      throw new MixnetError('ERR_MIX_USAGE_OPTION', { message: 'The port is not one of a web server.' });
    }
    const opening: Opening = { ...asked, key: newKey(platform.randomBytes) };
    const secure = asked.url.protocol === 'https:';
    const destination = { ...endpoint(asked.url), secure, isolation, exit, idempotent: true, alpn: ['http/1.1'] };
    const { stream, secured } = await connections.reach(destination, this.#deadlines);
    const carrier = secured ?? stream;
    if (this.#deadlines.signal.aborted) {
      // Given up in the very moment in which the stream was there.
      carrier.close(this.#deadlines.signal.reason).catch(() => {});
      throw this.#deadlines.signal.reason;
    }
    this.#carrier = carrier;
    const reader = carrier.readable.getReader();
    const writer = carrier.writable.getWriter();
    this.#writer = writer;
    for (const promise of [reader.closed, writer.closed, stream.opened]) promise.catch(() => {});
    // At once, so that it shares the flight of the request to connect.
    writer.write(encodeOpening(opening)).catch(() => {});
    await stream.opened;
    this.#deadlines.enter('headers');
    const { answer, rest } = await readAnswer(reader);
    const protocol = checkAnswer(answer, opening);
    this.#deadlines.end('complete');
    if (this.#phase !== 'connecting') return { reader, rest };
    this.#phase = 'open';
    this.#keepAlive = new KeepAlive(platform.now(), keepAlive, timeouts.headers);
    this.#watch();
    on.opened(protocol);
    return { reader, rest };
  }

  async #receive({ reader, rest }: Reader): Promise<void> {
    for (let bytes: Uint8Array | undefined = rest; bytes !== undefined; bytes = await next(reader)) {
      if (this.#keepAlive?.heard()) this.#watch();
      for (const incoming of this.#frames.read(bytes)) {
        await this.#take(incoming);
        if (this.#phase === 'over') return;
      }
    }
    this.#tcpEnded();
  }

  /** A server may close right after its close frame: ours is still sent, so that both have said it. */
  #tcpEnded(): void {
    if (this.#phase === 'open') this.#fail(new MixnetError('ERR_MIX_WEBSOCKET_TRUNCATED'));
    else if (this.#received === undefined) this.#end({ ...this.#told(), wasClean: false });
  }

  async #take(incoming: Incoming): Promise<void> {
    switch (incoming.type) {
      case 'text':
      case 'binary':
        // Each in a task of its own: who waits for one message at a time must be ready for the next one.
        await this.#nextTask();
        if (this.#phase === 'open') this.#options.on.message(incoming.type === 'text' ? incoming.text : incoming.bytes);
        return;
      case 'ping':
        this.#outbox.pong(incoming.payload);
        void this.#pump();
        return;
      case 'pong':
        return;
      case 'close':
        await this.#nextTask();
        this.#serverCloses(incoming);
    }
  }

  /** RFC 6455, section 5.5.1: a close frame is answered by one with the same status. */
  #serverCloses({ status, reason }: CloseStatus): void {
    this.#received = { status, reason };
    this.#outbox.dropMessages();
    if (this.#phase === 'open') {
      this.#beginClosing({ status, reason: '' });
      this.#options.on.closing();
    } else this.#endIfBothClosed();
  }

  #beginClosing(status: CloseStatus): void {
    this.#phase = 'closing';
    this.#outbox.close(encodeCloseStatus(status));
    this.#keepAliveTimer?.cancel();
    this.#waitForClosing();
    void this.#pump();
  }

  /** RFC 6455, section 7.1.1, has the client wait for the end of TCP; behind an exit, our closing is what ends that. */
  #endIfBothClosed(): void {
    if (this.#received !== undefined && this.#closeSent) this.#end({ ...this.#told(), wasClean: true });
  }

  #waitForClosing(): void {
    this.#closingTimer?.cancel();
    const giveUp = () => this.#end({ ...this.#told(), wasClean: false });
    this.#closingTimer = this.#platform.setTimer(giveUp, CLOSING_PATIENCE);
  }

  /** One write after the other: what a full stream does not take is `buffered`. */
  async #pump(): Promise<void> {
    const writer = this.#writer;
    if (this.#isPumping || writer === undefined || !['open', 'closing'].includes(this.#phase)) return;
    this.#isPumping = true;
    try {
      while (this.#outbox.waiting && this.#isLive) {
        const frame = await this.#outbox.next();
        if (frame === undefined) continue;
        await writer.write(this.#encode(frame));
        this.#taken(frame);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isPumping = false;
    }
  }

  #taken(frame: Frame): void {
    this.#outbox.taken(frame);
    this.#keepAlive?.wrote(this.#platform.now());
    if (this.#phase === 'closing') this.#waitForClosing();
    if (frame.opcode !== opcodes.close) return;
    this.#closeSent = true;
    this.#endIfBothClosed();
  }

  #encode(frame: Frame): Uint8Array {
    return encodeFrame(frame, this.#platform.randomBytes(4));
  }

  /** One timer. Frames of ours move the time of the ping, not the timer: it finds that it is too early, and is set again. */
  #watch(): void {
    const keepAlive = this.#keepAlive;
    this.#keepAliveTimer?.cancel();
    if (keepAlive === undefined || this.#phase !== 'open') return;
    const now = this.#platform.now();
    const verdict = keepAlive.verdict(now);
    if (verdict === 'dead') {
      this.#fail(new MixnetError('ERR_MIX_WEBSOCKET_SILENT'));
      return;
    }
    if (verdict === 'ping') {
      keepAlive.pinged(now);
      this.#outbox.ping(new Uint8Array(0));
      void this.#pump();
    }
    if (keepAlive.dueAt === Number.POSITIVE_INFINITY) return;
    this.#keepAliveTimer = this.#platform.setTimer(() => this.#watch(), keepAlive.dueAt - now);
  }

  /** RFC 6455, section 7.1.7: the server is told why, if it is its doing. After its close frame nothing can fail any more. */
  #fail(error: unknown): void {
    if (this.#phase === 'over') return;
    if (this.#received !== undefined) {
      this.#end({ ...this.#told(), wasClean: false });
      return;
    }
    const status = closeStatusOf(error);
    if (status !== undefined && !this.#closeSent) {
      const payload = encodeCloseStatus({ status, reason: '' });
      this.#writer?.write(this.#encode({ opcode: opcodes.close, fin: true, payload })).catch(() => {});
    }
    this.#end({ ...this.#told(), wasClean: false, failure: { error } });
  }

  #end(ending: Ending): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#outbox.dropMessages();
    this.#keepAliveTimer?.cancel();
    this.#closingTimer?.cancel();
    this.#options.connections.closed.removeEventListener('abort', this.#onFetchClosed);
    const error = ending.failure?.error;
    // What is being connected is given up.
    this.#abort.abort(error);
    this.#deadlines.end('complete');
    // With a status the server is told of it first.
    this.#carrier?.close(closeStatusOf(error) === undefined ? error : undefined).catch(() => {});
    this.#options.on.closed(ending);
  }

  #told(): Pick<Ending, 'status' | 'reason'> {
    const received = this.#received;
    if (received === undefined) return { status: ABNORMAL, reason: '' };
    return { status: received.status ?? NO_STATUS, reason: received.reason };
  }

  readonly #onFetchClosed = (): void => this.#fail(this.#options.connections.closed.reason);

  #nextTask(): Promise<void> {
    return new Promise(resolve => this.#platform.setTimer(resolve, 0));
  }

  get #isLive(): boolean {
    return this.#phase !== 'over';
  }

  get #platform() {
    return this.#options.connections.platform;
  }
}

/** Of the connection, and what was read from it beyond the answer. */
interface Reader {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly rest: Uint8Array;
}

async function readAnswer(reader: ReadableStreamDefaultReader<Uint8Array>) {
  const answers = new UpgradeReader();
  for (;;) {
    const bytes = await next(reader);
    if (bytes === undefined) throw new MixnetError('ERR_MIX_HTTP_TRUNCATED');
    const read = answers.read(bytes);
    if (read !== undefined) return read;
  }
}

async function next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
  const { done, value } = await reader.read();
  return done ? undefined : value;
}
