import type { RandomBytes } from '../platform/platform.ts';
import type { NodeAddress } from '../sphinx/index.ts';
import type { Faults } from './faults.ts';
import type { Lifetime } from './lifetime.ts';
import type { CarriedPacket } from './links.ts';
import { isAck, type MixNode } from './mix-node.ts';
import type { PacketCounters } from './node-stats.ts';

/** Where packets enter the network, at the gateways, and where it is decided what goes wrong with each on its way. */
export class Entrance {
  readonly #faults: Faults;
  readonly #random: RandomBytes;
  readonly #lifetime: Lifetime;
  readonly #counters: PacketCounters;
  readonly #entered: (gateway: MixNode, packet: Uint8Array) => void;

  constructor(parts: {
    readonly faults: Faults;
    readonly random: RandomBytes;
    readonly lifetime: Lifetime;
    readonly counters: PacketCounters;
    readonly entered: (gateway: MixNode, packet: Uint8Array) => void;
  }) {
    this.#entered = parts.entered;
    this.#faults = parts.faults;
    this.#random = parts.random;
    this.#lifetime = parts.lifetime;
    this.#counters = parts.counters;
  }

  enter(gateway: MixNode, firstHop: NodeAddress, carried: CarriedPacket): void {
    const kind = isAck(carried) ? 'acks' : 'data';
    const { lost, delay, heldBack } = this.#faults.fate(this.#random);
    this.#counters.count('entered', kind);
    if (lost) {
      this.#counters.count('lost', kind);
      return;
    }
    this.#entered(gateway, carried.packet);
    if (heldBack) this.#counters.count('heldBack', kind);
    this.#lifetime.after(delay, () => gateway.send(firstHop, carried));
  }

  /** How often the last gateway hands over what it has unwrapped. */
  copies(kind: 'data' | 'acks'): 1 | 2 {
    if (!this.#faults.deliversTwice(this.#random)) return 1;
    this.#counters.count('duplicated', kind);
    return 2;
  }
}
