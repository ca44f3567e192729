import { mapKey } from '../crypto/bytes.ts';
import * as limits from '../limits.ts';
import { type ReplyKey, type ReplySurb, replyKeyDigest } from '../message/index.ts';
import type { Milliseconds } from '../platform/platform.ts';
import type { Pseudonym } from './pseudonym.ts';
import type { RotationView } from './rotation-view.ts';

export interface SentReplyKey {
  readonly key: ReplyKey;
  /** Under which the reply block was given away: whoever answers by it is answering that pseudonym. */
  readonly pseudonym: Pseudonym;
}

/** The keys of reply blocks that were given away together. */
interface Batch {
  readonly createdAt: Milliseconds;
  readonly rotation: number;
  readonly digests: Set<string>;
}

interface Pool {
  /** Believed to be with the other side, oldest first. */
  readonly held: Set<Batch>;
  /** Used, lost or thrown away by now, to all appearances; a late reply may still come. Oldest first. */
  readonly past: Set<Batch>;
  heldKeys: number;
  /** Held and past. */
  keys: number;
}

/**
 * The keys of the reply blocks we gave away, until a reply comes by them: single use, 24 hours, one epoch beyond their
 * rotation. They are what tells us which pseudonym a reply is for, since its plaintext names nobody.
 * (Behaviour of `nymtech/nym common/client-core/surb-storage/src/key_storage.rs`.)
 */
export class SentReplyKeys {
  readonly #keys = new Map<string, SentReplyKey & { readonly batch: Batch }>();
  readonly #pools = new Map<Pseudonym, Pool>();

  /** Keys of all pseudonyms that still open replies. */
  get size(): number {
    return this.#keys.size;
  }

  /** To be called before the reply blocks are sent. `rotation` is the id of the topology they were made with. */
  register(surbs: readonly ReplySurb[], pseudonym: Pseudonym, rotation: number, now: Milliseconds): void {
    if (surbs.length === 0) return;
    const batch: Batch = { createdAt: now, rotation, digests: new Set() };
    for (const { key } of surbs) {
      const digest = mapKey(replyKeyDigest(key));
      batch.digests.add(digest);
      this.#keys.set(digest, { key, pseudonym, batch });
    }
    const pool = this.#poolOf(pseudonym);
    pool.keys += batch.digests.size;
    pool.held.add(batch);
    pool.heldKeys += batch.digests.size;
    while (pool.keys > MAX_KEYS_PER_PSEUDONYM) this.#dropOldest(pool);
    while (this.#keys.size > MAX_KEYS) this.#dropOldest(this.#largestPool());
  }

  /** The key of a reply that begins with this digest. It is gone then: a second copy of the packet finds nothing. */
  take(digest: Uint8Array, now: Milliseconds): SentReplyKey | undefined {
    const name = mapKey(digest);
    const sent = this.#keys.get(name);
    if (sent === undefined || now - sent.batch.createdAt >= MAX_AGE) return undefined;
    const { key, pseudonym, batch } = sent;
    const pool = this.#poolOf(pseudonym);
    this.#keys.delete(name);
    batch.digests.delete(name);
    pool.keys -= 1;
    if (pool.held.has(batch)) pool.heldKeys -= 1;
    if (batch.digests.size === 0) this.#drop(pool, batch);
    for (const older of pool.held) {
      if (older.createdAt >= batch.createdAt - REORDERING) break;
      retire(pool, older);
    }
    return { key, pseudonym };
  }

  /**
   * How many reply blocks the other side is believed to hold: given away and not used. Not counted are those of a past
   * rotation, which holders throw away, and those given away well before one that was used: reply blocks are used in the
   * order of their arrival, so these are lost, or the replies by them are.
   */
  outstanding(pseudonym: Pseudonym): number {
    return this.#pools.get(pseudonym)?.heldKeys ?? 0;
  }

  /** The same of all pseudonyms together. */
  get outstandingOfAll(): number {
    let held = 0;
    for (const pool of this.#pools.values()) held += pool.heldKeys;
    return held;
  }

  /** Drops the keys of rotations whose packets no node accepts any more. */
  rotate(view: RotationView): void {
    const oldest = view.previousAccepted ? view.rotation - 1 : view.rotation;
    for (const pool of this.#pools.values()) {
      for (const batch of pool.held) if (batch.rotation < view.rotation) retire(pool, batch);
    }
    this.#dropWhere(({ rotation }) => rotation < oldest);
  }

  /** Drops keys older than a day. */
  purge(now: Milliseconds): void {
    this.#dropWhere(({ createdAt }) => now - createdAt >= MAX_AGE);
  }

  /** Replies to this pseudonym are not understood any more. */
  forget(pseudonym: Pseudonym): void {
    const pool = this.#pools.get(pseudonym);
    if (pool === undefined) return;
    for (const batch of [...pool.past, ...pool.held]) this.#drop(pool, batch);
    this.#pools.delete(pseudonym);
  }

  #poolOf(pseudonym: Pseudonym): Pool {
    const known = this.#pools.get(pseudonym);
    if (known !== undefined) return known;
    const pool: Pool = { held: new Set(), past: new Set(), heldKeys: 0, keys: 0 };
    this.#pools.set(pseudonym, pool);
    return pool;
  }

  #dropWhere(gone: (batch: Batch) => boolean): void {
    for (const [pseudonym, pool] of this.#pools) {
      for (const batch of [...pool.past, ...pool.held]) if (gone(batch)) this.#drop(pool, batch);
      if (pool.keys === 0) this.#pools.delete(pseudonym);
    }
  }

  #largestPool(): Pool | undefined {
    let largest: Pool | undefined;
    for (const pool of this.#pools.values()) if (pool.keys > (largest?.keys ?? 0)) largest = pool;
    return largest;
  }

  #dropOldest(pool: Pool | undefined): void {
    const [oldest] = pool?.past.size ? pool.past : (pool?.held ?? []);
    if (pool !== undefined && oldest !== undefined) this.#drop(pool, oldest);
  }

  #drop(pool: Pool, batch: Batch): void {
    retire(pool, batch);
    pool.past.delete(batch);
    pool.keys -= batch.digests.size;
    for (const digest of batch.digests) this.#keys.delete(digest);
  }
}

function retire(pool: Pool, batch: Batch): void {
  if (!pool.held.delete(batch)) return;
  pool.heldKeys -= batch.digests.size;
  pool.past.add(batch);
}

/** `maximum_reply_key_age` of `nymtech/nym common/client-core/config-types/src/lib.rs`. */
const MAX_AGE: Milliseconds = 24 * 3_600_000;
/** Beyond what messages overtake each other by, a few retransmissions and waiting in lanes included. */
const REORDERING: Milliseconds = 20_000;
/** Twenty times what a holder stores; the rest are keys of lost packets. Some 2 MB. */
const MAX_KEYS_PER_PSEUDONYM = limits.replyKeysOfPseudonym;
/** Some 30 MB. */
const MAX_KEYS = limits.replyKeys;
