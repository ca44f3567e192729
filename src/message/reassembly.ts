/**
 * Puts messages together from fragments that arrive in any order, more than once, from anybody
 * (nymtech/nym common/nymsphinx/chunking/src/reconstruction.rs). Fragments of different origins never meet, so that one
 * peer can neither disturb nor evict what another is sending.
 */

import * as limits from '../limits.ts';
import type { Milliseconds } from '../platform/platform.ts';
import { MAX_FRAGMENTS_PER_SET, type ParsedFragment, parseFragment } from './fragment.ts';
import { removePadding } from './padding.ts';

export interface ReassemblerOptions {
  /** Bytes that unfinished messages may hold, of all origins together. No larger message can be received. */
  readonly maxBytes: number;
  /** Unfinished sets, of all origins together. */
  readonly maxSets: number;
  /** A set that gets nothing for so long is dropped. Default 30 minutes. */
  readonly staleAfter?: Milliseconds;
  /** For so long, fragments of a finished message are known as repetitions. Default 1 hour. */
  readonly rememberFor?: Milliseconds;
}

/** How a fragment came: a pseudonym, say. Compared by identity; `undefined` is the origin of all that came openly. */
export type FragmentOrigin = object | undefined;

interface PartialSet {
  readonly slots: (Uint8Array | undefined)[];
  missing: number;
  bytes: number;
  previous: number | undefined;
  next: number | undefined;
  touchedAt: Milliseconds;
}

interface Desk {
  /** Least recently touched first. */
  readonly sets: Map<number, PartialSet>;
  /** Sets of finished messages and when they were finished, oldest first. */
  readonly finished: Map<number, Milliseconds>;
  bytes: number;
}

/** What a fragment costs beside its payload, so that many empty ones are not free. */
const FRAGMENT_OVERHEAD = 128;
/** Finished sets remembered per origin: some 1 MB. Beyond it the oldest are forgotten early. */
const MAX_FINISHED = limits.finishedSets;
/** As often as the reference looks for stale sets. */
const PRUNE_EVERY: Milliseconds = 10_000;

const minute: Milliseconds = 60_000;

