import { MixnetError } from '../errors.ts';
import * as limits from '../limits.ts';
import type { Lane } from './lanes.ts';

/**
 * Accounts for every message between its acceptance and its end: all its fragments acknowledged, one of them given up,
 * its signal, its lane dropped, or the client closed, whichever comes first. `ended` is then called once, so that whoever
 * holds parts of the message (lanes, timers, parked replies) lets go.
 */
export class Deliveries {
  readonly #open = new Map<Lane, Set<Delivery>>();
  readonly #hold: () => () => void;
  readonly #ended: (delivery: Delivery) => void;
  readonly #waitingForIdle: (() => void)[] = [];
  #release = () => {};
  /** Messages that somebody waits for. */
  #awaited = 0;
  #count = 0;
  #bytes = 0;
  #refusal: MixnetError | undefined;
  #closed = false;

  /** `hold` keeps the process alive while somebody waits for a message, until what it returns is called. */
  constructor(hold: () => () => void, ended: (delivery: Delivery) => void) {
    this.#hold = hold;
    this.#ended = ended;
  }

  /** Messages that have not ended. */
  get count(): number {
    return this.#count;
  }

  /** Throws `signal.reason`, what `refuse` was told or, above the limit on waiting data, ERR_MIX_USAGE_BUSY. */
  open(lane: Lane, bytes: number, signal?: AbortSignal): Delivery {
    signal?.throwIfAborted();
    if (this.#refusal !== undefined) throw this.#refusal;
    if (this.#bytes >= MAX_WAITING_BYTES || this.#count >= MAX_WAITING_MESSAGES) {
      throw new MixnetError('ERR_MIX_USAGE_BUSY');
    }
    const delivery: Delivery = new Delivery(lane, bytes, () => this.#remove(delivery, true), signal);
    this.#add(delivery);
    this.#awaited += 1;
    if (this.#awaited === 1) this.#release = this.#hold();
    return delivery;
  }

  /**
   * For messages of the client itself, which nobody waits for: reply blocks, and requests for them. Also while others are
   * refused, since those may need them. `undefined` after `close`, or above the limit on messages.
   */
  openUnawaited(lane: Lane): Delivery | undefined {
    if (this.#closed || this.#count >= MAX_WAITING_MESSAGES) return undefined;
    const delivery: Delivery = new Delivery(lane, 0, () => this.#remove(delivery, false));
    this.#add(delivery);
    return delivery;
  }

  /** What is accepted on a lane and not yet acknowledged, wherever it waits. */
  unacknowledged(lane: Lane): { readonly messages: number; readonly bytes: number } {
    const inLane = this.#open.get(lane);
    let bytes = 0;
    for (const delivery of inLane ?? []) bytes += delivery.unacknowledgedBytes;
    return { messages: inLane?.size ?? 0, bytes };
  }

  failLane(lane: Lane, error: unknown): void {
    for (const delivery of [...(this.#open.get(lane) ?? [])]) delivery.fail(error);
  }

  failAll(error: unknown): void {
    for (const lane of [...this.#open.keys()]) this.failLane(lane, error);
  }

  /** From now on `open` throws `error`. What is open goes on. */
  refuse(error: MixnetError): void {
    this.#refusal = error;
  }

  /** Nothing is accepted any more, and what is open fails. */
  close(error: MixnetError): void {
    this.#refusal = error;
    this.#closed = true;
    this.failAll(error);
  }

  /** Resolves when nobody waits for any message. */
  idle(): Promise<void> {
    return this.#awaited === 0 ? Promise.resolve() : new Promise(resolve => this.#waitingForIdle.push(resolve));
  }

  #add(delivery: Delivery): void {
    this.#open.set(delivery.lane, (this.#open.get(delivery.lane) ?? new Set()).add(delivery));
    this.#count += 1;
    this.#bytes += delivery.bytes;
  }

  #remove(delivery: Delivery, awaited: boolean): void {
    const inLane = this.#open.get(delivery.lane);
    inLane?.delete(delivery);
    if (inLane?.size === 0) this.#open.delete(delivery.lane);
    this.#count -= 1;
    this.#bytes -= delivery.bytes;
    this.#ended(delivery);
    if (!awaited) return;
    this.#awaited -= 1;
    if (this.#awaited > 0) return;
    this.#release();
    for (const resolve of this.#waitingForIdle.splice(0)) resolve();
  }
}

/** One accepted message. */
export class Delivery {
  readonly lane: Lane;
  /** Of the caller's data. */
  readonly bytes: number;
  /** Resolves when the last fragment is acknowledged; rejects with the reason when the message is given up. */
  readonly done: Promise<void>;

  readonly #closed: () => void;
  readonly #signal: AbortSignal | undefined;
  readonly #abort = () => this.fail(this.#signal?.reason);
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #ended = false;
  #fragments = 1;
  #unacknowledged = 1;

  constructor(lane: Lane, bytes: number, closed: () => void, signal?: AbortSignal) {
    this.lane = lane;
    this.bytes = bytes;
    this.#closed = closed;
    this.#signal = signal;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.done.catch(() => {}); // who does not wait for it has no unhandled rejection
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  get ended(): boolean {
    return this.#ended;
  }

  get unacknowledgedBytes(): number {
    return Math.ceil((this.bytes * this.#unacknowledged) / this.#fragments);
  }

  /** Says how many acknowledgements the message waits for: one, unless told. */
  divide(fragments: number): void {
    this.#fragments = fragments;
    this.#unacknowledged = fragments;
  }

  acknowledge(): void {
    this.#unacknowledged -= 1;
    if (this.#unacknowledged === 0) this.#end(this.#resolve);
  }

  fail(error: unknown): void {
    this.#end(() => this.#reject(error));
  }

  #end(settle: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#signal?.removeEventListener('abort', this.#abort);
    settle();
    this.#closed();
  }
}

/** Data accepted while this much waits is refused. One message may exceed it: it is in the caller's memory anyway. */
export const MAX_WAITING_BYTES = limits.waitingBytes;
export const MAX_WAITING_MESSAGES = limits.waitingMessages;
