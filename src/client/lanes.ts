import { pick, uniformBelow } from '../crypto/sampling.ts';
import type { RandomBytes } from '../platform/platform.ts';

/**
 * A queue of its own for each purpose and each connection, so that a long upload does not hold up a short request. Lanes
 * say who shares a fate (`drop`) and how slots are divided; nothing of them is on the wire.
 */
export type Lane = string;

/** Messages that belong to no connection. */
export const GENERAL_LANE = 'general';
/** Requests for more reply blocks. */
export const SURB_REQUEST_LANE = 'surb-requests';
/** Reply blocks without data, asked for or sent ahead. Yields to lanes that have only begun. */
export const ADDITIONAL_SURBS_LANE = 'additional-surbs';
/** Fragments of any lane that are sent once more. */
export const RETRANSMISSION_LANE = 'retransmissions';

/** The items of one message. `next` is called only while `remaining` is above zero, so that they may be made lazily. */
export interface Batch<T> {
  readonly remaining: number;
  next(): T;
}

interface Queue<T> {
  readonly batches: Batch<T>[];
  length: number;
  /** Items taken since the lane was last empty. */
  taken: number;
}

/**
 * The choice is that of `nymtech/nym common/client-core/src/client/transmission_buffer.rs`: any short lane, each with the
 * same chance; if all are long, mostly one of the four that have sent most. Nothing is ever dropped for its age.
 */
export class Lanes<T> {
  readonly #queues = new Map<Lane, Queue<T>>();
  #passedOver = 0;

  /** Items in all lanes. */
  get total(): number {
    let total = 0;
    for (const queue of this.#queues.values()) total += queue.length;
    return total;
  }

  /** Whether `pop` would find nothing. */
  get empty(): boolean {
    return this.#queues.size === 0;
  }

  length(lane: Lane): number {
    return this.#queues.get(lane)?.length ?? 0;
  }

  push(lane: Lane, batch: Batch<T>): void {
    if (batch.remaining === 0) return;
    const queue = this.#queue(lane);
    queue.batches.push(batch);
    queue.length += batch.remaining;
  }

  /** Puts an item back where `pop` took it from. */
  unpop(lane: Lane, item: T): void {
    const queue = this.#queue(lane);
    queue.batches.unshift(single(item));
    queue.length += 1;
    queue.taken = Math.max(0, queue.taken - 1);
  }

  pop(random: RandomBytes): { readonly lane: Lane; readonly item: T } | undefined {
    const lane = this.#choose(random);
    if (lane === undefined) return undefined;
    const queue = this.#queue(lane);
    const batch = queue.batches[0];
    if (batch === undefined) return undefined;
    const item = batch.next();
    queue.taken += 1;
    queue.length -= 1;
    if (batch.remaining === 0) queue.batches.shift();
    if (queue.batches.length === 0) this.#queues.delete(lane);
    return { lane, item };
  }

  /** Forgets one batch, wherever it is. */
  remove(lane: Lane, batch: Batch<T>): void {
    const queue = this.#queues.get(lane);
    const index = queue?.batches.indexOf(batch) ?? -1;
    if (queue === undefined || index === -1) return;
    queue.batches.splice(index, 1);
    queue.length -= batch.remaining;
    if (queue.batches.length === 0) this.#queues.delete(lane);
  }

  clear(): void {
    this.#queues.clear();
  }

  #choose(random: RandomBytes): Lane | undefined {
    const lanes = this.#lanesInTurn();
    const short = lanes.filter(lane => this.length(lane) < SHORT_LANE_ITEMS);
    if (short.length > 0) return pick(short, random);
    if (uniformBelow(3, random) === 0) return pick(lanes, random);
    const oldest = lanes.toSorted((a, b) => this.#queue(b).taken - this.#queue(a).taken).slice(0, OLDEST_LANES);
    return pick(oldest, random);
  }

  /**
   * Reply blocks wait for requests: for lanes that have only begun to send. Long uploads share with them, and they are
   * never passed over for long, or an exit would run dry.
   */
  #lanesInTurn(): Lane[] {
    const lanes = [...this.#queues.keys()];
    if (lanes.length < 2 || !this.#queues.has(ADDITIONAL_SURBS_LANE)) return lanes;
    const begun = lanes.some(lane => lane !== ADDITIONAL_SURBS_LANE && this.#queue(lane).taken < BEGUN_ITEMS);
    if (!begun || this.#passedOver >= MAX_PASSED_OVER) {
      this.#passedOver = 0;
      return begun ? [ADDITIONAL_SURBS_LANE] : lanes;
    }
    this.#passedOver += 1;
    return lanes.filter(lane => lane !== ADDITIONAL_SURBS_LANE);
  }

  #queue(lane: Lane): Queue<T> {
    const known = this.#queues.get(lane);
    if (known !== undefined) return known;
    const queue: Queue<T> = { batches: [], length: 0, taken: 0 };
    this.#queues.set(lane, queue);
    return queue;
  }
}

/** A batch of one. */
export function single<T>(item: T): Batch<T> {
  let remaining = 1;
  return {
    get remaining() {
      return remaining;
    },
    next() {
      remaining = 0;
      return item;
    },
  };
}

const SHORT_LANE_ITEMS = 100;
const OLDEST_LANES = 4;
/** A lane that has sent fewer items than this since it was empty holds a request, not an upload: up to 25 KB. */
const BEGUN_ITEMS = 16;
/** One slot in eight is enough for an exit: six packets, or 18 reply blocks, a second. */
const MAX_PASSED_OVER = 7;
