import type { Milliseconds, RandomBytes } from '../platform/platform.ts';
import { ADDITIONAL_SURBS_LANE, type Lane, type Lanes } from './lanes.ts';

/** How queued items become packets. None of the functions throws. */
export interface PacketMaker<Item, Packet> {
  /** Whether anybody still waits for this item. */
  wanted(item: Item): boolean;
  /** The item is thrown away, since nobody waits for it. */
  discard(item: Item): void;
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
 * Keeps the next packets of both kinds built ahead of their slots, so that the time it takes to build one does not show in
 * the gaps. They do not grow old: a route is chosen shortly before it is used.
 */
export class ReadyPackets<Item, Packet> {
  readonly #lanes: Lanes<Item>;
  readonly #make: PacketMaker<Item, Packet>;
  readonly #random: RandomBytes;
  #reals: Ready<RealPacket<Item, Packet>>[] = [];
  #covers: Ready<Packet>[] = [];
  #filling = true;

  constructor(lanes: Lanes<Item>, make: PacketMaker<Item, Packet>, random: RandomBytes) {
    this.#lanes = lanes;
    this.#make = make;
    this.#random = random;
  }

  /** Items that have left their lanes and not yet gone out. */
  get total(): number {
    return this.#reals.length;
  }

  /** Items of a lane that have left it and not yet gone out. */
  length(lane: Lane): number {
    return this.#reals.filter(({ value }) => value.lane === lane).length;
  }

  /** Whether `prepareOne` would find nothing to build, as far as can be told without building. */
  get complete(): boolean {
    return !(this.#missesCover || this.#missesReal || this.#missesAny);
  }

  /** Builds the packet that is missed most. False when none is missed, or it cannot be built. */
  prepareOne(now: Milliseconds): boolean {
    this.#dropUnwanted();
    this.#covers = this.#covers.filter(cover => !tooOld(cover, now));
    this.#filling = this.#missesAny;
    if (this.#missesCover && this.#prepareCover(now)) return true;
    if (this.#missesReal && this.#prepareReal(now)) return true;
    return this.#missesAny && this.#prepareCover(now);
  }

  /**
   * The real packet that is ready, if anybody still waits for it. Where nothing is ready, not even cover, the slot waits for
   * something to be built: then for a queued item, as cover would take as long. Or a slow machine sent cover alone.
   */
  takeReal(now: Milliseconds): RealPacket<Item, Packet> | undefined {
    this.#dropUnwanted();
    const ready = this.#reals.shift();
    if (ready === undefined) return this.#coverIsReady(now) ? undefined : this.#buildNext(now)?.value;
    if (!tooOld(ready, now)) return ready.value;
    return this.#build(ready.value.lane, ready.value.item, now)?.value;
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
    this.#reals.unshift({ value: real, builtAt: now });
  }

  /** Something was queued on `lane`: if that is not reply blocks, those that are ready to go go after it. */
  makeWay(lane: Lane): void {
    if (lane === ADDITIONAL_SURBS_LANE) return;
    const inTheWay = this.#reals.filter(({ value }) => value.lane === ADDITIONAL_SURBS_LANE);
    if (inTheWay.length === 0) return;
    this.#reals = this.#reals.filter(ready => !inTheWay.includes(ready));
    for (const { value } of inTheWay.toReversed()) this.#lanes.unpop(value.lane, value.item);
  }

  /** The topology has changed: no packet of the old one is used any more. No item is lost. */
  rebuild(): void {
    this.#covers = [];
    for (const { value } of this.#reals.toReversed()) this.#lanes.unpop(value.lane, value.item);
    this.#reals = [];
  }

  clear(): void {
    this.#covers = [];
    this.#reals = [];
  }

  get #missesCover(): boolean {
    return this.#covers.length === 0;
  }

  get #missesReal(): boolean {
    return this.#reals.length < REALS_READY && !this.#lanes.empty;
  }

  /** Once there are too few, until there are enough: packets built in a row take less time than one by one. */
  get #missesAny(): boolean {
    const total = this.#covers.length + this.#reals.length;
    return total <= TOO_FEW_READY || (this.#filling && total < PACKETS_READY);
  }

  #coverIsReady(now: Milliseconds): boolean {
    const [cover] = this.#covers;
    return cover !== undefined && !tooOld(cover, now);
  }

  #dropUnwanted(): void {
    const unwanted = this.#reals.filter(({ value }) => !this.#make.wanted(value.item));
    if (unwanted.length === 0) return;
    this.#reals = this.#reals.filter(ready => !unwanted.includes(ready));
    for (const { value } of unwanted) this.#make.discard(value.item);
  }

  #prepareCover(now: Milliseconds): boolean {
    const cover = this.#make.cover();
    if (cover !== undefined) this.#covers.push({ value: cover, builtAt: now });
    return cover !== undefined;
  }

  #prepareReal(now: Milliseconds): boolean {
    const real = this.#buildNext(now);
    if (real !== undefined) this.#reals.push(real);
    return real !== undefined;
  }

  #buildNext(now: Milliseconds): Ready<RealPacket<Item, Packet>> | undefined {
    for (let popped = this.#lanes.pop(this.#random); popped !== undefined; popped = this.#lanes.pop(this.#random)) {
      const ready = this.#make.wanted(popped.item) ? this.#build(popped.lane, popped.item, now) : undefined;
      if (ready !== undefined) return ready;
      if (!this.#make.wanted(popped.item)) this.#make.discard(popped.item);
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

/** More would make urgent ones wait. */
const REALS_READY = 2;
/**
 * Of both kinds, for slots that follow each other faster than packets can be built: as many idle as busy, or the gaps
 * would tell which. So many are enough where building takes a third of the time.
 */
const TOO_FEW_READY = 12;
/** As many more as are built in one go. */
const PACKETS_READY = 16;
/** Far above the time in which either stream takes all that is ready; packets live that long only while the link is down. */
const MAX_AGE_MS = 10_000;
