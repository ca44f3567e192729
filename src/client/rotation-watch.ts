import type { Milliseconds, Platform } from '../platform/platform.ts';
import { Alarm } from './alarm.ts';
import type { NetworkView } from './network-view.ts';
import type { RotationView } from './rotation-view.ts';

export interface RotationWatchOptions {
  readonly platform: Platform;
  readonly network: NetworkView;
  /** Called at the start, at every tick, and when the topology has changed. */
  readonly rotate: (view: RotationView) => void;
}

/**
 * Tells those who keep reply blocks and their keys which rotation the network is in, eight times an epoch as Nym's clients
 * do (`nymtech/nym common/client-core/src/client/replies/reply_controller/key_rotation_helpers.rs`), and at once when a new
 * topology says so.
 */
export class RotationWatch {
  readonly #options: RotationWatchOptions;
  readonly #alarm: Alarm;

  constructor(options: RotationWatchOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.platform, () => this.look());
  }

  look(): void {
    const { network, platform, rotate } = this.#options;
    rotate({ rotation: network.latest.rotationId, previousAccepted: this.#previousAccepted() });
    this.#alarm.set(platform.now() + this.#tick());
  }

  stop(): void {
    this.#alarm.set(undefined);
  }

  #previousAccepted(): boolean {
    const { network } = this.#options;
    const { expected, latest } = network;
    if (expected === undefined || latest.rotationId > expected.rotationId) return true;
    return latest.rotationId === expected.rotationId && network.networkTime() < expected.followingEpochStart;
  }

  #tick(): Milliseconds {
    const { keyRotation } = this.#options.network;
    return keyRotation === undefined ? UNKNOWN_TICK_MS : Math.max(keyRotation.epochDuration / 8, SHORTEST_TICK_MS);
  }
}

/** An eighth of the main network's epoch of one hour. */
const UNKNOWN_TICK_MS: Milliseconds = 450_000;
/** Epochs of seconds exist in tests only. */
const SHORTEST_TICK_MS: Milliseconds = 500;
