import type { Milliseconds, Platform, Timer } from '../platform/platform.ts';

/** One platform timer for a thing with many deadlines: set it to the earliest, again whenever that changes. */
export class Alarm {
  readonly #platform: Platform;
  readonly #ring: () => void;
  #timer: Timer | undefined;
  #at: Milliseconds | undefined;

  constructor(platform: Platform, ring: () => void) {
    this.#platform = platform;
    this.#ring = ring;
  }

  /** Rings once, at `at` of the platform's clock, and forgets what it was set to; `undefined` silences it. */
  set(at: Milliseconds | undefined): void {
    if (at === this.#at) return;
    this.#timer?.cancel();
    this.#at = at;
    this.#timer = at === undefined ? undefined : this.#platform.setTimer(() => this.#fire(), this.#delayUntil(at));
  }

  /** The same, unless it is set already. */
  setIfUnset(at: Milliseconds): void {
    if (this.#at === undefined) this.set(at);
  }

  #fire(): void {
    this.#timer = undefined;
    this.#at = undefined;
    this.#ring();
  }

  #delayUntil(at: Milliseconds): Milliseconds {
    return Math.max(0, at - this.#platform.now());
  }
}
