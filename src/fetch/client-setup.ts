/** A client that is connected when it is first needed, once for all who need it. */

import { MixnetError } from '../errors.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';

export interface SetupOptions<Client> {
  readonly platform: Pick<Platform, 'now' | 'setTimer'>;
  readonly connect: (signal: AbortSignal) => Promise<Client>;
  /** Whether it can still be used. */
  readonly isAlive: (client: Client) => boolean;
  /** Ends a client that was connected after the attempt had been given up. */
  readonly discard: (client: Client) => void;
}

/** A gateway or directory that refuses is not asked again at once; from here on, twice as long each time. */
export const FIRST_COOL_DOWN: Milliseconds = 1_000;
export const LONGEST_COOL_DOWN: Milliseconds = 30_000;

interface Attempt<Client> {
  readonly result: Promise<Client>;
  readonly controller: AbortController;
  waiting: number;
}

export class ClientSetup<Client> {
  readonly #options: SetupOptions<Client>;
  #client: Client | undefined;
  #attempt: Attempt<Client> | undefined;
  #failures = 0;
  #coolUntil: Milliseconds = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: SetupOptions<Client>) {
    this.#options = options;
  }

  /** The one that is connected, or was last. */
  get client(): Client | undefined {
    return this.#client;
  }

  /**
   * The client, at once if it is connected. Otherwise whoever asks waits for the same attempt; it is given up when nobody
   * waits for it any more. After a failure the next attempt begins when the cool-down is over.
   */
  get(signal: AbortSignal | undefined): Client | Promise<Client> {
    if (this.#closed) throw new MixnetError('ERR_MIX_MIXNET_CLOSED');
    if (this.#client !== undefined && this.#options.isAlive(this.#client)) return this.#client;
    this.#attempt ??= this.#begin();
    return this.#join(this.#attempt, signal);
  }

  /** Ends an attempt under way. Returns the client, which is the caller's to close. */
  close(): Client | undefined {
    this.#closed = true;
    this.#attempt?.controller.abort(new MixnetError('ERR_MIX_MIXNET_CLOSED'));
    return this.#client;
  }

  #begin(): Attempt<Client> {
    const controller = new AbortController();
    const attempt = { result: this.#connect(controller.signal), controller, waiting: 0 };
    const over = () => {
      if (this.#attempt === attempt) this.#attempt = undefined;
    };
    attempt.result.then(over, over);
    return attempt;
  }

  async #connect(signal: AbortSignal): Promise<Client> {
    await this.#coolDown(signal);
    try {
      const client = await this.#options.connect(signal);
      if (signal.aborted) {
        this.#options.discard(client);
        throw signal.reason;
      }
      this.#failures = 0;
      this.#client = client;
      return client;
    } catch (error) {
      if (!signal.aborted) {
        const wait = Math.min(FIRST_COOL_DOWN * 2 ** this.#failures++, LONGEST_COOL_DOWN);
        this.#coolUntil = this.#options.platform.now() + wait;
      }
      throw error;
    }
  }

  #coolDown(signal: AbortSignal): Promise<void> {
    const { platform } = this.#options;
    const left = this.#coolUntil - platform.now();
    if (left <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = platform.setTimer(resolve, left);
      signal.addEventListener('abort', () => {
        timer.cancel();
        reject(signal.reason);
      });
    });
  }

  #join(attempt: Attempt<Client>, signal: AbortSignal | undefined): Promise<Client> {
    attempt.waiting += 1;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        reject(signal?.reason);
        attempt.waiting -= 1;
        if (attempt.waiting > 0 || this.#attempt !== attempt) return;
        this.#attempt = undefined;
        attempt.controller.abort();
      };
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      attempt.result.then(resolve, reject).finally(() => signal?.removeEventListener('abort', onAbort));
    });
  }
}
