import { exponential } from '../crypto/sampling.ts';
import { type Diagnostics, failureCodeOf } from '../diagnostics/index.ts';
import { MixnetError } from '../errors.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import type { RotationMarker } from '../sphinx/index.ts';
import {
  type Directory,
  type ExpectedRotation,
  expectedRotation,
  type KeyRotation,
  type Topology,
} from '../topology/index.ts';
import { Alarm } from './alarm.ts';
import type { Counters } from './stats.ts';

export interface NetworkViewOptions {
  readonly platform: Platform;
  readonly directory: Pick<Directory, 'topology' | 'keyRotation'>;
  /** Identity of the client's own gateway: without it there is no way back. */
  readonly gateway: Uint8Array;
  /** Just fetched. */
  readonly topology: Topology;
  /** Another topology is in use. */
  readonly changed: () => void;
  readonly counters: Counters;
  readonly diagnostics?: Diagnostics | undefined;
}

/**
 * Keeps the client's view of the network fresh: the topology every five minutes, and with it the schedule of key
 * rotations. While the directory is down the last good topology stays in use until no node accepts its keys any more.
 */
export class NetworkView {
  readonly #options: NetworkViewOptions;
  readonly #alarm: Alarm;
  readonly #stopped = new AbortController();
  #latest: Fetched;
  /** The last topology of the rotation before that of `#latest`. */
  #previous: Topology | undefined;
  #keyRotation: KeyRotation | undefined;
  #failures = 0;
  /** Of the topology alone, one after the other. */
  #topologyFailures = 0;

  constructor(options: NetworkViewOptions) {
    this.#options = options;
    this.#latest = this.#fetched(options.topology);
    this.#alarm = new Alarm(options.platform, () => void this.#refresh());
  }

