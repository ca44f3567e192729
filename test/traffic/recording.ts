/** What is seen of one client from outside: at the door of its gateway, and by the nodes that unwrap its packets. */

import type { Milliseconds } from '../../src/platform/platform.ts';

/** The three things a client may be doing. It must not show, but that a stalled one sends nothing while it stands. */
export type State = 'idle' | 'saturated' | 'stalled';

/** A websocket frame from the client. */
export interface Arrival {
  /** When its last byte came. */
  readonly at: Milliseconds;
  /** Of its payload. */
  readonly bytes: number;
  readonly kind: 'packet' | 'control';
}

/** So many packets of one look, as the nodes found them. */
export interface Unwrapped {
  readonly version: number;
  readonly bytes: number;
  /** Only the last hop knows, from whom it is for: cover goes back to its sender. */
  readonly content: 'forwarded' | 'cover' | 'real' | 'acknowledgement';
  readonly packets: number;
}

export interface Recording {
  readonly state: State;
  readonly seconds: number;
  readonly arrivals: readonly Arrival[];
  readonly unwrapped: readonly Unwrapped[];
}

/** What there is to know of a packet at a node. */
interface Look {
  readonly version: number;
  readonly bytes: number;
  readonly destination: string | undefined;
}

/** Counts what nodes unwrap while one client is watched, and somebody else receives what it sends. */
export class UnwrappedCounter {
  readonly #counts = new Map<string, Omit<Unwrapped, 'packets'> & { packets: number }>();
  #self: string | undefined;

  /** Identity of the client that is watched, base58. */
  watch(self: string): void {
    this.#self = self;
  }

  count({ version, bytes, destination }: Look): void {
    const content = this.#contentOf(bytes, destination);
    const key = `${version} ${bytes} ${content}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { version, bytes, content, packets: 1 });
    else known.packets += 1;
  }

  /** What was counted since the last time. */
  take(): Unwrapped[] {
    const counts = [...this.#counts.values()];
    this.#counts.clear();
    return counts;
  }

  #contentOf(bytes: number, destination: string | undefined): Unwrapped['content'] {
    if (destination === undefined) return 'forwarded';
    if (bytes === ACK_PACKET_BYTES) return 'acknowledgement';
    return destination === this.#self ? 'cover' : 'real';
  }
}

const ACK_PACKET_BYTES = 386;
