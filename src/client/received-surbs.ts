import { mapKey } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';
import * as limits from '../limits.ts';
import type { ReplySurb, SenderTag } from '../message/index.ts';
import type { Milliseconds } from '../platform/platform.ts';
import type { Lane } from './lanes.ts';
import { ParkedReplies } from './parked-replies.ts';
import type { RotationView } from './rotation-view.ts';
import { SurbStock } from './surb-stock.ts';

/** What to do now. */
export interface ReplyDecision<Item> {
  /** Send each item by its reply block. */
  readonly send: readonly { readonly item: Item; readonly surb: ReplySurb }[];
  /** Ask the sender for so many reply blocks, by one of them. */
  readonly requests: readonly { readonly tag: SenderTag; readonly surb: ReplySurb; readonly amount: number }[];
  /** Given up: the sender leaves us without reply blocks. */
  readonly failed: readonly Item[];
}

interface Decision<Item> extends ReplyDecision<Item> {
  readonly send: { item: Item; surb: ReplySurb }[];
  readonly requests: { tag: SenderTag; surb: ReplySurb; amount: number }[];
  readonly failed: Item[];
}

interface Sender<Item> {
  readonly tag: SenderTag;
  readonly stock: SurbStock;
  readonly parked: ParkedReplies<Item>;
  /** Asked for and not yet received. */
  expected: number;
  receivedAt: Milliseconds;
  requestedAt: Milliseconds;
  /** When something parked was last sent, or the first was parked. */
  progressAt: Milliseconds;
  rerequests: number;
}

/**
 * Replies to senders known only by a tag, by the reply blocks that came under it: which fragments may go, when to ask for
 * more, and when to give up. `Item` is whatever stands for a fragment.
 *
 * Thresholds are those of Nym's clients (`nymtech/nym common/client-core/src/client/replies/reply_controller`), so that a
 * peer cannot tell the difference, but for the last reply blocks: those clients keep ten to ask for more with, and so cannot
 * answer who sent ten. We keep two, unless `strictReserve`.
 */
export class ReceivedSurbs<Item> {
  /** Least recently active first. */
  readonly #senders = new Map<string, Sender<Item>>();
  readonly #strict: boolean;
  /** Reply blocks that new fragments leave. */
  readonly #reserve: number;
  #view: RotationView | undefined;

  /** `strictReserve`: behave in every respect as Nym's clients do. Default false. */
  constructor(options: { readonly strictReserve?: boolean } = {}) {
    this.#strict = options.strictReserve ?? false;
    this.#reserve = this.#strict ? RESERVE : LAST_TO_ASK_WITH;
  }

  get senders(): number {
    return this.#senders.size;
  }

  /** Reply blocks that are left of this sender's. */
  available(tag: SenderTag): number {
    return this.#senders.get(mapKey(tag))?.stock.available ?? 0;
  }

