import { type Diagnostics, failureCodeOf } from '../diagnostics/index.ts';
import type { GatewayLink } from '../gateway/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import type { Counters } from './stats.ts';

/** Tells of an established connection to the gateway that is lost, and of one that is back. */
export class GatewayWatch {
  readonly #platform: Pick<Platform, 'now'>;
  readonly #link: Pick<GatewayLink, 'state' | 'lastError'>;
  readonly #counters: Counters;
  readonly #diagnostics: Diagnostics | undefined;
  #lostAt: Milliseconds | undefined;

  constructor(
    platform: Pick<Platform, 'now'>,
    link: Pick<GatewayLink, 'state' | 'lastError'>,
    counters: Counters,
    diagnostics: Diagnostics | undefined,
  ) {
    this.#platform = platform;
    this.#link = link;
    this.#counters = counters;
    this.#diagnostics = diagnostics;
  }

  linkChanged(): void {
    const { state, lastError } = this.#link;
    if (state === 'reconnecting' && this.#lostAt === undefined) {
      this.#lostAt = this.#platform.now();
      this.#counters.gatewayLosses += 1;
      this.#diagnostics?.emit('client:gateway-lost', () => ({ code: failureCodeOf(lastError) }));
    }
    if (state === 'connected' && this.#lostAt !== undefined) {
      const elapsed = this.#platform.now() - this.#lostAt;
      this.#lostAt = undefined;
      this.#counters.gatewayReconnects += 1;
      this.#diagnostics?.emit('client:gateway-back', () => ({ elapsed }));
    }
  }
}
