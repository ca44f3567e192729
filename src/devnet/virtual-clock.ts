/**
 * A platform whose time is not real: it stands still while anything is being worked on, and then jumps to the next timer.
 * A minute of waiting takes as long as its work, and with the devnet's in-process transport and a seed every run is the
 * same.
 *
 * @module
 */

import type { Milliseconds, Platform, Timer, WebSocketConnection, WebSocketHandlers } from '../platform/platform.ts';
import { pendingWork, realTime, turnOfTheLoop } from './event-loop.ts';
import { seededRandom } from './seeded-random.ts';
import { TimerQueue } from './timer-queue.ts';

export interface VirtualPlatformOptions {
  /** Of `randomBytes`. Default 'virtual'. */
  readonly seed?: string;
  /** Unix time at the start, ms. Default 2026-05-01T12:00:00Z. */
  readonly wallTime?: Milliseconds;
  /**
   * Nothing but promises is ever at work: no socket, stream or thread. Time then moves on as soon as they have settled, and
   * hours pass in seconds. Default false.
   */
  readonly promisesOnly?: boolean;
  /** Default: throws. A devnet's `clientPlatform()` brings its own. */
  readonly openWebSocket?: (url: string, handlers: WebSocketHandlers) => WebSocketConnection;
  /** Default: rejects. */
  readonly directoryFetch?: Platform['directoryFetch'];
}

/**
 * Nothing happens by itself: `advance` and `until` move the time. Work that goes through real sockets of this process may
 * take part, since the event loop is polled before each jump; the threads of `zlib` and Web Cryptography cannot be seen, so
 * that time may move while they work.
 */
export class VirtualPlatform implements Platform {
  readonly randomBytes: Platform['randomBytes'];
  readonly openWebSocket: Platform['openWebSocket'];
  readonly directoryFetch: Platform['directoryFetch'];
  readonly #timers = new TimerQueue();
  readonly #wallStart: Milliseconds;
  readonly #promisesOnly: boolean;
  #wallShift: Milliseconds = 0;
  #now: Milliseconds = 0;
  #holders = 0;
  /** Counts whatever code asks of this platform: as long as it changes, something is at work. */
  #activity = 0;
  /** Calls of `advance` and `until` take turns. */
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(options: VirtualPlatformOptions = {}) {
    const random = seededRandom(options.seed ?? 'virtual');
    this.randomBytes = length => {
      this.#activity += 1;
      return random(length);
    };
    this.#promisesOnly = options.promisesOnly ?? false;
    this.#wallStart = options.wallTime ?? Date.UTC(2026, 4, 1, 12);
    this.openWebSocket = options.openWebSocket ?? (() => unexpected('websocket'));
    this.directoryFetch = options.directoryFetch ?? (async () => unexpected('directory request'));
  }

  now(): Milliseconds {
    this.#activity += 1;
    return this.#now;
  }

  wallTime(): Milliseconds {
    this.#activity += 1;
    return this.#wallStart + this.#wallShift + this.#now;
  }

  /** As when somebody sets the clock of the machine. */
  shiftWallTime(by: Milliseconds): void {
    this.#wallShift += by;
  }

  setTimer(callback: () => void, delay: Milliseconds): Timer {
    this.#activity += 1;
    const timer = this.#timers.add(this.#now + Math.max(0, delay), callback);
    return {
      cancel: () => {
        this.#activity += 1;
        this.#timers.cancel(timer);
      },
    };
  }

  hold(): () => void {
    this.#holders += 1;
    let holding = true;
    return () => {
      if (holding) this.#holders -= 1;
      holding = false;
    };
  }

  /** Timers that are set and not yet due: zero when nothing was left behind. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  get holders(): number {
    return this.#holders;
  }

  /** Lets `ms` pass: each timer that falls due fires at its own time, and what it sets in motion comes to rest before the next. */
  advance(ms: Milliseconds): Promise<void> {
    return this.#inTurn(async () => {
      const end = this.#now + ms;
      await this.#settle();
      while (this.#fireNext(end)) await this.#settle();
      this.#now = end;
    });
  }

  /**
   * Lets as much time pass as `work` needs, and gives its result. Rejects when `work` does, when it is not done after `limit`
   * (default one hour of virtual time), or when nothing is left that could finish it.
   */
  until<T>(work: Promise<T>, { limit = 3_600_000 }: { readonly limit?: Milliseconds } = {}): Promise<T> {
    let done = false;
    const finished = () => {
      done = true;
    };
    work.then(finished, finished);
    return this.#inTurn(async () => {
      const end = this.#now + limit;
      for (;;) {
        await this.#settle();
        if (done) return work;
        if (!this.#fireNext(end) && !(await this.#somethingComes(() => done))) {
          throw new Error(this.#timers.size === 0 ? 'no timer is left that could finish this' : 'not done in time');
        }
      }
    });
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(act);
    this.#lastTurn = turn.catch(() => {});
    return turn;
  }

  #fireNext(end: Milliseconds): boolean {
    const next = this.#timers.peek();
    if (next === undefined || next.at > end) return false;
    this.#timers.take();
    this.#now = Math.max(this.#now, next.at);
    next.callback();
    return true;
  }

  /** Resolves when nothing has been asked of the platform for some turns of the event loop. */
  async #settle(): Promise<void> {
    if (this.#promisesOnly) return turnOfTheLoop();
    const { quietTurns, requests } = pendingWork();
    let seen = this.#activity;
    const patience = requests ? realTime() + REQUEST_PATIENCE : 0;
    for (let quiet = 0; quiet < quietTurns; quiet++) {
      await turnOfTheLoop();
      if (this.#activity !== seen || (patience > 0 && pendingWork().requests && realTime() < patience)) quiet = -1;
      seen = this.#activity;
    }
  }

  /** With no timer left, only a real socket or thread can bring work. */
  async #somethingComes(done: () => boolean): Promise<boolean> {
    const seen = this.#activity;
    const patience = realTime() + IO_PATIENCE;
    while (realTime() < patience) {
      await turnOfTheLoop();
      if (done() || this.#activity !== seen) return true;
    }
    return false;
  }
}

/** How long a file or a name look-up in flight holds up the clock. */
const REQUEST_PATIENCE: Milliseconds = 200;
/** How long real input is waited for when no timer is left. */
const IO_PATIENCE: Milliseconds = 2_000;

function unexpected(what: string): never {
  throw new Error(`no ${what} is expected here`);
}
