import type { ReplySurb } from '../message/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import { Alarm } from './alarm.ts';
import { BuildTime } from './build-time.ts';

/** Reply blocks to be made. Only one of `done` and `failed` is called, once, unless nobody wants them any more. */
export interface SurbOrder {
  readonly amount: number;
  /** Made before those that are not: somebody waits for the message they travel in. */
  readonly urgent: boolean;
  /** Whom they are for. What is not urgent is made for all of them by turns. */
  readonly owner: object;
  wanted(): boolean;
  make(): ReplySurb;
  done(surbs: readonly ReplySurb[]): void;
  failed(error: unknown): void;
}

interface Waiting {
  readonly order: SurbOrder;
  readonly surbs: ReplySurb[];
  /** How many of the same owner were in front of it when it came. */
  readonly turn: number;
}

/**
 * Makes reply blocks one order after the other, in slices of a few milliseconds between which other tasks have their turn,
 * and none that would not be done before the next slot of the traffic streams: a hundred of them must not delay a packet.
 * What fits into the first slice is done at once.
 */
export class SurbWorkshop {
  readonly #platform: Platform;
  readonly #nextSlot: () => Milliseconds;
  readonly #alarm: Alarm;
  readonly #buildTime = new BuildTime();
  readonly #orders: Waiting[] = [];
  #waiting = false;

  /** `nextSlot`: when the next packet is due. */
  constructor(platform: Platform, nextSlot: () => Milliseconds) {
    this.#platform = platform;
    this.#nextSlot = nextSlot;
    this.#alarm = new Alarm(platform, () => {
      this.#waiting = false;
      this.#slice(true);
    });
  }

  order(order: SurbOrder): void {
    const turn = order.urgent ? 0 : this.#orders.filter(waiting => isAhead(waiting, order.owner)).length;
    // A destination that is asked first must not keep those behind it from their first answer.
    const before = this.#orders.findIndex(other => !other.order.urgent && (order.urgent || other.turn > turn));
    this.#orders.splice(before === -1 ? this.#orders.length : before, 0, { order, surbs: [], turn });
    if (!this.#waiting) this.#slice(false);
  }

  stop(): void {
    this.#alarm.set(undefined);
    this.#orders.length = 0;
  }

  /** After a wait at least one is made, whatever is due: packets that are always late must not leave none at all. */
  #slice(waited: boolean): void {
    const start = this.#platform.now();
    const nextSlot = this.#nextSlot();
    let now = start;
    for (let made = 0; this.#orders.length > 0; made++) {
      if (made === MAX_SLICE || now - start > SLICE_MS) {
        this.#continueAt(now);
        return;
      }
      // After the slot, and after the packet for the one behind it has been built.
      const fits = nextSlot - now >= this.#buildTime.longest;
      if (!fits && (made > 0 || !waited)) {
        this.#continueAt(Math.max(now, nextSlot) + AFTER_SLOT_MS);
        return;
      }
      this.#makeOne();
      const before = now;
      now = this.#platform.now();
      this.#buildTime.add(now - before);
    }
  }

  #continueAt(time: Milliseconds): void {
    this.#waiting = true;
    this.#alarm.set(time);
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

function isAhead({ order }: Waiting, owner: object): boolean {
  return !order.urgent && order.owner === owner;
}

/** A frame of a page has 16 ms, and a gap of the main stream 20 on average. */
const SLICE_MS = 5;
/** For a clock that stands still while code runs. */
const MAX_SLICE = 16;
const AFTER_SLOT_MS = 1;
