import type {
  Milliseconds,
  Platform,
  RandomBytes,
  WebSocketConnection,
  WebSocketHandlers,
} from '../../src/platform/platform.ts';
import { seededRandom } from './seeded-random.ts';

export interface VirtualPlatformOptions {
  /** Seed of `randomBytes`. Default 'virtual'. */
  readonly seed?: string;
  /** Unix time at the start, ms. Default 2026-05-01T12:00:00Z. */
  readonly wallTime?: Milliseconds;
  readonly openWebSocket?: (url: string, handlers: WebSocketHandlers) => WebSocketConnection;
  readonly directoryFetch?: Platform['directoryFetch'];
}

interface PendingTimer {
  readonly at: Milliseconds;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A platform whose clock the test moves. `advance(ms)` fires the timers that fall due, in their order, each at its own
 * time, and after each lets everything run that it set in motion.
 */
export class VirtualPlatform implements Platform {
  readonly randomBytes: RandomBytes;
  readonly openWebSocket: Platform['openWebSocket'];
  readonly directoryFetch: Platform['directoryFetch'];
  readonly #wallStart: Milliseconds;
  readonly #timers = new Set<PendingTimer>();
  #now: Milliseconds = 0;
  #wallShift: Milliseconds = 0;
  #ordered = 0;
  #holders = 0;

  constructor(options: VirtualPlatformOptions = {}) {
    this.randomBytes = seededRandom(options.seed ?? 'virtual');
    this.#wallStart = options.wallTime ?? Date.UTC(2026, 4, 1, 12);
    this.openWebSocket = options.openWebSocket ?? (() => unexpected('websocket'));
    this.directoryFetch = options.directoryFetch ?? (async () => unexpected('directory request'));
  }

  now(): Milliseconds {
    return this.#now;
  }

  wallTime(): Milliseconds {
    return this.#wallStart + this.#wallShift + this.#now;
  }

  /** As when somebody sets the clock of the machine. */
  shiftWallTime(by: Milliseconds): void {
    this.#wallShift += by;
  }

  setTimer(callback: () => void, delay: Milliseconds) {
    const timer = { at: this.#now + Math.max(0, delay), order: this.#ordered++, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
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

  async advance(ms: Milliseconds): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let due = this.#next(end); due !== undefined; due = this.#next(end)) {
      this.#now = due.at;
      this.#timers.delete(due);
      due.callback();
      await settle();
    }
    this.#now = end;
  }

  #next(end: Milliseconds): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  }
}

/** Lets promise reactions run that are ready now, and those that they make ready. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve));
}

function unexpected(what: string): never {
  throw new Error(`this test expects no ${what}`);
}
