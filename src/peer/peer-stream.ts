/** Web streams over a `PeerConnection`: its frames on their lane, its deadline on a timer. */

import { type Deferred, deferred } from '../deferred.ts';
import { MixnetError } from '../errors.ts';
import * as limits from '../limits.ts';
import type { Milliseconds, Platform, Timer } from '../platform/platform.ts';
import {
  type CreditDemand,
  MAX_SEND_BYTES,
  MAX_UNACKNOWLEDGED_BYTES,
  type MixnetStream,
  ReadableEnd,
  type StreamCore,
  WritableEnd,
} from '../stream/index.ts';
import { encodePeerFrame, type PeerFrame, type StreamId } from './frame.ts';
import { type PeerAction, PeerConnection, type PeerConnectionOptions } from './peer-connection.ts';

/** The way to the other client. */
export interface PeerWay {
  send(message: Uint8Array, lane: string): Promise<void>;
  /** Brings the other side's reply blocks to what its answers will use. */
  topUp(): void;
  /** Nothing more goes this way. */
  release(): void;
}

export interface PeerStreamOptions extends Pick<PeerConnectionOptions, 'id' | 'side'> {
  readonly core: Pick<StreamCore, 'unacknowledged' | 'dropLane'>;
  readonly platform: Pick<Platform, 'now' | 'setTimer'>;
  readonly way: PeerWay;
  readonly lane: string;
  readonly connectTimeout: Milliseconds;
  readonly expectedBytes?: number | undefined;
  /** Until the stream is open. */
  readonly signal?: AbortSignal | undefined;
  /** The open frame of who dials has come. */
  readonly begun?: () => void;
  /** Called once, when nothing is left of it. */
  readonly released: () => void;
}

export class PeerStream implements MixnetStream {
  readonly opened: Promise<void>;
  readonly closed: Promise<void>;
  readonly id: StreamId;
  readonly #options: PeerStreamOptions;
  readonly #machine: PeerConnection;
  readonly #settle: { opened: Deferred; closed: Deferred };
  readonly #reading: ReadableEnd;
  readonly #writing: WritableEnd;
  #timer: { readonly at: Milliseconds; readonly timer: Timer } | undefined;
  #finished = false;
  /** What is written goes out now, come what may. */
  #hurried = false;
  /** For the program, it is over; the last frames may still be on their way. */
  #over = false;
  #forgotten = false;

