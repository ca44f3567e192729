import { MixnetError } from '../errors.ts';
import { type Fragment, type Recipient, type ReplySurb, type SenderTag, splitMessage } from '../message/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import type { RotationMarker } from '../sphinx/index.ts';
import { Alarm } from './alarm.ts';
import type { Delivery } from './deliveries.ts';
import { type Batch, type Lane, type Lanes, RETRANSMISSION_LANE, single } from './lanes.ts';
import { type OutgoingPacket, type PacketBuilder, type Routes, SIZE } from './packet-builder.ts';
import { type FragmentKey, fragmentKey, PendingAcks, type PendingFragment } from './pending-acks.ts';
import type { PacketMaker, RealPacket } from './ready-packets.ts';
import type { Counters } from './stats.ts';
import type { Traffic } from './traffic.ts';

/** One packet's worth of a message, from its acceptance to its acknowledgement. */
export interface OutgoingFragment extends PendingFragment {
  readonly fragment: Fragment;
  readonly delivery: Delivery;
  readonly destination: Destination;
}

export type Destination =
  | { readonly kind: 'recipient'; readonly recipient: Recipient }
  /** Known by a tag alone: every attempt takes one of the reply blocks that came under it. */
  | { readonly kind: 'sender'; readonly tag: SenderTag };

/** What waits in the lanes. */
export interface QueuedFragment {
  readonly outgoing: OutgoingFragment;
  /** For destinations known by a tag. */
  readonly surb: ReplySurb | undefined;
  readonly again: boolean;
}

/** What is there of a delivery that has not ended. */
interface Shipment {
  readonly outgoing: readonly OutgoingFragment[];
  batches: readonly QueuedBatch[];
}

interface QueuedBatch extends Batch<QueuedFragment> {
  /** What `next` has not given. */
  rest(): readonly QueuedFragment[];
}

export interface TransmissionsOptions {
  readonly platform: Platform;
  readonly traffic: Traffic;
  readonly counters: Counters;
  readonly builder: PacketBuilder;
  readonly lanes: Lanes<QueuedFragment>;
  /** The view of the network to send under: that of a rotation, if known, else the present one. */
  readonly routes: (rotation?: RotationMarker) => Routes | undefined;
  /** Something was put in a lane. */
  readonly queued: (lane: Lane) => void;
  /** A fragment to a tag was not acknowledged in time: `queueThroughSurbs` it again when there is a reply block. */
  readonly replyExpired: (outgoing: OutgoingFragment) => void;
  /** A reply block given to `queueThroughSurbs` was not used, and will not be. */
  readonly surbUnused: (tag: SenderTag, surb: ReplySurb) => void;
}

/**
 * Takes fragments from their message to their acknowledgement: queues them, turns them into packets when the streams ask,
 * times them from the moment they are sent, and sends them again until acknowledged or given up. A fragment is on record
 * before its packet exists.
 */
export class Transmissions implements PacketMaker<QueuedFragment, OutgoingPacket> {
  readonly #options: TransmissionsOptions;
  readonly #acks = new PendingAcks<OutgoingFragment>();
  readonly #shipments = new Map<Delivery, Shipment>();
  /** Why the last attempt to build a packet failed. */
  readonly #failures = new WeakMap<OutgoingFragment, unknown>();
  readonly #alarm: Alarm;

  constructor(options: TransmissionsOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.platform, () => this.#expire());
  }

  /** Fragments sent or about to be, and not acknowledged. */
  get pending(): number {
    return this.#acks.size;
  }

  /** Messages that have not ended, and whose fragments are made. */
  get shipments(): number {
    return this.#shipments.size;
  }

  /** Cuts a message and queues it on its delivery's lane. Fails the delivery where there is no route. */
  sendTo(recipient: Recipient, message: Uint8Array, delivery: Delivery, maxRetransmissions: number): void {
    try {
      this.#routes().route(recipient.gateway, this.#options.platform.randomBytes);
    } catch (error) {
      delivery.fail(error);
      return;
    }
    const outgoing = this.split(message, delivery, { kind: 'recipient', recipient }, maxRetransmissions);
    this.#queueBatch(outgoing.map(one => ({ outgoing: one, surb: undefined, again: false })));
  }

