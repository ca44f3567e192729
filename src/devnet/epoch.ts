/**
 * Time as the network counts it: epochs, and rotations of the nodes' Sphinx keys, each some epochs long
 * (`nymtech/nym common/cosmwasm-smart-contracts/mixnet-contract/src/key_rotation.rs`).
 *
 * @module
 */

import { sha256, x25519PublicKey } from '#crypto';
import { concatBytes } from '../crypto/bytes.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import { type RotationMarker, rotationMarker, type Unwrap, unwrapperOf } from '../sphinx/index.ts';

export interface EpochView {
  readonly epoch: number;
  /** Unix time, ms. */
  readonly startedAt: Milliseconds;
  readonly rotation: number;
  readonly firstEpochOfRotation: number;
  readonly lastEpochOfRotation: number;
}

export interface EpochOptions {
  readonly platform: Pick<Platform, 'wallTime'>;
  readonly epochMs: Milliseconds;
  readonly rotationEpochs: number;
  /** The number of the epoch in which the devnet starts. */
  readonly firstEpoch: number;
}

export class Epochs {
  readonly epochMs: Milliseconds;
  readonly rotationEpochs: number;
  readonly #platform: Pick<Platform, 'wallTime'>;
  readonly #firstEpoch: number;
  readonly #firstStartedAt: Milliseconds;

  /** The first epoch is already running, for a sixth of its time. */
  constructor({ platform, epochMs, rotationEpochs, firstEpoch }: EpochOptions) {
    this.epochMs = epochMs;
    this.rotationEpochs = rotationEpochs;
    this.#platform = platform;
    this.#firstEpoch = firstEpoch;
    this.#firstStartedAt = Math.floor(platform.wallTime() - epochMs / 6);
  }

  get current(): EpochView {
    const passed = Math.max(0, Math.floor((this.#platform.wallTime() - this.#firstStartedAt) / this.epochMs));
    const epoch = this.#firstEpoch + passed;
    const rotation = Math.floor(epoch / this.rotationEpochs);
    return {
      epoch,
      startedAt: this.#firstStartedAt + passed * this.epochMs,
      rotation,
      firstEpochOfRotation: rotation * this.rotationEpochs,
      lastEpochOfRotation: (rotation + 1) * this.rotationEpochs - 1,
    };
  }
}

/** A node's Sphinx key of one rotation, and what it has unwrapped. */
export interface SphinxKey {
  readonly rotation: number;
  readonly unwrap: Unwrap;
  readonly publicKey: Uint8Array;
  readonly seen: ReplayFilter;
}

/** One key per rotation. The one before is kept for an epoch, the one after is announced an epoch ahead. */
export class RotatingKeys {
  readonly #seed: Uint8Array;
  readonly #epochs: Epochs;
  readonly #keys = new Map<number, SphinxKey>();

  constructor(seed: Uint8Array, epochs: Epochs) {
    this.#seed = seed;
    this.#epochs = epochs;
  }

  get current(): SphinxKey {
    return this.#key(this.#epochs.current.rotation);
  }

  /** Already published, in the last epoch of a rotation. */
  get announced(): SphinxKey | undefined {
    const { epoch, lastEpochOfRotation, rotation } = this.#epochs.current;
    return epoch === lastEpochOfRotation ? this.#key(rotation + 1) : undefined;
  }

  /** The keys a packet of that marker can be for, the likelier one first; an unknown marker fits all. */
  candidates(marker: RotationMarker): SphinxKey[] {
    const { epoch, firstEpochOfRotation, rotation } = this.#epochs.current;
    const keys = [this.#key(rotation)];
    if (epoch === firstEpochOfRotation && rotation > 0) keys.push(this.#key(rotation - 1));
    const { announced } = this;
    if (announced !== undefined) keys.push(announced);
    return marker === 0 ? keys : keys.filter(key => rotationMarker(key.rotation) === marker);
  }

  #key(rotation: number): SphinxKey {
    const known = this.#keys.get(rotation);
    if (known !== undefined) return known;
    const number = new Uint8Array(4);
    new DataView(number.buffer).setUint32(0, rotation);
    const secretKey = sha256(concatBytes(this.#seed, number));
    const publicKey = x25519PublicKey(secretKey);
    const key = { rotation, unwrap: unwrapperOf(secretKey), publicKey, seen: new ReplayFilter() };
    this.#keys.set(rotation, key);
    for (const old of this.#keys.keys()) if (old < rotation - 2) this.#keys.delete(old);
    return key;
  }
}

/** More than a client sends in half an hour at ten times the default rate: then the oldest are forgotten. */
const MAX_REMEMBERED_TAGS = 2 ** 20;

/** The replay tags of packets that came before. Half of a tag is enough to know it by. */
export class ReplayFilter {
  readonly #tags = new Set<string>();

  /** Whether the tag is new; from then on it is not. */
  admit(tag: Uint8Array): boolean {
    const name = Buffer.from(tag.buffer, tag.byteOffset, 16).toString('latin1');
    if (this.#tags.has(name)) return false;
    this.#tags.add(name);
    if (this.#tags.size > MAX_REMEMBERED_TAGS) for (const oldest of this.#tags) return this.#tags.delete(oldest);
    return true;
  }
}