  constructor(options: PeerStreamOptions) {
    const { id, side, platform, signal, connectTimeout, expectedBytes } = options;
    this.id = id;
    this.#options = options;
    this.#machine = new PeerConnection({ id, side, now: platform.now(), connectTimeout });
    if (expectedBytes !== undefined) this.#machine.expect(expectedBytes);
    const [opened, closed] = [deferred(), deferred()];
    [this.opened, this.closed] = [opened.promise, closed.promise];
    this.#settle = { opened, closed };
    this.#reading = new ReadableEnd({
      taken: bytes => this.#taken(bytes),
      cancelled: reason => this.#abort(reason),
    });
    this.#writing = new WritableEnd(platform, {
      room: () => this.#room(),
      send: piece => this.#send(piece),
      turnEnded: () => this.#turnEnded(),
      finished: () => {
        this.#finished = true;
      },
      aborted: reason => this.#abort(reason),
    });
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#arm();
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#reading.readable;
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#writing.writable;
  }

  /** What waits for the program. */
  get waitingBytes(): number {
    return this.#machine.waitingBytes;
  }

  get demand(): CreditDemand | undefined {
    return this.#machine.demand;
  }

  /** Who dials opens the stream with what is written in this turn. */
  dial(): void {
    if (this.#options.signal?.aborted) this.#onAbort();
    else this.#writing.flushAtEndOfTurn();
  }

  /** The program has taken it. */
  accept(): void {
    this.#apply(this.#machine.accept());
  }

  expect(bytes: number): void {
    this.#machine.expect(bytes);
    this.#options.way.topUp();
  }

  close(reason?: unknown): Promise<void> {
    if (reason === undefined) this.#close();
    else this.#fail(reason);
    return this.closed.catch(() => {});
  }

  received(frame: PeerFrame): void {
    this.#apply(this.#machine.received(frame, this.#options.platform.now()));
  }

  /** Without a word to the other side. */
  forget(): void {
    if (this.#forgotten) return;
    this.#forgotten = true;
    const { core, lane, way, signal, released } = this.#options;
    signal?.removeEventListener('abort', this.#onAbort);
    this.#timer?.timer.cancel();
    core.dropLane(lane);
    way.release();
    released();
  }

  readonly #onAbort = (): void => this.#fail(this.#options.signal?.reason);

  // Up.

  /** What is on its way must not exceed what the SDK puts in order: beyond 256 messages it leaves out the missing one. */
  #room(): number {
    if (this.#machine.held || this.#over) return 0;
    if (!this.#machine.maySend) return MAX_SEND_BYTES;
    const { messages, bytes } = this.#options.core.unacknowledged(this.#options.lane);
    return messages < MAX_UNACKNOWLEDGED_MESSAGES ? Math.max(0, MAX_UNACKNOWLEDGED_BYTES - bytes) : 0;
  }

  #send(piece: Uint8Array): boolean {
    if (!this.#machine.maySend && !this.#hurried) return false;
    const opens = this.#options.side === 'dialler' && !this.#machine.begun;
    this.#apply(opens ? this.#machine.open(piece) : this.#machine.write(piece));
    return true;
  }

  #turnEnded(): void {
    if (this.#over) return;
    const { side, way, platform } = this.#options;
    if (side === 'dialler' && !this.#machine.begun) this.#apply(this.#machine.open(new Uint8Array(0)));
    if (this.#finished && this.#writing.unsentBytes === 0 && this.#machine.maySend) {
      this.#apply(this.#machine.finish(platform.now()));
    }
    way.topUp();
  }

  // Down.

  #taken(bytes: number): void {
    const lagged = this.#machine.lagging;
    this.#apply(this.#machine.taken(bytes));
    if (lagged && !this.#machine.lagging && !this.#forgotten) this.#options.way.topUp();
  }

  // What the machine decides.

  #apply(actions: readonly PeerAction[]): void {
    for (const action of actions) this.#do(action);
    this.#arm();
  }

  #do(action: PeerAction): void {
    switch (action.do) {
      case 'send':
        this.#sendFrame(action.frame);
        return;
      case 'opened':
        this.#options.signal?.removeEventListener('abort', this.#onAbort);
        this.#settle.opened.resolve();
        this.#options.begun?.();
        return;
      case 'deliver':
        if (!this.#over) this.#reading.push(action.data);
        return;
      case 'end':
        if (!this.#over) this.#reading.end();
        return;
      case 'deafen':
        this.#over = true;
        this.#writing.deafen();
        return;
      case 'resume':
        if (this.#writing.unsentBytes > 0 || this.#finished) this.#writing.flush();
        this.#writing.roomMayHaveCome();
        return;
      case 'closed':
        this.#settle.closed.resolve();
        return;
      case 'fail':
        this.#end(action.error);
        return;
      case 'forget':
        this.forget();
    }
  }

  #sendFrame(frame: PeerFrame): void {
    const { core, lane, way, platform } = this.#options;
    // What is given up must not hold up the word that it is.
    if (frame.type === 'end' && frame.how === 'abort') core.dropLane(lane);
    way.send(encodePeerFrame(frame), lane).then(
      () => {
        if (this.#forgotten) return;
        if (frame.type === 'open') this.#apply(this.#machine.openAcknowledged(platform.now()));
        else this.#machine.acknowledged(platform.now());
        if (core.unacknowledged(lane).messages === 0) this.#apply(this.#machine.drained());
        if (this.#machine.maySend) this.#writing.roomMayHaveCome();
        this.#arm();
      },
      (error: unknown) => {
        if (!this.#forgotten && !this.#over) this.#fail(error);
      },
    );
  }

  #arm(): void {
    const at = this.#forgotten ? undefined : this.#machine.nextDeadline;
    if (at === this.#timer?.at) return;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    if (at === undefined || at === Number.POSITIVE_INFINITY) return;
    const { platform } = this.#options;
    const tick = () => {
      this.#timer = undefined;
      this.#apply(this.#machine.tick(platform.now()));
    };
    this.#timer = { at, timer: platform.setTimer(tick, at - platform.now()) };
  }

  // The end.

  /** What was written is still sent. */
  #close(): void {
    if (this.#over) return;
    this.#hurried = true;
    if (this.#machine.begun || this.#writing.unsentBytes > 0) this.#writing.flush();
    this.#over = true;
    const error = new MixnetError('ERR_MIX_PEER_CLOSED');
    this.#apply(this.#machine.close(this.#options.platform.now()));
    this.#settle.opened.reject(error);
    this.#settle.closed.resolve();
    this.#reading.cut();
    this.#writing.fail(error);
  }

  #abort(reason: unknown): void {
    this.#fail(reason ?? new MixnetError('ERR_MIX_PEER_CLOSED'));
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#end(error);
    this.#apply(this.#machine.abort(this.#options.platform.now()));
  }

  #end(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#settle.opened.reject(error);
    this.#settle.closed.reject(error);
    this.#reading.fail(error);
    this.#writing.fail(error);
  }
}

const MAX_UNACKNOWLEDGED_MESSAGES = limits.peerUnacknowledgedMessages;
