import * as limits from '../limits.ts';
import type { ReplySurb } from '../message/index.ts';
import type { Milliseconds } from '../platform/platform.ts';
import { rotationMarker } from '../sphinx/index.ts';
import type { RotationView } from './rotation-view.ts';

interface Held {
  readonly surb: ReplySurb;
  readonly receivedAt: Milliseconds;
}

/**
 * The reply blocks of one anonymous sender, first come first used. Stale ones, of the rotation that is being replaced, are
 * used when there is nothing better and thrown away when nodes no longer accept them.
 */
export class SurbStock {
  #fresh: Held[] = [];
  #stale: Held[] = [];
  /** Those that were taken, as they were held. */
  readonly #taken = new WeakMap<ReplySurb, Held>();
  #view: RotationView | undefined;

  constructor(view: RotationView | undefined) {
    this.#view = view;
  }

  get fresh(): number {
    return this.#fresh.length;
  }

  get available(): number {
    return this.#fresh.length + this.#stale.length;
  }

  add(surbs: readonly ReplySurb[], now: Milliseconds): void {
    for (const surb of surbs) this.#queueFor(surb).push({ surb, receivedAt: now });
    this.#stale.splice(0, Math.max(0, this.#fresh.length - STALE_KEPT_BELOW));
    this.#stale.splice(0, Math.max(0, this.available - MAX_HELD));
    this.#fresh.splice(0, Math.max(0, this.available - MAX_HELD));
  }

  take(): ReplySurb | undefined {
    const held = this.#fresh.shift() ?? this.#stale.shift();
    if (held !== undefined) this.#taken.set(held.surb, held);
    return held?.surb;
  }

  /** A reply block that was taken and not used: it is the next to be taken again. */
  giveBack(surb: ReplySurb): void {
    const held = this.#taken.get(surb);
    if (held === undefined || !this.#taken.delete(surb) || this.available >= MAX_HELD) return;
    // It may have waited in a lane until its rotation was over.
    const view = this.#view;
    const maybeOver = view !== undefined && !view.previousAccepted && surb.rotation !== rotationMarker(view.rotation);
    if (!maybeOver) this.#queueFor(surb).unshift(held);
  }

  /** The network's keys may have changed; returns how many reply blocks became stale by it. */
  rotate(view: RotationView): number {
    const before = this.#view;
    this.#view = view;
    let turned: Held[] = [];
    if (before !== undefined && view.rotation > before.rotation) {
      const replaced = rotationMarker(before.rotation);
      // After a longer sleep the parity says nothing: all are from before.
      const isOld = ({ surb }: Held) =>
        view.rotation > before.rotation + 1 || surb.rotation === replaced || surb.rotation === 0;
      turned = this.#fresh.filter(isOld);
      this.#fresh = this.#fresh.filter(held => !isOld(held));
      this.#stale = view.rotation === before.rotation + 1 ? turned : [];
    }
    if (!view.previousAccepted) this.#stale = [];
    return Math.min(turned.length, this.#stale.length);
  }

  /** Drops those whose reply nobody could read any more. */
  prune(now: Milliseconds): void {
    const isYoung = ({ receivedAt }: Held) => now - receivedAt < MAX_AGE;
    this.#fresh = this.#fresh.filter(isYoung);
    this.#stale = this.#stale.filter(isYoung);
  }

  /**
   * Of the other parity are those of the rotation before, while it is accepted; afterwards only a sender who knows of the
   * next rotation earlier than we do can have made them.
   */
  #queueFor({ rotation }: ReplySurb): Held[] {
    if (this.#view === undefined || rotation === 0 || !this.#view.previousAccepted) return this.#fresh;
    return rotation === rotationMarker(this.#view.rotation) ? this.#fresh : this.#stale;
  }
}

/** Twice the `maximum_reply_surb_storage_threshold` of Nym's clients, which set no limit. */
export const MAX_HELD = limits.surbsOfSender;
/** Stale ones are given up for fresh ones beyond the usual reserve. */
const STALE_KEPT_BELOW = 10;
/** As long as the sender keeps the keys to open replies with. */
const MAX_AGE: Milliseconds = 24 * 3_600_000;
