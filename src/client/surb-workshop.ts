import type { ReplySurb } from '../message/index.ts';
import type { Platform } from '../platform/platform.ts';
import { Alarm } from './alarm.ts';

/** Reply blocks to be made. Only one of `done` and `failed` is called, once, unless nobody wants them any more. */
export interface SurbOrder {
  readonly amount: number;
  /** Made before those that are not: somebody waits for the message they travel in. */
  readonly urgent: boolean;
  wanted(): boolean;
  make(): ReplySurb;
  done(surbs: readonly ReplySurb[]): void;
  failed(error: unknown): void;
}

/**
 * Makes reply blocks one order after the other, in slices of a few milliseconds between which other tasks have their turn:
 * a hundred of them must not delay a slot of the traffic streams. What fits into the first slice is done at once.
 */
export class SurbWorkshop {
  readonly #platform: Platform;
  readonly #alarm: Alarm;
  readonly #orders: { readonly order: SurbOrder; readonly surbs: ReplySurb[] }[] = [];
  #waiting = false;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#alarm = new Alarm(platform, () => {
      this.#waiting = false;
      this.#slice();
    });
  }

  order(order: SurbOrder): void {
    const before = order.urgent ? this.#orders.findIndex(({ order: { urgent } }) => !urgent) : -1;
    this.#orders.splice(before === -1 ? this.#orders.length : before, 0, { order, surbs: [] });
    if (!this.#waiting) this.#slice();
  }

  stop(): void {
    this.#alarm.set(undefined);
    this.#orders.length = 0;
  }

  #slice(): void {
    const start = this.#platform.now();
    for (let made = 0; this.#orders.length > 0; made++) {
      if (made === MAX_SLICE || this.#platform.now() - start > SLICE_MS) {
        this.#waiting = true;
        this.#alarm.set(this.#platform.now());
        return;
      }
      this.#makeOne();
    }
  }

  #makeOne(): void {
    const first = this.#orders[0];
    if (first === undefined) return;
    const { order, surbs } = first;
    try {
      if (order.wanted() && surbs.length < order.amount) surbs.push(order.make());
      if (order.wanted() && surbs.length < order.amount) return;
      this.#orders.shift();
      if (order.wanted()) order.done(surbs);
    } catch (error) {
      if (this.#orders[0] === first) this.#orders.shift();
      order.failed(error);
    }
  }
}

/** A frame of a page has 16 ms, and a gap of the main stream 20 on average. */
const SLICE_MS = 5;
/** For a clock that stands still while code runs. */
const MAX_SLICE = 16;
