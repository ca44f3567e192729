import type { Diagnostics } from '../diagnostics/index.ts';
import { MixnetError } from '../errors.ts';
import { encodeNymMessage, type Recipient, type ReplySurb, type SenderTag } from '../message/index.ts';
import type { Platform } from '../platform/platform.ts';
import { Alarm } from './alarm.ts';
import type { Deliveries, Delivery } from './deliveries.ts';
import { SURB_REQUEST_LANE } from './lanes.ts';
import { INSPECTION_INTERVAL, ReceivedSurbs, type ReplyDecision } from './received-surbs.ts';
import type { RotationView } from './rotation-view.ts';
import type { Counters } from './stats.ts';
import type { OutgoingFragment, Transmissions } from './transmissions.ts';

export interface ReplierOptions {
  readonly platform: Platform;
  readonly transmissions: Transmissions;
  readonly deliveries: Deliveries;
  /** The client's own address, which requests for reply blocks carry. */
  readonly self: Recipient;
  readonly maxRetransmissions: number;
  /** Keep ten reply blocks to ask for more with, as Nym's clients do. */
  readonly strictReserve: boolean;
  readonly counters: Counters;
  readonly diagnostics?: Diagnostics | undefined;
}

/**
 * The answering side of a conversation: replies go through the reply blocks that came under a tag. `ReceivedSurbs` decides,
 * this carries out: sends, asks for more, and gives up.
 */
export class Replier {
  readonly #options: ReplierOptions;
  readonly #surbs: ReceivedSurbs<OutgoingFragment>;
  readonly #tags = new Map<Delivery, SenderTag>();
  /** Fragments that wait, or have waited, for another reply block. */
  readonly #again = new WeakSet<OutgoingFragment>();
  readonly #requests = new WeakSet<OutgoingFragment>();
  readonly #alarm: Alarm;

  constructor(options: ReplierOptions) {
    this.#options = options;
    this.#surbs = new ReceivedSurbs({ strictReserve: options.strictReserve });
    this.#alarm = new Alarm(options.platform, () => this.#inspect());
  }

  stop(): void {
    this.#alarm.set(undefined);
  }

  /** Fragments that wait for reply blocks. */
  get parkedOfAll(): number {
    return this.#surbs.parkedOfAll;
  }

  /** Reply blocks of others that are here. */
  get surbsHeld(): number {
    return this.#surbs.held;
  }

  /** Fragments of a lane that wait for reply blocks. */
  parked(lane: string): number {
    return this.#surbs.parked(lane);
  }

  /** Fails the delivery where there is no such sender, or too much waits for it already. */
  reply(tag: SenderTag, data: Uint8Array, delivery: Delivery, maxRetransmissions: number): void {
    const { transmissions, platform } = this.#options;
    const message = encodeNymMessage({ kind: 'reply', data });
    const fragments = transmissions.split(message, delivery, { kind: 'sender', tag }, maxRetransmissions);
    this.#tags.set(delivery, tag);
    try {
      this.#carryOut(this.#surbs.reply(tag, delivery.lane, fragments, platform.now()));
    } catch (error) {
      delivery.fail(error);
    }
  }

  /** Reply blocks, or none, have come under a tag. `requested`: in a message that holds nothing else. */
  received(tag: SenderTag, surbs: readonly ReplySurb[], requested: boolean): void {
    this.#carryOut(this.#surbs.received(tag, surbs, requested, this.#options.platform.now()));
  }

  rotate(view: RotationView): void {
    this.#carryOut(this.#surbs.rotate(view, this.#options.platform.now()));
  }

  /** A fragment was not acknowledged in time. */
  expired(outgoing: OutgoingFragment): void {
    const { destination } = outgoing;
    if (destination.kind !== 'sender') return;
    if (!this.#requests.has(outgoing)) {
      this.#again.add(outgoing);
      this.#carryOut(this.#surbs.replyAgain(destination.tag, outgoing, this.#options.platform.now()));
      return;
    }
    const surb = this.#surbs.requestAgain(destination.tag);
    if (surb === undefined) {
      outgoing.delivery.fail(new MixnetError('ERR_MIX_MIXNET_NO_SURBS'));
    } else this.#options.transmissions.queueThroughSurbs([{ outgoing, surb }]);
  }

  acked(outgoing: OutgoingFragment): void {
    const { destination } = outgoing;
    if (destination.kind !== 'sender' || !this.#again.has(outgoing)) return;
    this.#surbs.drop(destination.tag, parked => parked === outgoing);
  }

  /** A reply block that was bound to a fragment has not been used. */
  unused(tag: SenderTag, surb: ReplySurb): void {
    this.#carryOut(this.#surbs.giveBack(tag, surb, this.#options.platform.now()));
  }

  /** A delivery has ended: what is parked of it is dropped. */
  drop(delivery: Delivery): void {
    const tag = this.#tags.get(delivery);
    this.#tags.delete(delivery);
    if (tag !== undefined) this.#surbs.drop(tag, ({ delivery: its }) => its === delivery);
  }

  #carryOut({ send, requests, failed }: ReplyDecision<OutgoingFragment>): void {
    this.#options.transmissions.queueThroughSurbs(send.map(({ item, surb }) => ({ outgoing: item, surb })));
    for (const { tag, surb, amount } of requests) this.#request(tag, surb, amount);
    for (const { delivery } of failed) delivery.fail(new MixnetError('ERR_MIX_MIXNET_NO_SURBS'));
    if (failed.length > 0) this.#starved();
    if (this.#surbs.senders > 0) this.#alarm.setIfUnset(this.#options.platform.now() + INSPECTION_INTERVAL);
  }

  #request(tag: SenderTag, surb: ReplySurb, amount: number): void {
    const { deliveries, transmissions, self, maxRetransmissions } = this.#options;
    const delivery = deliveries.openUnawaited(SURB_REQUEST_LANE);
    if (delivery === undefined) return; // closing, or far too much waits already
    const message = encodeNymMessage({ kind: 'surb-request', recipient: self, amount });
    const fragments = transmissions.split(message, delivery, { kind: 'sender', tag }, maxRetransmissions);
    for (const outgoing of fragments) this.#requests.add(outgoing);
    this.#options.counters.surbRequestsSent += 1;
    // A request fits into one packet.
    transmissions.queueThroughSurbs(fragments.map(outgoing => ({ outgoing, surb })));
  }

  #starved(): void {
    this.#options.counters.surbStarvations += 1;
    this.#options.diagnostics?.emit('client:surb-starvation', () => ({ side: 'here' as const }));
  }

  #inspect(): void {
    this.#carryOut(this.#surbs.inspect(this.#options.platform.now()));
  }
}
