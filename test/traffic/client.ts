/**
 * The client that is watched: the same program in a process of Node, in a page of a browser, and under a virtual clock.
 */

import { createPlatform } from '#platform';
import { MixnetClient, type Platform } from '../../src/index.ts';

export interface WatchedOptions {
  readonly api: string;
  /** Identity, base58. */
  readonly gateway: string;
  /** The address at which it is watched, in place of that in the directory. */
  readonly door: string;
}

/** What it can be told to do, in either runtime. */
export class WatchedClient {
  readonly #client: MixnetClient;
  #saturating: AbortController | undefined;
  #stalling: ReturnType<typeof setInterval> | undefined;

  private constructor(client: MixnetClient) {
    this.#client = client;
  }

  /** On the platform of the runtime. */
  static connect({ api, gateway, door }: WatchedOptions): Promise<WatchedClient> {
    const base = createPlatform();
    return WatchedClient.connectOn(
      { ...base, openWebSocket: (_, handlers) => base.openWebSocket(door, handlers) },
      { api, gateway },
    );
  }

  static async connectOn(platform: Platform, options: Omit<WatchedOptions, 'door'>): Promise<WatchedClient> {
    return new WatchedClient(await MixnetClient.connect({ ...options, platform }));
  }

  /** Its Nym address. */
  get address(): string {
    return this.#client.address;
  }

  /**
   * Sends as much as it can from now on: plain messages, and anonymous ones with reply blocks, which take time to make.
   */
  saturate(recipient: string): void {
    const saturating = new AbortController();
    this.#saturating = saturating;
    const customer = async (replySurbs: number | undefined) => {
      while (!saturating.signal.aborted) {
        const options = replySurbs === undefined ? {} : { replySurbs };
        await this.#client.send(recipient, new Uint8Array(20_000), { ...options, signal: saturating.signal });
      }
    };
    for (const replySurbs of [undefined, undefined, 10]) customer(replySurbs).catch(() => {});
  }

  /** Blocks the thread, again and again, as a busy page does. */
  stall(every: number, lasting: number): void {
    this.#stalling = setInterval(() => {
      const end = performance.now() + lasting;
      while (performance.now() < end);
    }, every);
  }

  /** Only cover from now on. */
  rest(): void {
    this.#saturating?.abort();
    clearInterval(this.#stalling);
  }

  stats() {
    return this.#client.stats();
  }

  close(): Promise<void> {
    this.rest();
    return this.#client.close();
  }
}
