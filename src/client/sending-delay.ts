import type { Milliseconds } from '../platform/platform.ts';

/**
 * Slows the main stream while the socket to the gateway cannot take it, and only then: the mean gap is multiplied by
 * 1 … 6. It looks at the packets that wait in the socket, never at what waits to be sent, so it says nothing about
 * content. (`nymtech/nym common/client-core/src/client/real_messages_control/real_traffic_stream/sending_delay_controller.rs`.)
 */
export class SendingDelay {
  #multiplier = MIN_MULTIPLIER;
  #lastChange: Milliseconds;
  #lastBackpressure = Number.NEGATIVE_INFINITY;

  constructor(now: Milliseconds) {
    this.#lastChange = now;
  }

  get multiplier(): number {
    return this.#multiplier;
  }

  /** Takes note of how many packets the socket holds now, and returns the multiplier for the gaps to come. */
  observe(now: Milliseconds, packetsInSocket: number): number {
    if (packetsInSocket > BACKPRESSURE_PACKETS) this.#lastBackpressure = now;
    const unchangedFor = now - this.#lastChange;
    if (packetsInSocket >= SOCKET_CAPACITY_PACKETS && unchangedFor > RAISE_AFTER_MS) {
      this.#change(now, Math.min(this.#multiplier + 1, MAX_MULTIPLIER));
    } else if (now - this.#lastBackpressure > LOWER_AFTER_MS && unchangedFor > LOWER_AFTER_MS) {
      this.#change(now, Math.max(this.#multiplier - 1, MIN_MULTIPLIER));
    }
    return this.#multiplier;
  }

  #change(now: Milliseconds, multiplier: number): void {
    if (multiplier === this.#multiplier) return;
    this.#multiplier = multiplier;
    this.#lastChange = now;
  }
}

/** A socket that holds this many packets is full: nothing more is handed to it. Upstream's queue in front of its socket. */
export const SOCKET_CAPACITY_PACKETS = 32;
const BACKPRESSURE_PACKETS = 10;
const MIN_MULTIPLIER = 1;
const MAX_MULTIPLIER = 6;
const RAISE_AFTER_MS = 1000;
const LOWER_AFTER_MS = 2000;
