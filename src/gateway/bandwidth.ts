/**
 * Gateways count the bytes they forward. One that does not demand paid tickets grants an amount for the asking, until the
 * end of the UTC day (`nymtech/nym common/client-libs/gateway-client/src/bandwidth.rs`,
 * `gateway/src/node/client_handling/bandwidth.rs`).
 */

import type { Milliseconds } from '../platform/platform.ts';

/** What a gateway grants for the asking: 64 GiB. */
export const FREE_BANDWIDTH = 64 * 1024 ** 3;

/**
 * Below it more is asked for: five times what the reference lets it come to, so that the answer is there long before
 * packets would be refused, and nothing waits for it.
 */
const CLAIM_BELOW = 200_000_000;

/** After a claim that brought little or nothing. */
const CLAIM_AGAIN_AFTER: Milliseconds = 10_000;

/** What a client knows of its bandwidth, and when it should ask for more. */
export class Allowance {
  #remaining = 0;
  #unmetered = false;
  #pending = false;
  #exhausted = false;
  #notBefore: Milliseconds = Number.NEGATIVE_INFINITY;

  get pending(): boolean {
    return this.#pending;
  }

  /** Whether the gateway refuses packets. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  /** The gateway's own figure, which counts. */
  update(remaining: number, unmetered: boolean): void {
    this.#remaining = remaining;
    this.#unmetered = unmetered;
    this.#exhausted = false;
  }

  /** The gateway refused a packet for want of bandwidth. */
  exhaust(remaining: number): void {
    this.update(remaining, false);
    this.#exhausted = true;
  }

  /** Gateways may leave their answer to a packet out, so the client counts too. */
  spend(bytes: number): void {
    this.#remaining -= bytes;
  }

  /** True once for each claim that should be sent now; then `settled` is expected. */
  claimDue(now: Milliseconds): boolean {
    if (this.#unmetered || this.#remaining >= CLAIM_BELOW || now < this.#notBefore) return false;
    this.#pending = true;
    this.#notBefore = now + CLAIM_AGAIN_AFTER;
    return true;
  }

  /** The claim was answered, or refused. */
  settled(): void {
    this.#pending = false;
  }
}
