import { mapKey } from '../crypto/bytes.ts';
import {
  encodeNymMessage,
  encodeRecipient,
  type Recipient,
  type ReplySurb,
  SENDER_TAG_BYTES,
  type SenderTag,
} from '../message/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import type { Topology } from '../topology/index.ts';
import type { Deliveries, Delivery } from './deliveries.ts';
import { ADDITIONAL_SURBS_LANE, type Lane } from './lanes.ts';
import type { PacketBuilder } from './packet-builder.ts';
import type { Pseudonym } from './pseudonym.ts';
import type { SentReplyKeys } from './sent-reply-keys.ts';
import type { Counters } from './stats.ts';
import { SurbWorkshop } from './surb-workshop.ts';
import { SurbsAhead } from './surbs-ahead.ts';
import type { Transmissions } from './transmissions.ts';

export interface AnonymousSenderOptions {
  readonly platform: Platform;
  readonly builder: PacketBuilder;
  readonly transmissions: Transmissions;
  readonly deliveries: Deliveries;
  readonly replyKeys: SentReplyKeys;
  readonly counters: Counters;
  /** Throws ERR_MIX_MIXNET_NO_ROUTE. */
  readonly topology: () => Topology;
  /** When the next packet is due, which nothing may delay. */
  readonly nextSlot: () => Milliseconds;
  /** Of messages that hold reply blocks only. */
  readonly maxRetransmissions: number;
}

/** What goes to a recipient under a pseudonym: data with reply blocks, or reply blocks alone. */
export interface AnonymousMessage {
  readonly content: 'data' | 'additional-surbs';
  readonly data: Uint8Array;
  readonly surbs: number;
  readonly maxRetransmissions: number;
}

/**
 * The anonymous side of a conversation: pseudonyms, and messages under them with the reply blocks by which the other side
 * answers. The keys of reply blocks are stored before the message is queued, so that no answer comes too early.
 */
export class AnonymousSender {
  readonly #options: AnonymousSenderOptions;
  readonly #workshop: SurbWorkshop;
  readonly #pseudonyms = new Map<string, Pseudonym>();
  readonly #live = new Set<Pseudonym>();
  /** Reply blocks that are being made, by the pseudonym they are for. */
  readonly #inTheMaking = new Map<Pseudonym, number>();
  readonly #ahead = new SurbsAhead();

  constructor(options: AnonymousSenderOptions) {
    this.#options = options;
    this.#workshop = new SurbWorkshop(options.platform, options.nextSlot);
  }

  /** The same one for the same arguments, until it is released. */
  pseudonym(recipient: Recipient, isolation: string): Pseudonym {
    const name = nameOf(recipient, isolation);
    const known = this.#pseudonyms.get(name);
    if (known !== undefined) return known;
    const tag = this.#options.platform.randomBytes(SENDER_TAG_BYTES) as SenderTag;
    const pseudonym: Pseudonym = Object.freeze({ tag, recipient, isolation });
    this.#pseudonyms.set(name, pseudonym);
    this.#live.add(pseudonym);
    return pseudonym;
  }

  /** Answers to it are not understood any more, and its like is never used again. */
  release(pseudonym: Pseudonym): void {
    if (!this.#live.delete(pseudonym)) return;
    this.#pseudonyms.delete(nameOf(pseudonym.recipient, pseudonym.isolation));
    this.#options.replyKeys.forget(pseudonym);
  }

  /** Sends reply blocks without data, before they are asked for, in messages of these sizes. */
  supply(pseudonym: Pseudonym, sizes: readonly number[], lane?: Lane): void {
    for (const surbs of sizes) {
      const delivery = this.#sendSurbs(pseudonym, surbs, lane);
      if (delivery === undefined) return;
      this.#ahead.sent(pseudonym, surbs);
      const arrived = () => this.#ahead.arrived(pseudonym, surbs);
      delivery.done.then(arrived, arrived);
    }
  }

  /** How many of the reply blocks that are asked for have been sent already, and are about to arrive. */
  supplied(pseudonym: Pseudonym, asked: number): number {
    return this.#ahead.claim(pseudonym, asked);
  }

  /** Sends what was asked for. */
  answer(pseudonym: Pseudonym, sizes: readonly number[]): void {
    for (const surbs of sizes) this.#sendSurbs(pseudonym, surbs);
  }

  /** Reply blocks that the other side is believed to have left, those on their way to it included. */
  surbsHeldBy(pseudonym: Pseudonym): number {
    return this.#options.replyKeys.outstanding(pseudonym) + (this.#inTheMaking.get(pseudonym) ?? 0);
  }

  /** Queues the message as soon as its reply blocks are made. Fails the delivery where there is no route. */
  send(delivery: Delivery, pseudonym: Pseudonym, message: AnonymousMessage): void {
    const counted = this.#countInTheMaking(pseudonym, message.surbs);
    delivery.done.then(counted, counted);
    let topology: Topology | undefined;
    this.#workshop.order({
      amount: message.surbs,
      urgent: message.content === 'data',
      owner: pseudonym,
      wanted: () => !delivery.ended,
      make: () => {
        // All reply blocks of a message are of one rotation.
        topology ??= this.#options.topology();
        return this.#options.builder.replySurb(topology);
      },
      done: surbs => {
        counted();
        if (!this.#live.has(pseudonym)) delivery.fail(new TypeError('the pseudonym was released'));
        else this.#queue(delivery, pseudonym, message, surbs, topology);
      },
      failed: error => delivery.fail(error),
    });
  }

  stop(): void {
    this.#workshop.stop();
  }

  /** What cannot be sent now, is not: it is asked for again. */
  #sendSurbs(pseudonym: Pseudonym, surbs: number, lane: Lane = ADDITIONAL_SURBS_LANE): Delivery | undefined {
    const { deliveries, maxRetransmissions } = this.#options;
    const delivery = this.#live.has(pseudonym) ? deliveries.openUnawaited(lane) : undefined;
    if (delivery === undefined) return undefined;
    const data = new Uint8Array(0);
    this.send(delivery, pseudonym, { content: 'additional-surbs', data, surbs, maxRetransmissions });
    return delivery;
  }

  #queue(
    delivery: Delivery,
    pseudonym: Pseudonym,
    { content, data, maxRetransmissions }: AnonymousMessage,
    surbs: readonly ReplySurb[],
    topology: Topology | undefined,
  ): void {
    const { replyKeys, platform, counters, transmissions } = this.#options;
    if (topology !== undefined) replyKeys.register(surbs, pseudonym, topology.rotationId, platform.now());
    counters.surbsCreated += surbs.length;
    const { tag, recipient } = pseudonym;
    const message = encodeNymMessage({ kind: 'repliable', tag, content, surbs, data });
    transmissions.sendTo(recipient, message, delivery, maxRetransmissions);
  }

  /** Counts them until the returned function is called, for the first time. */
  #countInTheMaking(pseudonym: Pseudonym, surbs: number): () => void {
    let counting = true;
    const change = (by: number) => {
      const count = (this.#inTheMaking.get(pseudonym) ?? 0) + by;
      if (count === 0) this.#inTheMaking.delete(pseudonym);
      else this.#inTheMaking.set(pseudonym, count);
    };
    change(surbs);
    return () => {
      if (counting) change(-surbs);
      counting = false;
    };
  }
}

function nameOf(recipient: Recipient, isolation: string): string {
  return `${mapKey(encodeRecipient(recipient))}/${isolation}`;
}
