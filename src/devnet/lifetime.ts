import type { Milliseconds, Platform, Timer } from '../platform/platform.ts';

/** Owns the timers of a devnet, and whatever else must not outlive it. */
export class Lifetime {
  readonly #platform: Pick<Platform, 'setTimer'>;
  readonly #timers = new Set<Timer>();
  readonly #endings = new Set<() => void>();
  #ended = false;

  constructor(platform: Pick<Platform, 'setTimer'>) {
    this.#platform = platform;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** After the end, never. A delay of zero is at once, without a timer. */
  after(delay: Milliseconds, callback: () => void): Timer {
    if (this.#ended) return { cancel: () => {} };
    if (delay <= 0) {
      callback();
      return { cancel: () => {} };
    }
    const timer = this.#platform.setTimer(() => {
      this.#timers.delete(timer);
      callback();
    }, delay);
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  /** Calls `ending` at the end, unless the returned function is called before. */
  onEnd(ending: () => void): () => void {
    this.#endings.add(ending);
    return () => void this.#endings.delete(ending);
  }

  end(): void {
    this.#ended = true;
    for (const ending of this.#endings) ending();
    this.#endings.clear();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
