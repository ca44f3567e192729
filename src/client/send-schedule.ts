import { exponential } from '../crypto/sampling.ts';
import type { Milliseconds, RandomBytes } from '../platform/platform.ts';

/**
 * When the slots of one stream fall due: absolute deadlines with independent exponential gaps, as in Loopix
 * (Piotrowska et al., "The Loopix Anonymity System", USENIX Security 2017, §4.2). A deadline is added to the one before
 * it, not to the present, so that timers firing a little late do not lower the rate.
 *
 * Lateness is bounded: after a stall (sleep, a throttled tab, a busy thread) the missed slots are gone and the schedule
 * starts over from now. Catching up would show the gateway a burst that no cover traffic has.
 */
export class SendSchedule {
  /** The present mean gap is that of the options times this: see `SendingDelay`. */
  multiplier = 1;

  readonly #meanMs: number;
  readonly #random: RandomBytes;
  #next: Milliseconds;

  constructor(options: { readonly meanMs: number; readonly random: RandomBytes; readonly now: Milliseconds }) {
    this.#meanMs = options.meanMs;
    this.#random = options.random;
    this.#next = options.now + exponential(options.meanMs, options.random);
  }

  get nextDeadline(): Milliseconds {
    return this.#next;
  }

  /** How many slots have fallen due by `now`: to be sent at once, at most `MAX_SLOTS_AT_ONCE`. Moves the schedule on. */
  due(now: Milliseconds): number {
    if (now < this.#next) return 0;
    if (now - this.#next > MAX_LATENESS_GAPS * this.#meanMs * this.multiplier) {
      this.#restart(now);
      return 1;
    }
    let slots = 0;
    while (this.#next <= now) {
      if (slots === MAX_SLOTS_AT_ONCE) {
        this.#restart(now);
        break;
      }
      slots += 1;
      this.#next += this.#gap();
    }
    return slots;
  }

  #restart(now: Milliseconds): void {
    this.#next = now + this.#gap();
  }

  #gap(): number {
    return exponential(this.#meanMs * this.multiplier, this.#random);
  }
}

/** Late by more mean gaps than this, the schedule starts over. Five gaps of 20 ms cover the jitter of any timer. */
export const MAX_LATENESS_GAPS = 5;

/** Within the bound on lateness too, never more slots than this back to back. */
export const MAX_SLOTS_AT_ONCE = 10;
