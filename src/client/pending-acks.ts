import type { Milliseconds } from '../platform/platform.ts';
import { type Deadline, DeadlineQueue } from './deadline-queue.ts';

/** What has to be known of a fragment that is not yet acknowledged. Users of `PendingAcks` add their own to it. */
export interface PendingFragment {
  readonly id: FragmentKey;
  /** How often it may be sent again; 0 sends it once. */
  readonly maxRetransmissions: number;
}

/** Set id and position in one number: `set · 256 + position`, exact below 2^39. */
export type FragmentKey = number;

export function fragmentKey(id: { readonly set: number; readonly position: number }): FragmentKey {
  return id.set * 256 + id.position;
}

interface Entry<F> {
  readonly fragment: F;
  retransmissions: number;
  timer: Deadline<Entry<F>> | undefined;
}

/**
 * The fragments that wait for an acknowledgement. One is added before its packet is queued, so that no acknowledgement
 * comes too early; its timer runs from the moment its packet is handed to the socket, so that waiting for a slot costs
 * nothing. (Behaviour of `nymtech/nym common/client-core/src/client/real_messages_control/acknowledgement_control`.)
 */
export class PendingAcks<F extends PendingFragment> {
  readonly #entries = new Map<FragmentKey, Entry<F>>();
  readonly #timers = new DeadlineQueue<Entry<F>>();

  get size(): number {
    return this.#entries.size;
  }

  /** When the next timer runs out: the one moment at which `expired` has to be asked. */
  get nextDeadline(): Milliseconds | undefined {
    return this.#timers.next;
  }

  has(id: FragmentKey): boolean {
    return this.#entries.has(id);
  }

  add(fragment: F): void {
    this.#forget(fragment.id);
    this.#entries.set(fragment.id, { fragment, retransmissions: 0, timer: undefined });
  }

  /** The packet has gone to the socket: starts its timer, in place of one that still runs. No effect if not pending. */
  sent(id: FragmentKey, now: Milliseconds, timeout: Milliseconds): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#stop(entry);
    entry.timer = this.#timers.add(entry, now + timeout);
  }

  /** Returns the fragment, which is pending no more; `undefined` for late and repeated acknowledgements. */
  acked(id: FragmentKey): F | undefined {
    return this.#forget(id);
  }

  /**
   * What has not been acknowledged in time: `again` are counted as retransmitted and stay pending, without a timer until
   * `sent`; `lost` have reached their limit and are pending no more.
   */
  expired(now: Milliseconds): { readonly again: readonly F[]; readonly lost: readonly F[] } {
    const again: F[] = [];
    const lost: F[] = [];
    for (const entry of this.#timers.expire(now)) {
      entry.timer = undefined;
      if (entry.retransmissions < entry.fragment.maxRetransmissions) {
        entry.retransmissions += 1;
        again.push(entry.fragment);
      } else {
        this.#entries.delete(entry.fragment.id);
        lost.push(entry.fragment);
      }
    }
    return { again, lost };
  }

  /** Stops waiting for a fragment, whatever its state: nobody wants it delivered any more. */
  drop(id: FragmentKey): void {
    this.#forget(id);
  }

  #forget(id: FragmentKey): F | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    this.#stop(entry);
    this.#entries.delete(id);
    return entry.fragment;
  }

  #stop(entry: Entry<F>): void {
    if (entry.timer !== undefined) this.#timers.remove(entry.timer);
    entry.timer = undefined;
  }
}