  /** Reply blocks that are left, of all senders. */
  get held(): number {
    let held = 0;
    for (const { stock } of this.#senders.values()) held += stock.available;
    return held;
  }

  /** Fragments that wait for reply blocks, of all senders and lanes. */
  get parkedOfAll(): number {
    let parked = 0;
    for (const sender of this.#senders.values()) parked += sender.parked.size;
    return parked;
  }

  /** Fragments of this lane that wait for reply blocks, of all senders; not those that wait to be sent again. */
  parked(lane: Lane): number {
    let length = 0;
    for (const { parked } of this.#senders.values()) length += parked.length(lane);
    return length;
  }

  /** A repliable message has come, with these reply blocks or none. `requested`: it holds nothing else. */
  received(tag: SenderTag, surbs: readonly ReplySurb[], requested: boolean, now: Milliseconds): ReplyDecision<Item> {
    const decision = nothing<Item>();
    const sender = this.#senders.get(mapKey(tag)) ?? this.#welcome(tag, now);
    this.#touch(sender);
    if (surbs.length > 0) {
      sender.stock.add(surbs, now);
      sender.receivedAt = now;
      sender.rerequests = 0;
    }
    if (requested) sender.expected = Math.max(0, sender.expected - surbs.length);
    this.#advance(sender, now, decision);
    while (this.#senders.size > MAX_SENDERS || (this.#senders.size > 1 && this.held > MAX_HELD_OF_ALL)) {
      const [longestSilent] = this.#senders.values();
      if (longestSilent === undefined) break;
      this.#giveUp(longestSilent, decision);
      this.#senders.delete(mapKey(longestSilent.tag));
    }
    return decision;
  }

  /**
   * Sends a reply of these fragments, as far as there are reply blocks, and parks the rest.
   *
   * @throws MixnetError `ERR_MIX_MIXNET_UNKNOWN_SENDER`, or `ERR_MIX_USAGE_BUSY` when too much is parked already
   */
  reply(tag: SenderTag, lane: Lane, items: readonly Item[], now: Milliseconds): ReplyDecision<Item> {
    const sender = this.#known(tag);
    if (sender.parked.size > 0 && sender.parked.size + items.length > MAX_PARKED) {
      throw new MixnetError('ERR_MIX_USAGE_BUSY');
    }
    return this.#park(sender, now, () => sender.parked.push(lane, items));
  }

  /** A reply's fragment was not acknowledged: sends it again, when there is a reply block for it. */
  replyAgain(tag: SenderTag, item: Item, now: Milliseconds): ReplyDecision<Item> {
    const sender = this.#senders.get(mapKey(tag));
    if (sender === undefined) return { ...nothing<Item>(), failed: [item] };
    // One fragment may go into the reserve that new ones must leave.
    const surb = sender.stock.available >= this.#reserve ? sender.stock.take() : undefined;
    if (surb !== undefined) return { ...nothing<Item>(), send: [{ item, surb }] };
    return this.#park(sender, now, () => sender.parked.pushAgain(item));
  }

  /** A reply block for a request that was not acknowledged. There is no reserve for that. */
  requestAgain(tag: SenderTag): ReplySurb | undefined {
    return this.#senders.get(mapKey(tag))?.stock.take();
  }

  /** A reply block was not used after all: what it was for is given up, or could not be sent. Others may need it. */
  giveBack(tag: SenderTag, surb: ReplySurb, now: Milliseconds): ReplyDecision<Item> {
    const decision = nothing<Item>();
    const sender = this.#senders.get(mapKey(tag));
    if (sender === undefined) return decision;
    sender.stock.giveBack(surb);
    if (sender.parked.size > 0) this.#advance(sender, now, decision);
    return decision;
  }

  /** Parked fragments that nobody waits for any more, or that were acknowledged after all. */
  drop(tag: SenderTag, gone: (item: Item) => boolean): void {
    this.#senders.get(mapKey(tag))?.parked.drop(gone);
  }

  /** To be called every `INSPECTION_INTERVAL`: asks again where nothing came, and gives up. */
  inspect(now: Milliseconds): ReplyDecision<Item> {
    const decision = nothing<Item>();
    for (const [name, sender] of this.#senders) {
      sender.stock.prune(now);
      if (sender.parked.size > 0) this.#insist(sender, now, decision);
      const idle = sender.parked.size === 0 && sender.stock.available === 0;
      if (idle && now - sender.receivedAt >= DROP_AFTER) this.#senders.delete(name);
    }
    return decision;
  }

  /** The network's keys may have changed: asks for new reply blocks while the old ones can still carry the request. */
  rotate(view: RotationView, now: Milliseconds): ReplyDecision<Item> {
    this.#view = view;
    const decision = nothing<Item>();
    for (const sender of this.#senders.values()) {
      const stale = sender.stock.rotate(view);
      if (stale > 0) this.#request(sender, stale, now, decision);
    }
    return decision;
  }

  #park(sender: Sender<Item>, now: Milliseconds, push: () => void): ReplyDecision<Item> {
    const decision = nothing<Item>();
    this.#touch(sender);
    if (sender.parked.size === 0) sender.progressAt = now;
    push();
    this.#advance(sender, now, decision);
    return decision;
  }

  /** Data first, if all of it can go; otherwise requests first, since each brings more than it takes. */
  #advance(sender: Sender<Item>, now: Milliseconds, decision: Decision<Item>): void {
    const allCanGo = sender.parked.size <= sender.stock.available - this.#reserve;
    if (!this.#strict && !allCanGo) this.#ask(sender, now, decision);
    this.#serve(sender, now, decision);
    if (this.#strict || allCanGo) this.#ask(sender, now, decision);
  }

  #serve(sender: Sender<Item>, now: Milliseconds, decision: Decision<Item>): void {
    while (sender.parked.size > 0 && sender.stock.available > this.#reserve) {
      const item = sender.parked.next();
      const surb = sender.stock.take();
      if (item === undefined || surb === undefined) return;
      decision.send.push({ item, surb });
      sender.progressAt = now;
    }
  }

  #ask(sender: Sender<Item>, now: Milliseconds, decision: Decision<Item>): void {
    const unanswered = now - Math.max(sender.requestedAt, sender.receivedAt) >= REREQUEST_AFTER;
    if (unanswered) sender.expected = 0;
    const enough = Math.min(STORAGE_LIMIT, sender.parked.size + RESERVE);
    const lacking = () => enough - sender.stock.fresh - sender.expected;
    if (lacking() > 0) this.#request(sender, sender.parked.size, now, decision);
    // The reference leaves it at that until something comes.
    while (!this.#strict && lacking() >= MIN_REQUEST && sender.stock.available > this.#reserve) {
      this.#request(sender, lacking(), now, decision);
    }
  }

  #insist(sender: Sender<Item>, now: Milliseconds, decision: Decision<Item>): void {
    if (now - Math.max(sender.requestedAt, sender.receivedAt) < REREQUEST_AFTER) return;
    if (sender.rerequests >= MAX_REREQUESTS || now - sender.progressAt >= DROP_AFTER) {
      this.#giveUp(sender, decision);
      return;
    }
    sender.rerequests += 1;
    sender.expected = 0;
    this.#request(sender, sender.parked.size, now, decision);
  }