export class Reassembler {
  readonly #maxBytes: number;
  readonly #maxSets: number;
  readonly #staleAfter: Milliseconds;
  readonly #rememberFor: Milliseconds;
  readonly #desks = new Map<FragmentOrigin, Desk>();
  #bytes = 0;
  #sets = 0;
  #dropped = 0;
  #lastFinished: readonly number[] = [];
  #prunedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ReassemblerOptions) {
    this.#maxBytes = options.maxBytes;
    this.#maxSets = options.maxSets;
    this.#staleAfter = options.staleAfter ?? 30 * minute;
    this.#rememberFor = options.rememberFor ?? 60 * minute;
  }

  /** What unfinished messages hold now. */
  get size(): { readonly bytes: number; readonly sets: number } {
    return { bytes: this.#bytes, sets: this.#sets };
  }

  /** Sets dropped unfinished so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The sets of the last message that `insert` gave. */
  get lastFinished(): readonly number[] {
    return this.#lastFinished;
  }

  /** From now on these sets, of what comes openly, are known as finished. */
  remember(sets: readonly number[], now: Milliseconds): void {
    const { finished } = this.#deskOf(undefined);
    for (const id of sets) finished.set(id, now);
  }

  /**
   * Takes a fragment, and gives the message that it completes, without padding. Repetitions are of no effect. Keeps views
   * of `fragmentBytes`.
   *
   * @throws MixnetError `ERR_MIX_MIXNET_MALFORMED` for what is no fragment, and for a complete message without padding
   */
  insert(fragmentBytes: Uint8Array, now: Milliseconds, origin?: FragmentOrigin): Uint8Array | undefined {
    if (now >= this.#prunedAt + PRUNE_EVERY) this.prune(now);
    const fragment = parseFragment(fragmentBytes);
    const desk = this.#deskOf(origin);
    if (desk.finished.has(fragment.id.set)) return undefined;
    const set = this.#place(desk, fragment, now);
    const chain = set?.missing === 0 ? completeChain(desk.sets, fragment.id.set) : undefined;
    if (chain === undefined) {
      this.#makeRoom();
      return undefined;
    }
    const padded = concatChain(desk.sets, chain);
    for (const id of chain) {
      this.#dropSet(desk, id);
      desk.finished.set(id, now);
    }
    dropOldest(desk.finished, MAX_FINISHED);
    this.#lastFinished = chain;
    return removePadding(padded);
  }

  /** Drops what is stale. `insert` does so itself from time to time. */
  prune(now: Milliseconds): void {
    this.#prunedAt = now;
    for (const [origin, desk] of this.#desks) {
      for (const [id, set] of desk.sets) {
        if (now - set.touchedAt < this.#staleAfter) break;
        this.#giveUp(desk, id);
      }
      for (const [id, finishedAt] of desk.finished) {
        if (now - finishedAt < this.#rememberFor) break;
        desk.finished.delete(id);
      }
      if (desk.sets.size === 0 && desk.finished.size === 0) this.#desks.delete(origin);
    }
  }

  /** Drops all that came from `origin`, which will not be heard of again. */
  forget(origin: FragmentOrigin): void {
    const desk = this.#desks.get(origin);
    if (desk === undefined) return;
    for (const id of desk.sets.keys()) this.#giveUp(desk, id);
    this.#desks.delete(origin);
  }

  #deskOf(origin: FragmentOrigin): Desk {
    const known = this.#desks.get(origin);
    if (known !== undefined) return known;
    const desk: Desk = { sets: new Map(), finished: new Map(), bytes: 0 };
    this.#desks.set(origin, desk);
    return desk;
  }

  /** `undefined` when the fragment lies outside its set, whose size is what the first fragment of it said. */
  #place(desk: Desk, fragment: ParsedFragment, now: Milliseconds): PartialSet | undefined {
    const { set: id, position } = fragment.id;
    let set = desk.sets.get(id);
    if (set === undefined) {
      set = emptySet(fragment.total);
      this.#sets++;
    } else if (position > set.slots.length) return undefined;
    const replaced = set.slots[position - 1];
    if (replaced === undefined) set.missing--;
    set.slots[position - 1] = fragment.payload;
    this.#count(desk, set, cost(fragment.payload) - cost(replaced));
    // Also when a repetition replaces them: the last one wins.
    if (position === 1) set.previous = fragment.previous;
    if (position === MAX_FRAGMENTS_PER_SET) set.next = fragment.next;
    set.touchedAt = now;
    desk.sets.delete(id);
    desk.sets.set(id, set);
    return set;
  }

  /** Takes from the origin that holds most, what it touched longest ago. */
  #makeRoom(): void {
    while (this.#bytes > this.#maxBytes || this.#sets > this.#maxSets) {
      const tooManyBytes = this.#bytes > this.#maxBytes;
      let largest: Desk | undefined;
      for (const desk of this.#desks.values()) {
        if (largest === undefined) largest = desk;
        else if (tooManyBytes ? desk.bytes > largest.bytes : desk.sets.size > largest.sets.size) largest = desk;
      }
      const [oldest] = largest?.sets.keys() ?? [];
      if (largest === undefined || oldest === undefined) return;
      this.#giveUp(largest, oldest);
    }
  }

  #giveUp(desk: Desk, id: number): void {
    this.#dropped++;
    this.#dropSet(desk, id);
  }

  #dropSet(desk: Desk, id: number): void {
    const set = desk.sets.get(id);
    if (set === undefined) return;
    desk.sets.delete(id);
    this.#sets--;
    this.#count(desk, set, -set.bytes);
  }

  #count(desk: Desk, set: PartialSet, bytes: number): void {
    set.bytes += bytes;
    desk.bytes += bytes;
    this.#bytes += bytes;
  }
}

function cost(payload: Uint8Array | undefined): number {
  return payload === undefined ? 0 : payload.length + FRAGMENT_OVERHEAD;
}

function emptySet(total: number): PartialSet {
  const slots = new Array<Uint8Array | undefined>(total).fill(undefined);
  return { slots, missing: total, bytes: 0, previous: undefined, next: undefined, touchedAt: 0 };
}

/**
 * The ids from the first to the last set of the message that `start` is in, if all are there and complete. Neighbours must
 * name each other; links in a ring are no message.
 */
function completeChain(sets: ReadonlyMap<number, PartialSet>, start: number): readonly number[] | undefined {
  const follow = (from: number, forth: 'next' | 'previous', back: 'next' | 'previous'): number[] | undefined => {
    const path = [from];
    for (;;) {
      const id = path[path.length - 1] ?? from;
      const linked = sets.get(id)?.[forth];
      if (linked === undefined) return path;
      const neighbour = sets.get(linked);
      if (neighbour?.missing !== 0 || neighbour[back] !== id || linked === start) return undefined;
      path.push(linked);
    }
  };
  const backwards = follow(start, 'previous', 'next');
  const forwards = backwards && follow(start, 'next', 'previous');
  return forwards && [...backwards.reverse(), ...forwards.slice(1)];
}

function concatChain(sets: ReadonlyMap<number, PartialSet>, chain: readonly number[]): Uint8Array {
  const payloads = chain.flatMap(id => sets.get(id)?.slots ?? []).filter(slot => slot !== undefined);
  const message = new Uint8Array(payloads.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const payload of payloads) {
    message.set(payload, offset);
    offset += payload.length;
  }
  return message;
}

function dropOldest(map: Map<number, unknown>, limit: number): void {
  for (const id of map.keys()) {
    if (map.size <= limit) return;
    map.delete(id);
  }
}
