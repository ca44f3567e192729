import type { Milliseconds, RandomBytes } from '../platform/platform.ts';
import { ADDITIONAL_SURBS_LANE, type Lane, type Lanes } from './lanes.ts';

/** How queued items become packets. Neither function throws. */
export interface PacketMaker<Item, Packet> {
  /** Whether anybody still waits for this item. */
  wanted(item: Item): boolean;
  /** `undefined` when it cannot be built now; the maker has then taken the item back. */
  real(item: Item): Packet | undefined;
  /** `undefined` without a topology. */
  cover(): Packet | undefined;
}

/** A packet from a lane; `item` is what it was built from. */
export interface RealPacket<Item, Packet> {
  readonly lane: Lane;
  readonly item: Item;
  readonly packet: Packet;
}

interface Ready<T> {
  readonly value: T;
  readonly builtAt: Milliseconds;
}

/**
 * Keeps the next real packet and a cover packet for each stream built ahead of their slots, so that the time it takes to
 * build one does not show in the gaps. They do not grow old: a route is chosen shortly before it is used.
 */
export class ReadyPackets<Item, Packet> {
  readonly #lanes: Lanes<Item>;
  readonly #make: PacketMaker<Item, Packet>;
  readonly #random: RandomBytes;
  readonly #covers: Ready<Packet>[] = [];
  #real: Ready<RealPacket<Item, Packet>> | undefined;

  constructor(lanes: Lanes<Item>, make: PacketMaker<Item, Packet>, random: RandomBytes) {
    this.#lanes = lanes;
    this.#make = make;
    this.#random = random;
  }

  /** Items of a lane that have left it and not yet gone out: 0 or 1. */
  length(lane: Lane): number {
    return this.#real?.value.lane === lane ? 1 : 0;
  }

  /** Builds what is missing or too old. To be called after slots, never in front of one. */
  prepare(now: Milliseconds): void {
    this.#refresh(now);
    if (this.#real === undefined) this.#real = this.#buildNext(now);
    while (this.#covers[0] !== undefined && tooOld(this.#covers[0], now)) this.#covers.shift();
    while (this.#covers.length < COVERS_READY) {
      const cover = this.#make.cover();
      if (cover === undefined) return;
      this.#covers.push({ value: cover, builtAt: now });
    }
  }

  /** The real packet that is ready, if anybody still waits for it. */
  takeReal(now: Milliseconds): RealPacket<Item, Packet> | undefined {
    this.#refresh(now);
    const ready = this.#real?.value;
    this.#real = undefined;
    return ready;
  }

  /** For senders without slots: the ready packet, or the next one built on the spot. */
  nextReal(now: Milliseconds): RealPacket<Item, Packet> | undefined {
    return this.takeReal(now) ?? this.#buildNext(now)?.value;
  }

  takeCover(now: Milliseconds): Packet | undefined {
    const ready = this.#covers.shift();
    return ready === undefined || tooOld(ready, now) ? this.#make.cover() : ready.value;
  }

  /** Takes back a real packet that the link did not take. */
  putBack(real: RealPacket<Item, Packet>, now: Milliseconds): void {
    if (this.#real === undefined) this.#real = { value: real, builtAt: now };
    else this.#lanes.unpop(real.lane, real.item);
  }

  /** Something was queued on `lane`: if reply blocks are ready to go and that is not more of them, they go after it. */
  makeWay(lane: Lane): void {
    const ready = this.#real?.value;
    if (ready?.lane !== ADDITIONAL_SURBS_LANE || lane === ADDITIONAL_SURBS_LANE) return;
    this.#real = undefined;
    this.#lanes.unpop(ready.lane, ready.item);
  }

  /** The topology has changed: every packet is to be built anew, the real one from the same item. */
  rebuild(now: Milliseconds): void {
    this.#covers.length = 0;
    const ready = this.#real?.value;
    this.#real = ready && this.#build(ready.lane, ready.item, now);
    this.prepare(now);
  }

  clear(): void {
    this.#covers.length = 0;
    this.#real = undefined;
  }

  #refresh(now: Milliseconds): void {
    const ready = this.#real;
    if (ready === undefined) return;
    if (!this.#make.wanted(ready.value.item)) this.#real = undefined;
    else if (tooOld(ready, now)) this.#real = this.#build(ready.value.lane, ready.value.item, now);
  }

  #buildNext(now: Milliseconds): Ready<RealPacket<Item, Packet>> | undefined {
    for (let popped = this.#lanes.pop(this.#random); popped !== undefined; popped = this.#lanes.pop(this.#random)) {
      if (!this.#make.wanted(popped.item)) continue;
      const ready = this.#build(popped.lane, popped.item, now);
      if (ready !== undefined) return ready;
    }
    return undefined;
  }

  #build(lane: Lane, item: Item, now: Milliseconds): Ready<RealPacket<Item, Packet>> | undefined {
    const packet = this.#make.real(item);
    return packet === undefined ? undefined : { value: { lane, item, packet }, builtAt: now };
  }
}

function tooOld(ready: Ready<unknown>, now: Milliseconds): boolean {
  return now - ready.builtAt > MAX_AGE_MS;
}

/** One for the main stream, one for the loop cover stream. */
const COVERS_READY = 2;
/** Far above the gap of any stream at its defaults; packets live that long only while the link is down. */
const MAX_AGE_MS = 3000;
