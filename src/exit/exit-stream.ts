/** Web streams over a connection through an exit, and over the next exit if the first does not connect. */

import { type Deferred, deferred } from '../deferred.ts';
import { MixnetError, type MixnetErrorCode } from '../errors.ts';
import type { Milliseconds, Platform, Timer } from '../platform/platform.ts';
import {
  MAX_UNACKNOWLEDGED_BYTES,
  type MixnetStream,
  ReadableEnd,
  type StreamCore,
  WritableEnd,
} from '../stream/index.ts';
import { type ConnectionEvents, ExitConnection } from './exit-connection.ts';
import type { ExitSession } from './exit-session.ts';

/** The exits to ask for one stream, one after the other. */
export interface ExitQueue {
  /** `undefined` if there is none left. May answer at once. */
  next(): ExitTurn | undefined | Promise<ExitTurn | undefined>;
  /** What came of the last turn: no error if the exit has connected; one that another exit may not give otherwise. */
  report(error?: unknown): void;
  /** The exit of the last turn has connected, but nothing came of it: others come first for that destination. */
  distrust(): void;
}

export interface ExitTurn {
  readonly session: ExitSession;
  /** How many exits will be asked at most, this one included. */
  readonly turnsLeft: number;
  /** For diagnostics. */
  readonly exit: MixnetStream['exit'];
}

export interface ExitStreamOptions {
  readonly core: StreamCore;
  readonly platform: Pick<Platform, 'now' | 'setTimer' | 'randomBytes'>;
  readonly queue: ExitQueue;
  readonly address: string;
  readonly connectTimeout: Milliseconds;
  readonly expectedBytes?: number | undefined;
  /** Whether what was written may be sent again to another exit, after one that was silent. */
  readonly replay: boolean;
  /** Whether the stream is open only with the first bytes from the destination, for which another exit may be asked. */
  readonly awaitAnswer: boolean;
  /** Until the stream is open. */
  readonly signal?: AbortSignal | undefined;
  readonly track: (connection: ExitConnection, live: boolean) => void;
}

export class ExitStream implements MixnetStream {
  readonly opened: Promise<void>;
  readonly closed: Promise<void>;
  readonly #options: ExitStreamOptions;
  readonly #deadline: Milliseconds;
  readonly #settle: { opened: Deferred; closed: Deferred };
  readonly #reading: ReadableEnd;
  readonly #writing: WritableEnd;
  /** After `ended`, the other side is gone, and what it sent may still be read. */
  #phase: 'opening' | 'open' | 'ended' | 'over' = 'opening';
  #connection: ExitConnection | undefined;
  #turnsLeft = 1;
  #heard = false;
  /** When something was last written, or what was written before could first be passed on. */
  #askedAt: Milliseconds | undefined;
  /** Sent, and kept until the stream is open, for the next exit. */
  #firstFlight: Uint8Array[] = [];
  #expected: number | undefined;
  #exit: MixnetStream['exit'];
  #setupTimer: Timer | undefined;
  readonly #failures: unknown[] = [];

