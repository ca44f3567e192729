/** When to ping, and when to give up: a state machine that takes `now`. */

import type { Milliseconds } from '../platform/platform.ts';

export class KeepAlive {
  readonly #interval: Milliseconds;
  readonly #patience: Milliseconds;
  #lastWrite: Milliseconds;
  #pingedAt: Milliseconds | undefined;

  /**
   * @param interval of silence on our side until a ping; `Infinity`: none is sent
   * @param patience until something must have come after a ping
   */
  constructor(now: Milliseconds, interval: Milliseconds, patience: Milliseconds) {
    this.#interval = interval;
    this.#patience = patience;
    this.#lastWrite = now;
  }

  wrote(now: Milliseconds): void {
    this.#lastWrite = now;
  }

  /** Whatever comes shows that the server is there. True if that was in question: `dueAt` is another now. */
  heard(): boolean {
    const wasPinged = this.#pingedAt !== undefined;
    this.#pingedAt = undefined;
    return wasPinged;
  }

  pinged(now: Milliseconds): void {
    this.#pingedAt ??= now;
  }

  /** When `verdict` is to be asked next. */
  get dueAt(): Milliseconds {
    return this.#pingedAt === undefined ? this.#lastWrite + this.#interval : this.#pingedAt + this.#patience;
  }

  verdict(now: Milliseconds): 'ping' | 'dead' | undefined {
    if (now < this.dueAt) return undefined;
    return this.#pingedAt === undefined ? 'ping' : 'dead';
  }
}
