/**
 * How many reply blocks (SURBs) an exit should hold for one pseudonym, and how they get there. One answers one packet,
 * and an exit that runs out loses a round trip to ask: so they are sent ahead, for free in the unused room of packets
 * that go anyway, then in messages of their own.
 */

import type { Milliseconds } from '../platform/platform.ts';

/** What one connection of the pseudonym wants. */
export interface CreditDemand {
  /** Its reader is too slow already. */
  readonly lagging: boolean;
  /** Something was sent up that nothing has come back for. */
  readonly awaiting: boolean;
  /** How much more will come, where known. */
  readonly expectedBytes: number | undefined;
}

/** An exit never spends its last ten reply blocks of a sender on data; it asks for more with them. */
export const SURB_RESERVE = 10;

export class SurbCredit {
  readonly #used: { readonly at: Milliseconds; readonly packets: number }[] = [];

  /** A reply of that many bytes has come, to a connection whose reader keeps up and of which it is not known how much will come. */
  received(bytes: number, now: Milliseconds): void {
    this.#used.push({ at: now, packets: Math.ceil((bytes + REPLY_OVERHEAD) / FRAGMENT_BYTES) });
    this.#forgetBefore(now - RECENTLY);
  }

  /**
   * Whether nobody would read what comes. The exit serves all connections from the same reply blocks: beside one that lags
   * behind, one that merely stays open would get nearly none of those that are given for it.
   */
  holdsBack(demands: readonly CreditDemand[], now: Milliseconds): boolean {
    const keepingUp = demands.filter(({ lagging }) => !lagging);
    if (keepingUp.length === demands.length) return false;
    this.#forgetBefore(now - RECENTLY);
    const busy = keepingUp.some(({ awaiting, expectedBytes }) => awaiting || expectedBytes !== undefined);
    return keepingUp.length === 0 || !(busy || this.#used.length > 0);
  }

  /** What the exit should hold. */
  target(demands: readonly CreditDemand[], now: Milliseconds): number {
    if (this.holdsBack(demands, now)) return 0;
    this.#forgetBefore(now - RECENTLY);
    let packets = 0;
    let open = false;
    for (const { lagging, awaiting, expectedBytes } of demands) {
      if (lagging) continue;
      if (expectedBytes !== undefined) packets += Math.ceil(expectedBytes / REPLY_BYTES);
      else {
        packets += awaiting ? FIRST_ANSWER_PACKETS : 1;
        open = true;
      }
    }
    if (packets === 0) return 0;
    const recent = this.#used.reduce((sum, { packets }) => sum + packets, 0);
    if (open) packets = Math.max(packets, Math.ceil(recent * GROWTH));
    return SURB_RESERVE + Math.min(packets + SPARE, MAX_AHEAD);
  }

  /** How many SURBs ride in a message of that many bytes: what its last packet has room for, as far as they are wanted. */
  riding(messageBytes: number, held: number, target: number): number {
    const bytes = messageBytes + REPLIABLE_OVERHEAD;
    const room = Math.ceil(bytes / FRAGMENT_BYTES) * FRAGMENT_BYTES - bytes;
    return Math.max(0, Math.min(Math.floor(room / SURB_BYTES), target - held));
  }

  /**
   * How many SURBs to send in messages of their own, one number a message. A few travel in single packets, each of use
   * on its own; many in messages of three packets, which hold ten.
   */
  topUps(held: number, target: number): number[] {
    const missing = target - held;
    const size = missing >= MANY_MISSING ? SURBS_IN_THREE_PACKETS : SURBS_IN_A_PACKET;
    return Array.from({ length: Math.max(0, Math.floor(missing / size)) }, () => size);
  }

  #forgetBefore(time: Milliseconds): void {
    while ((this.#used[0]?.at ?? time) < time) this.#used.shift();
  }
}

/** What the smallest packet carries of a message that fits into one set. */
const FRAGMENT_BYTES = 1604;
/** A SURB with key seeds, on a route of four hops. */
const SURB_BYTES = 460;
/** Message type, sender tag, content tag, header of the SURB list, padding mark. */
const REPLIABLE_OVERHEAD = 23;
/** Message type, content tag, padding mark. */
const REPLY_OVERHEAD = 3;
/** What a packet from the exit carries of a stream: an exit reads what is there, and fills its last packet badly. */
const REPLY_BYTES = 1400;
/** "Connected", and what an exit reads at a time: 16 KiB are eleven packets. */
const FIRST_ANSWER_PACKETS = 12;
/** For messages that the exit sends again. */
const SPARE = 2;
/** An exit keeps up to 200 of a sender, and asks for more below that only. */
const MAX_AHEAD = 180;
/** Longer than SURBs take to the exit and back. */
const RECENTLY: Milliseconds = 2000;
const GROWTH = 1.5;
const SURBS_IN_A_PACKET = 3;
const SURBS_IN_THREE_PACKETS = 10;
const MANY_MISSING = 30;
