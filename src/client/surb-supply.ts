import * as limits from '../limits.ts';
import { type Recipient, sameRecipient } from '../message/index.ts';
import type { Milliseconds } from '../platform/platform.ts';
import type { Pseudonym } from './pseudonym.ts';

export interface SurbRequest {
  /** Who asks: has to be whom the pseudonym is for. */
  readonly recipient: Recipient;
  readonly amount: number;
}

interface Budget {
  reserve: number;
  at: Milliseconds;
}

/**
 * How much of what is asked for is given. A request names no pseudonym; it came by a reply block, hence it is known whose
 * it is. Each pseudonym has a budget of one largest request; every reply block that is used gives one back, and time gives
 * back the lost ones. An honest exit never notices; one that only ever asks, gets little more than it asks with.
 */
export class SurbSupply {
  readonly #budgets = new Map<Pseudonym, Budget>();
  /** When a restrained pseudonym was last answered. */
  readonly #restrained = new Map<Pseudonym, Milliseconds>();

  /** Pseudonyms that something is remembered of. */
  get pseudonyms(): number {
    return new Set([...this.#budgets.keys(), ...this.#restrained.keys()]).size;
  }

  /** The sizes of the messages to answer with, each so many reply blocks; none for a request that is to be ignored. */
  answer(request: SurbRequest, pseudonym: Pseudonym, now: Milliseconds): readonly number[] {
    if (!sameRecipient(request.recipient, pseudonym.recipient)) return [];
    const budget = this.#budgetAt(pseudonym, now);
    // Never less than what keeps the other side able to ask again, unless it has just been given that.
    const available = budget.reserve <= 0 ? 0 : Math.max(FLOOR, Math.floor(budget.reserve));
    const given = Math.min(request.amount, this.#limit(pseudonym, now), available);
    budget.reserve -= given;
    return surbBatches(given);
  }

  /**
   * While restrained, as few reply blocks are given as keep the other side from giving up: who reads its answers is slower
   * than it sends them.
   */
  restrain(pseudonym: Pseudonym, restrained: boolean): void {
    if (!restrained) this.#restrained.delete(pseudonym);
    else if (!this.#restrained.has(pseudonym)) this.#restrained.set(pseudonym, Number.NEGATIVE_INFINITY);
  }

  /** A reply has come by one of the pseudonym's reply blocks. */
  used(pseudonym: Pseudonym): void {
    const budget = this.#budgets.get(pseudonym);
    if (budget !== undefined) budget.reserve = Math.min(MAX_REQUEST, budget.reserve + 1);
  }

  forget(pseudonym: Pseudonym): void {
    this.#budgets.delete(pseudonym);
    this.#restrained.delete(pseudonym);
  }

  #limit(pseudonym: Pseudonym, now: Milliseconds): number {
    const answeredAt = this.#restrained.get(pseudonym);
    if (answeredAt === undefined) return MAX_REQUEST;
    if (now - answeredAt < RESTRAINED_PAUSE) return 0;
    this.#restrained.set(pseudonym, now);
    return FLOOR;
  }

  #budgetAt(pseudonym: Pseudonym, now: Milliseconds): Budget {
    const budget = this.#budgets.get(pseudonym) ?? { reserve: MAX_REQUEST, at: now };
    budget.reserve = Math.min(MAX_REQUEST, budget.reserve + ((now - budget.at) * REFILL_PER_SECOND) / 1000);
    budget.at = now;
    this.#budgets.set(pseudonym, budget);
    return budget;
  }
}

/** Divides reply blocks over messages. */
export function surbBatches(amount: number): readonly number[] {
  const full = Math.floor(amount / MAX_BATCH);
  const rest = amount % MAX_BATCH;
  return [...new Array<number>(full).fill(MAX_BATCH), ...(rest === 0 ? [] : [rest])];
}

/** `maximum_allowed_reply_surb_request_size` of `nymtech/nym common/client-core/config-types/src/lib.rs`. */
const MAX_REQUEST = limits.surbRequest;
/** 29 packets (`nymtech/nym common/client-core/src/client/real_messages_control/message_handler.rs`). */
const MAX_BATCH = 100;
/** As many as a holder asks for at least (`minimum_reply_surb_request_size`). */
const FLOOR = 10;
/** Less than the ten seconds after which a holder asks again, and counts it as a failure. */
const RESTRAINED_PAUSE: Milliseconds = 8000;
/** Covers the loss of one packet in twenty at the fastest pace at which reply blocks can be sent. */
const REFILL_PER_SECOND = 10;