  start(): void {
    void this.#refreshKeyRotation().then(() => {
      this.#failures = this.#keyRotation === undefined ? 1 : 0;
      this.#schedule();
    });
  }

  stop(): void {
    this.#alarm.set(undefined);
    this.#stopped.abort();
  }

  /** The last good topology, be it still usable or not. */
  get latest(): Topology {
    return this.#latest.topology;
  }

  /** What to send under now. `undefined` when the latest topology is of a rotation whose keys are gone. */
  get current(): Topology | undefined {
    return this.#isOver() ? undefined : this.#latest.topology;
  }

  /**
   * A topology whose keys are of that rotation, while nodes accept them; else the present one. Nodes keep the keys of the
   * last rotation for one epoch.
   */
  ofRotation(marker: RotationMarker | undefined): Topology | undefined {
    const { current } = this;
    if (marker === undefined || marker === 0 || current?.rotation === marker) return current;
    return this.#previous?.rotation === marker ? this.#previous : current;
  }

  /** What the clock says of rotations. `undefined` until the directory has told their schedule. */
  get expected(): ExpectedRotation | undefined {
    return this.#keyRotation && expectedRotation(this.networkTime(), this.#keyRotation);
  }

  get keyRotation(): KeyRotation | undefined {
    return this.#keyRotation;
  }

  /** Unix time, ms: the machine's clock, unless it is far from what the directory says. */
  networkTime(): Milliseconds {
    return this.#options.platform.wallTime() + this.#latest.clockError;
  }

  async #refresh(): Promise<void> {
    const { signal } = this.#stopped;
    const fetched = this.#options.directory.topology({ signal }).then(topology => this.#adopt(topology));
    const [topology] = await Promise.allSettled([fetched, this.#refreshKeyRotation()]);
    if (!signal.aborted) this.#tell(topology);
    this.#failures = topology.status === 'fulfilled' && this.#keyRotation !== undefined ? 0 : this.#failures + 1;
    this.#schedule();
  }

  #tell(refresh: PromiseSettledResult<void>): void {
    const { counters, diagnostics } = this.#options;
    if (refresh.status === 'rejected') {
      counters.topologyFailures += 1;
      this.#topologyFailures += 1;
      const [code, failures] = [failureCodeOf(refresh.reason), this.#topologyFailures];
      diagnostics?.emit('client:topology-failed', () => ({ code, failures }));
      return;
    }
    counters.topologyRefreshes += 1;
    const failures = this.#topologyFailures;
    this.#topologyFailures = 0;
    if (failures > 0) diagnostics?.emit('client:topology-recovered', () => ({ failures }));
  }

  /** Never rejects: until it succeeds, nothing is known about rotations, and the next refresh tries again. */
  async #refreshKeyRotation(): Promise<void> {
    try {
      this.#keyRotation = await this.#options.directory.keyRotation({ signal: this.#stopped.signal });
    } catch {
      // The one known stays valid, as long as the network's epochs keep their pace.
    }
  }

  #adopt(fetched: Topology): void {
    if (this.#stopped.signal.aborted) return;
    const before = this.#latest.topology;
    const topology = this.#withOwnGateway(fetched);
    this.#latest = this.#fetched(topology);
    if (topology.rotationId !== before.rotationId) this.#rotated(before, topology.rotationId);
    else if (this.#previous !== undefined && this.#previousIsOver()) this.#previous = undefined;
    this.#options.changed();
  }

  #rotated(previous: Topology, rotation: number): void {
    const { counters, diagnostics } = this.#options;
    this.#previous = previous;
    counters.keyRotations += 1;
    diagnostics?.emit('client:key-rotation', () => ({ rotation }));
  }

  /**
   * A gateway that is left out, of a list made by performance, still serves its clients. Throws if it is left out of a new
   * rotation: nobody knows its key then.
   */
  #withOwnGateway(topology: Topology): Topology {
    const { gateway } = this.#options;
    if (topology.findNode(gateway) !== undefined) return topology;
    const own = this.#latest.topology.gateways.find(({ identity }) => sameIdentity(identity, gateway));
    if (own === undefined || topology.rotationId !== this.#latest.topology.rotationId) {
      throw new MixnetError('ERR_MIX_GATEWAY_UNKNOWN');
    }
    return topology.withGateway(own);
  }

  #isOver(): boolean {
    const { expected } = this;
    const { topology, fetchedAt } = this.#latest;
    if (expected === undefined || expected.rotationId <= topology.rotationId) return false;
    // Fetched in the new rotation, and yet of the old one: the network is late, not we.
    if (fetchedAt >= expected.rotationStart) return false;
    return expected.rotationId > topology.rotationId + 1 || this.networkTime() >= expected.followingEpochStart;
  }

  #previousIsOver(): boolean {
    const { expected } = this;
    return expected !== undefined && this.networkTime() >= expected.followingEpochStart;
  }

  #fetched(topology: Topology): Fetched {
    const wallTime = this.#options.platform.wallTime();
    const error = topology.refreshedAt === 0 ? 0 : topology.refreshedAt - wallTime;
    const clockError = Math.abs(error) > TOLERATED_CLOCK_ERROR_MS ? error : 0;
    return { topology, fetchedAt: wallTime + clockError, clockError };
  }

  #schedule(): void {
    if (this.#stopped.signal.aborted) return;
    const { platform } = this.#options;
    // Where epochs are much shorter than on the main network, more often: a rotation must not pass unseen.
    const wanted = Math.min(REFRESH_EVERY_MS, (this.#keyRotation?.epochDuration ?? REFRESH_EVERY_MS) / 4);
    const interval = Math.max(wanted, SHORTEST_REFRESH_MS);
    const mean = Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), interval);
    const pause = mean / 2 + Math.min(exponential(mean / 2, platform.randomBytes), mean);
    this.#alarm.set(platform.now() + (this.#failures === 0 ? interval : pause));
  }
}

interface Fetched {
  readonly topology: Topology;
  /** Unix time, ms. */
  readonly fetchedAt: Milliseconds;
  /** What to add to the machine's clock. */
  readonly clockError: Milliseconds;
}

function sameIdentity(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** As Nym's clients do (`nymtech/nym common/client-core/config-types/src/lib.rs`, `topology_refresh_rate`). */
const REFRESH_EVERY_MS: Milliseconds = 300_000;
/** Whatever a directory says of its epochs; those of seconds exist in tests only. */
const SHORTEST_REFRESH_MS: Milliseconds = 500;
const FIRST_RETRY_MS: Milliseconds = 10_000;
/** The directory's caches are some minutes old. */
const TOLERATED_CLOCK_ERROR_MS: Milliseconds = 600_000;
