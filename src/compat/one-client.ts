/** The one client behind functions that are imported by name: set up once for all who import them, and anew after its end. */

import { createMixFetch, type MixFetch, type MixFetchOptions } from '../index.ts';

export type SetupState = 'never' | 'connecting' | 'connected' | 'failed' | 'closing' | 'closed';

interface Setup {
  readonly mixFetch: MixFetch;
  readonly options: MixFetchOptions;
}

export class OneClient {
  readonly #base: MixFetchOptions;
  #current: Setup | undefined;
  #state: SetupState = 'never';

  /** @param base what holds where the one who sets up says nothing. */
  constructor(base: MixFetchOptions) {
    this.#base = base;
  }

  get state(): SetupState {
    if (this.#state !== 'connected') return this.#state;
    // One that was lost is replaced by the next call.
    return this.#current?.mixFetch.client.state === 'connected' ? 'connected' : 'connecting';
  }

  /** What was set up last, closed or not; `undefined` where nothing was. */
  get mixFetch(): MixFetch | undefined {
    return this.#current?.mixFetch;
  }

  /**
   * Resolves when the client is connected. The options of the first who asks hold until `close`, or until another asks
   * after a set-up that failed; a logger is told of options that come too late. Rejects with a TypeError for an option that
   * has a value it cannot have, and with the MixnetError of a set-up that failed.
   */
  async connect(options: MixFetchOptions): Promise<void> {
    await this.#ready(this.#isOver ? this.#begin(options) : this.#choose(options));
  }

  /** The fetch of the client, set up with these options if it never was. Rejects as `connect` does, and after `close`. */
  async use(options: MixFetchOptions | undefined, signal?: AbortSignal): Promise<MixFetch> {
    const setup = this.#isOver && this.#current ? this.#current : this.#choose(options);
    await this.#ready(setup, signal);
    return setup.mixFetch;
  }

  async close(): Promise<void> {
    const setup = this.#current;
    if (setup === undefined) return;
    this.#state = 'closing';
    await setup.mixFetch.close();
    if (this.#current === setup) this.#state = 'closed';
  }

  get #isOver(): boolean {
    return this.#state === 'closing' || this.#state === 'closed';
  }

  #choose(options: MixFetchOptions | undefined): Setup {
    const setup = this.#current;
    if (setup === undefined) return this.#begin(options ?? {});
    if (options === undefined || sameOptions(setup.options, options)) return setup;
    if (this.#state === 'failed') return this.#begin(options);
    this.#base.logger?.warn('mixfetch: it was set up with other options before, which hold; those given now do not.');
    return setup;
  }

  #begin(options: MixFetchOptions): Setup {
    const { traffic, timeouts } = this.#base;
    const mixFetch = createMixFetch({
      ...this.#base,
      ...options,
      traffic: { ...traffic, ...options.traffic },
      timeouts: { ...timeouts, ...options.timeouts },
    });
    this.#current = { mixFetch, options };
    this.#state = 'connecting';
    return this.#current;
  }

  async #ready(setup: Setup, signal?: AbortSignal): Promise<void> {
    const enter = (state: SetupState) => {
      if (this.#current === setup && !this.#isOver) this.#state = state;
    };
    try {
      await setup.mixFetch.ready({ signal });
      enter('connected');
    } catch (error) {
      if (!signal?.aborted) enter('failed');
      throw error;
    }
  }
}

/** Both were made by the same function of what callers gave. */
function sameOptions(a: MixFetchOptions, b: MixFetchOptions): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