  constructor(options: ExitStreamOptions) {
    const { platform, signal } = options;
    this.#options = options;
    this.#expected = options.expectedBytes;
    this.#deadline = platform.now() + options.connectTimeout;
    const [opened, closed] = [deferred(), deferred()];
    [this.opened, this.closed] = [opened.promise, closed.promise];
    this.#settle = { opened, closed };
    this.#reading = new ReadableEnd({
      taken: bytes => this.#connection?.taken(bytes),
      cancelled: reason => this.#abort(reason),
    });
    this.#writing = new WritableEnd(platform, {
      room: () => this.#room(),
      send: piece => this.#send(piece),
      turnEnded: () => this.#connection?.session.topUp(),
      aborted: reason => this.#abort(reason),
    });
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
    else this.#turn();
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#reading.readable;
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#writing.writable;
  }

  get exit(): MixnetStream['exit'] {
    return this.#exit;
  }

  expect(bytes: number): void {
    if (this.#phase === 'opening') this.#expected = bytes;
    this.#connection?.expect(bytes);
  }

  close(reason?: unknown): Promise<void> {
    if (reason === undefined) this.#finish();
    else this.#fail(reason);
    return this.closed.catch(() => {});
  }

  // Opening: one exit after the other.

  #turn(): void {
    try {
      const turn = this.#options.queue.next();
      if (!(turn instanceof Promise)) {
        this.#begin(turn);
        return;
      }
      this.#watchSetup();
      turn.then(
        turn => this.#begin(turn),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  #begin(turn: ExitTurn | undefined): void {
    this.#setupTimer?.cancel();
    if (this.#phase === 'over') return;
    if (turn === undefined) {
      this.#fail(this.#nobodyLeft());
      return;
    }
    this.#exit = turn.exit;
    this.#turnsLeft = turn.turnsLeft;
    const { core, platform, address, track } = this.#options;
    const connection = new ExitConnection({
      core,
      platform,
      session: turn.session,
      on: this.#events,
      released: () => track(connection, false),
      address,
      connectTimeout: this.#shareOfTime(),
    });
    track(connection, true);
    this.#connection = connection;
    if (this.#expected !== undefined) connection.expect(this.#expected);
    connection.open();
    for (const piece of this.#firstFlight) connection.write(piece);
    this.#writing.flushAtEndOfTurn();
    this.#writing.roomMayHaveCome();
  }

  readonly #events: ConnectionEvents = {
    opened: () => {
      if (this.#options.awaitAnswer) this.#connection?.awaitAnswer(this.#shareOfTime());
      else this.#onOpened();
    },
    delivered: data => {
      this.#heard = true;
      if (this.#phase === 'opening') this.#onOpened();
      this.#reading.push(data);
    },
    ended: () => this.#onEnded(),
    failed: error => this.#onFailed(error),
    acknowledged: () => this.#writing.roomMayHaveCome(),
  };

  /** What is left until the deadline, for this exit and those that may be asked after it. */
  #shareOfTime(): Milliseconds {
    return Math.max(0, this.#deadline - this.#options.platform.now()) / this.#turnsLeft;
  }

  #onOpened(): void {
    this.#options.queue.report();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#phase = 'open';
    if (this.#askedAt !== undefined) this.#askedAt = this.#options.platform.now();
    this.#firstFlight = [];
    this.#settle.opened.resolve();
    this.#writing.roomMayHaveCome();
  }

  /** A refusal is safe to take elsewhere; after silence, before an answer or instead of one, the first exit may have sent the bytes on all the same. */
  #onFailed(error: unknown): void {
    this.#connection = undefined;
    const code = error instanceof MixnetError ? error.code : undefined;
    if (this.#phase !== 'opening' || code === undefined || !OTHER_EXIT_MAY_HELP.has(code)) {
      this.#fail(error);
      return;
    }
    this.#failures.push(error);
    this.#options.queue.report(error);
    const mayReplay = code === 'ERR_MIX_EXIT_REFUSED' || this.#options.replay || this.#firstFlight.length === 0;
    if (mayReplay) this.#turn();
    else this.#fail(error);
  }

  /** Says why, if all exits failed alike. */
  #nobodyLeft(): unknown {
    const codes = new Set(this.#failures.map(error => (error instanceof MixnetError ? error.code : undefined)));
    const last = this.#failures.at(-1);
    return codes.size === 1 ? last : new MixnetError('ERR_MIX_EXIT_NONE', last === undefined ? {} : { cause: last });
  }

  readonly #onAbort = (): void => this.#fail(this.#options.signal?.reason);

  /** While no exit is chosen yet: afterwards the connection has its own deadline. */
  #watchSetup(): void {
    const { platform } = this.#options;
    this.#setupTimer = platform.setTimer(
      () => this.#fail(new MixnetError('ERR_MIX_TIMEOUT_CONNECT', { message: 'No exit was chosen in time.' })),
      Math.max(0, this.#deadline - platform.now()),
    );
  }

  // Up.

  /** Until an exit has connected, no more goes up than is kept for the next one. */
  #room(): number {
    if (this.#phase !== 'opening') return this.#connection?.room ?? 0;
    const kept = this.#firstFlight.reduce((sum, { length }) => sum + length, 0);
    return Math.min(MAX_UNACKNOWLEDGED_BYTES - kept, this.#connection?.room ?? MAX_UNACKNOWLEDGED_BYTES);
  }

  #send(piece: Uint8Array): boolean {
    if (this.#connection === undefined) return false;
    if (this.#phase === 'opening') this.#firstFlight.push(piece);
    this.#askedAt = this.#options.platform.now();
    this.#connection.write(piece);
    return true;
  }

  // The end.

  #onEnded(): void {
    if (this.#phase === 'opening') this.#onOpened();
    this.#connection = undefined;
    this.#phase = 'ended';
    this.#reading.end();
    this.#writing.deafen();
    this.#settle.closed.resolve();
  }

  #finish(): void {
    if (this.#phase === 'over') return;
    this.#writing.flush();
    const error = closedError();
    this.#release()?.close();
    this.#settle.opened.reject(error);
    this.#settle.closed.resolve();
    this.#reading.cut();
    this.#writing.fail(error);
  }

  #abort(reason: unknown): void {
    this.#fail(reason ?? closedError());
  }

  #fail(error: unknown): void {
    if (this.#phase === 'over') return;
    if (error instanceof MixnetError && error.code === 'ERR_MIX_TIMEOUT_CONNECT') this.#options.queue.distrust();
    this.#release()?.close();
    this.#settle.opened.reject(error);
    this.#settle.closed.reject(error);
    this.#reading.fail(error);
    this.#writing.fail(error);
  }

  /** Given up after it was open and written to, and not a byte came: there may be an exit that does better. */
  #seemsStalled(): boolean {
    if (this.#phase !== 'open' || this.#heard || this.#askedAt === undefined) return false;
    return this.#options.platform.now() - this.#askedAt >= LONG_SILENCE;
  }

  #release(): ExitConnection | undefined {
    const connection = this.#connection;
    if (this.#seemsStalled()) this.#options.queue.distrust();
    this.#phase = 'over';
    this.#connection = undefined;
    this.#firstFlight = [];
    this.#setupTimer?.cancel();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    return connection;
  }
}

const OTHER_EXIT_MAY_HELP: ReadonlySet<MixnetErrorCode> = new Set([
  'ERR_MIX_EXIT_REFUSED',
  'ERR_MIX_EXIT_SILENT',
  'ERR_MIX_EXIT_STALLED',
  'ERR_MIX_MIXNET_NO_ROUTE',
  'ERR_MIX_MIXNET_UNDELIVERED',
] as const);

/** Servers that think so long before the first byte of an answer are few. */
const LONG_SILENCE: Milliseconds = 20_000;

function closedError(): MixnetError {
  return new MixnetError('ERR_MIX_EXIT_CLOSED', { message: 'The stream was closed.' });
}