  /** Cuts a message, which must not change until the delivery has ended. */
  split(
    message: Uint8Array,
    delivery: Delivery,
    destination: Destination,
    maxRetransmissions: number,
  ): readonly OutgoingFragment[] {
    const fragments = splitMessage(message, SIZE, this.#options.platform.randomBytes);
    const outgoing = fragments.map(fragment => {
      return { id: fragmentKey(fragment.id), fragment, delivery, destination, maxRetransmissions };
    });
    delivery.divide(outgoing.length);
    if (!delivery.ended) this.#shipments.set(delivery, { outgoing, batches: [] });
    return outgoing;
  }

  /** For destinations known by a tag: each fragment, new or expired, with the reply block for this attempt. */
  queueThroughSurbs(pairs: readonly { readonly outgoing: OutgoingFragment; readonly surb: ReplySurb }[]): void {
    const fresh = new Map<Delivery, QueuedFragment[]>();
    for (const { outgoing, surb } of pairs) {
      if (this.#acks.has(outgoing.id)) this.#queueAgain(outgoing, surb);
      else {
        const ofDelivery = fresh.get(outgoing.delivery) ?? [];
        ofDelivery.push({ outgoing, surb, again: false });
        fresh.set(outgoing.delivery, ofDelivery);
      }
    }
    for (const items of fresh.values()) this.#queueBatch(items);
  }

  /** The acknowledgement of a fragment has come; returns the fragment, if it was waited for. */
  acked(id: FragmentKey): OutgoingFragment | undefined {
    const outgoing = this.#acks.acked(id);
    outgoing?.delivery.acknowledge();
    this.#setAlarm();
    return outgoing;
  }

  /** A delivery has ended: what is left of it is neither sent nor sent again. */
  drop(delivery: Delivery): void {
    const shipment = this.#shipments.get(delivery);
    this.#shipments.delete(delivery);
    for (const { id } of shipment?.outgoing ?? []) this.#acks.drop(id);
    for (const batch of shipment?.batches ?? []) {
      this.#options.lanes.remove(delivery.lane, batch);
      for (const item of batch.rest()) this.discard(item);
    }
    this.#setAlarm();
  }

  stop(): void {
    this.#alarm.set(undefined);
  }

  wanted({ outgoing }: QueuedFragment): boolean {
    return this.#acks.has(outgoing.id);
  }

  discard({ outgoing: { destination }, surb }: QueuedFragment): void {
    if (destination.kind === 'sender' && surb !== undefined) this.#options.surbUnused(destination.tag, surb);
  }

  real(queued: QueuedFragment): OutgoingPacket | undefined {
    const { outgoing, surb } = queued;
    const { builder } = this.#options;
    try {
      const routes = this.#routes(surb?.rotation);
      if (surb !== undefined) return builder.throughSurb(routes, surb, outgoing.fragment);
      const { destination } = outgoing;
      if (destination.kind === 'recipient')
        return builder.toRecipient(routes, destination.recipient, outgoing.fragment);
    } catch (error) {
      this.#failures.set(outgoing, error);
      // As if it were sent and lost: the next attempt may find a better topology, and the attempts are limited.
    }
    this.discard(queued);
    this.#startTimer(outgoing, 0, this.#options.platform.now());
    return undefined;
  }

  cover(): OutgoingPacket | undefined {
    try {
      return this.#options.builder.cover(this.#routes());
    } catch {
      return undefined; // No way back to our own gateway: the slot stays empty.
    }
  }

  /** A packet has been handed to the socket. */
  sent({ item, packet }: RealPacket<QueuedFragment, OutgoingPacket>, now: Milliseconds): void {
    const { counters } = this.#options;
    if (item.again) counters.retransmissions += 1;
    if (item.surb !== undefined) counters.surbsUsed += 1;
    this.#startTimer(item.outgoing, packet.expectedDelayMs, now);
  }

  #queueBatch(items: readonly QueuedFragment[]): void {
    const delivery = items[0]?.outgoing.delivery;
    const shipment = delivery && this.#shipments.get(delivery);
    if (delivery === undefined || shipment === undefined) {
      for (const item of items) this.discard(item); // it has ended already
      return;
    }
    let taken = 0;
    const batch: QueuedBatch = {
      get remaining() {
        return items.length - taken;
      },
      next: () => {
        const item = items[taken++];
        if (item === undefined) throw new RangeError('the batch is empty');
        this.#acks.add(item.outgoing);
        return item;
      },
      rest: () => items.slice(taken),
    };
    shipment.batches = [...shipment.batches.filter(({ remaining }) => remaining > 0), batch];
    this.#options.lanes.push(delivery.lane, batch);
    this.#options.queued(delivery.lane);
  }

  #queueAgain(outgoing: OutgoingFragment, surb?: ReplySurb): void {
    this.#options.lanes.push(RETRANSMISSION_LANE, single({ outgoing, surb, again: true }));
    this.#options.queued(RETRANSMISSION_LANE);
  }

  #expire(): void {
    const { again, lost } = this.#acks.expired(this.#options.platform.now());
    for (const outgoing of lost) outgoing.delivery.fail(this.#undelivered(outgoing));
    for (const outgoing of again) {
      if (outgoing.delivery.ended) continue;
      if (outgoing.destination.kind === 'recipient') this.#queueAgain(outgoing);
      else this.#options.replyExpired(outgoing);
    }
    this.#setAlarm();
  }

  #startTimer(outgoing: OutgoingFragment, expectedDelayMs: Milliseconds, now: Milliseconds): void {
    const { ackWaitMultiplier, ackWaitAdditionMs } = this.#options.traffic;
    this.#acks.sent(outgoing.id, now, expectedDelayMs * ackWaitMultiplier + ackWaitAdditionMs);
    this.#setAlarm();
  }

  #undelivered(outgoing: OutgoingFragment): MixnetError {
    const cause = this.#failures.get(outgoing);
    return new MixnetError('ERR_MIX_MIXNET_UNDELIVERED', cause === undefined ? {} : { cause });
  }

  #setAlarm(): void {
    this.#alarm.set(this.#acks.nextDeadline);
  }

  #routes(rotation?: RotationMarker): Routes {
    const routes = this.#options.routes(rotation);
    if (routes === undefined) throw new MixnetError('ERR_MIX_MIXNET_NO_ROUTE');
    return routes;
  }
}