  #request(sender: Sender<Item>, wanted: number, now: Milliseconds, decision: Decision<Item>): void {
    // Also without a reply block: the attempt counts.
    sender.requestedAt = now;
    const surb = sender.stock.take();
    if (surb === undefined) return;
    const amount = Math.min(MAX_REQUEST, Math.max(MIN_REQUEST, wanted));
    sender.expected += amount;
    decision.requests.push({ tag: sender.tag, surb, amount });
  }

  #giveUp(sender: Sender<Item>, decision: Decision<Item>): void {
    for (const item of sender.parked.takeAll()) decision.failed.push(item);
    sender.rerequests = 0;
    sender.expected = 0;
  }

  #known(tag: SenderTag): Sender<Item> {
    const sender = this.#senders.get(mapKey(tag));
    if (sender === undefined) throw new MixnetError('ERR_MIX_MIXNET_UNKNOWN_SENDER');
    return sender;
  }

  #welcome(tag: SenderTag, now: Milliseconds): Sender<Item> {
    return {
      tag,
      stock: new SurbStock(this.#view),
      parked: new ParkedReplies(),
      expected: 0,
      receivedAt: now,
      requestedAt: Number.NEGATIVE_INFINITY,
      progressAt: now,
      rerequests: 0,
    };
  }

  #touch(sender: Sender<Item>): void {
    const name = mapKey(sender.tag);
    this.#senders.delete(name);
    this.#senders.set(name, sender);
  }
}

function nothing<Item>(): Decision<Item> {
  return { send: [], requests: [], failed: [] };
}

/* nymtech/nym common/client-core/config-types/src/lib.rs, section reply_surbs */
const RESERVE = 10;
const STORAGE_LIMIT = 200;
const MIN_REQUEST = 10;
const MAX_REQUEST = 50;
const REREQUEST_AFTER: Milliseconds = 10_000;
const MAX_REREQUESTS = 5;
const DROP_AFTER: Milliseconds = 300_000;

/** How often the reference looks for senders that keep us waiting. */
export const INSPECTION_INTERVAL: Milliseconds = 5000;

/** One carries the request, and one its repetition. */
const LAST_TO_ASK_WITH = 2;
/** Fragments parked for one sender: 13 MB. A single reply may exceed it, it is in the caller's memory anyway. */
const MAX_PARKED = limits.parkedFragments;
/** Senders and reply blocks of them all: some 60 MB. The longest silent sender makes room. */
const MAX_SENDERS = limits.surbSenders;
const MAX_HELD_OF_ALL = limits.surbs;
