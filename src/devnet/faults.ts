import { uniformUnit } from '../crypto/sampling.ts';
import type { Milliseconds, RandomBytes } from '../platform/platform.ts';

/** What goes wrong with packets. Every value may be changed while the devnet runs, and then counts for packets sent from then on. */
export interface FaultOptions {
  /** Chance that a packet is lost somewhere on its way, 0 … 1; acknowledgements are packets of their own. Default 0. */
  readonly loss?: number;
  /** What every packet takes longer, on its whole way. Default 0. */
  readonly latencyMs?: Milliseconds;
  /** Chance that a packet is held back, so that later ones overtake it. Default 0. */
  readonly reordering?: number;
  /** For how long. Default 200. */
  readonly heldBackMs?: Milliseconds;
  /** Chance that the last gateway delivers what a packet held twice. (A repeated packet itself is dropped as a replay.) Default 0. */
  readonly duplicates?: number;
}

/** The same, to read and to set. */
export type FaultSettings = { -readonly [Name in keyof FaultOptions]-?: Exclude<FaultOptions[Name], undefined> };

export class Faults implements FaultSettings {
  #loss = 0;
  #reordering = 0;
  #duplicates = 0;
  #latencyMs = 0;
  #heldBackMs = 200;

  /** Throws a `RangeError` for a chance that is none, here and when one is set; a `TypeError` for a fault that there is not. */
  constructor(options: FaultOptions = {}) {
    const unknown = Object.keys(options).find(name => !faultNames.includes(name));
    if (unknown !== undefined) throw new TypeError(`there is no fault "${unknown}"`);
    Object.assign(this, options);
  }

  get loss(): number {
    return this.#loss;
  }
  set loss(chance: number) {
    this.#loss = asChance('loss', chance);
  }

  get reordering(): number {
    return this.#reordering;
  }
  set reordering(chance: number) {
    this.#reordering = asChance('reordering', chance);
  }

  get duplicates(): number {
    return this.#duplicates;
  }
  set duplicates(chance: number) {
    this.#duplicates = asChance('duplicates', chance);
  }

  get latencyMs(): Milliseconds {
    return this.#latencyMs;
  }
  set latencyMs(time: Milliseconds) {
    this.#latencyMs = asTime('latencyMs', time);
  }

  get heldBackMs(): Milliseconds {
    return this.#heldBackMs;
  }
  set heldBackMs(time: Milliseconds) {
    this.#heldBackMs = asTime('heldBackMs', time);
  }

  /** Decided once for the whole way of a packet, where it enters. */
  fate(random: RandomBytes): { readonly lost: boolean; readonly delay: Milliseconds; readonly heldBack: boolean } {
    const heldBack = happens(this.#reordering, random);
    return {
      lost: happens(this.#loss, random),
      delay: this.#latencyMs + (heldBack ? this.#heldBackMs : 0),
      heldBack,
    };
  }

  deliversTwice(random: RandomBytes): boolean {
    return happens(this.#duplicates, random);
  }
}

const faultNames = ['loss', 'latencyMs', 'reordering', 'heldBackMs', 'duplicates'];

function happens(chance: number, random: RandomBytes): boolean {
  return chance > 0 && uniformUnit(random) <= chance;
}

function asChance(name: string, chance: number): number {
  if (!(chance >= 0 && chance <= 1)) throw new RangeError(`${name} is a chance, 0 to 1`);
  return chance;
}

function asTime(name: string, time: number): number {
  if (!(time >= 0 && Number.isFinite(time))) throw new RangeError(`${name} is a time in milliseconds`);
  return time;
}
