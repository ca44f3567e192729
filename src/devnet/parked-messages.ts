import { MAX_PARKED_BYTES, MAX_PARKED_CONNECTIONS } from './requester-options.ts';

interface Parkable {
  readonly connection: bigint;
  readonly data: Uint8Array;
}

/** Messages that came before the request they belong to. What exceeds the limits is lost. */
export class ParkedMessages<T extends Parkable> {
  readonly #parked = new Map<bigint, T[]>();
  #bytes = 0;

  park(message: T): void {
    const queue = this.#parked.get(message.connection);
    const cost = message.data.length + OVERHEAD;
    if (this.#bytes + cost > MAX_PARKED_BYTES) return;
    if (queue === undefined && this.#parked.size >= MAX_PARKED_CONNECTIONS) return;
    this.#bytes += cost;
    if (queue === undefined) this.#parked.set(message.connection, [message]);
    else queue.push(message);
  }

  take(connection: bigint): readonly T[] {
    const queue = this.#parked.get(connection) ?? [];
    this.#parked.delete(connection);
    for (const { data } of queue) this.#bytes -= data.length + OVERHEAD;
    return queue;
  }
}

/** So that empty messages have a limit too. */
const OVERHEAD = 64;
