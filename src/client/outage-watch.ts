import { MixnetError } from '../errors.ts';
import type { GatewayLink } from '../gateway/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import { Alarm } from './alarm.ts';
import type { Deliveries } from './deliveries.ts';

/**
 * The link tries for ever to get its connection back, but no message waits for ever: what is not acknowledged when the
 * gateway has been away for five minutes fails, and again what is accepted after that.
 */
export class OutageWatch {
  readonly #platform: Platform;
  readonly #link: Pick<GatewayLink, 'state' | 'lastError'>;
  readonly #deliveries: Deliveries;
  readonly #alarm: Alarm;

  constructor(platform: Platform, link: Pick<GatewayLink, 'state' | 'lastError'>, deliveries: Deliveries) {
    this.#platform = platform;
    this.#link = link;
    this.#deliveries = deliveries;
    this.#alarm = new Alarm(platform, () => this.#giveUp());
  }

  linkChanged(): void {
    if (this.#link.state === 'reconnecting') this.#alarm.setIfUnset(this.#platform.now() + PATIENCE_MS);
    else this.#alarm.set(undefined);
  }

  stop(): void {
    this.#alarm.set(undefined);
  }

  #giveUp(): void {
    this.#deliveries.failAll(new MixnetError('ERR_MIX_GATEWAY_CLOSED', { cause: this.#link.lastError }));
    this.linkChanged();
  }
}

const PATIENCE_MS: Milliseconds = 300_000;
