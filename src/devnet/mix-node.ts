import { encodeBase58 } from '../crypto/base58.ts';
import type { Milliseconds } from '../platform/platform.ts';
import {
  type FinalPacket,
  type ForwardPacket,
  packetSizeOfTotal,
  packetSizes,
  type UnwrappedPacket,
} from '../sphinx/index.ts';
import type { RotatingKeys, SphinxKey } from './epoch.ts';
import type { Lifetime } from './lifetime.ts';
import type { Attachment, CarriedPacket, Links } from './links.ts';
import { NodeCounters, type NodeStats } from './node-stats.ts';
import type { PartState, Switchable } from './switch.ts';

/** One packet as a node sees it that has unwrapped it. */
export interface ObservedPacket {
  /** On the platform's clock. */
  readonly at: Milliseconds;
  readonly nodeId: number;
  /** Of the Sphinx format. */
  readonly version: number;
  /** The whole packet. */
  readonly bytes: number;
  /** Base58: the identity of the client it is for. Only its gateway sees it. */
  readonly destination: string | undefined;
  /** The nodes that it has come by, the gateway first and this one last. No node knows it; the whole network does. */
  readonly way: readonly number[];
}

/** No packet is held longer, whatever its header says (`nymtech/nym nym-node/src/config`). */
const MAX_DELAY: Milliseconds = 10_000;
/** What a stalled node still takes in. */
const MAX_STALLED_PACKETS = 2_000;

export interface MixNodeOptions {
  readonly nodeId: number;
  readonly keys: RotatingKeys;
  readonly links: Links;
  readonly lifetime: Lifetime;
  /** Multiplies the delays that packets ask for. */
  readonly delayScale: number;
  /** What a gateway does with a packet that ends here. A node without it is a mix node, and passes packets on only. */
  readonly deliver?: (final: FinalPacket, carried: CarriedPacket) => void;
  /** Told of every packet that is for this node, and of what is in it. */
  readonly observed: (reading: NodeReading) => void;
}

/** What a node reads of a packet. */
export interface NodeReading {
  readonly nodeId: number;
  readonly carried: CarriedPacket;
  readonly unwrapped: UnwrappedPacket;
}

/** As others are told of it. */
export function observedPacket(
  { nodeId, carried, unwrapped }: NodeReading,
  at: Milliseconds,
  way: readonly number[],
): ObservedPacket {
  return {
    at,
    nodeId,
    version: unwrapped.version,
    bytes: carried.packet.length,
    destination: unwrapped.type === 'final' ? encodeBase58(unwrapped.destination) : undefined,
    way,
  };
}

/** Unwraps packets, holds each as long as it asks, and passes it on. The last hop, in a gateway, is one too. */
export class MixNode implements Switchable {
  readonly nodeId: number;
  readonly keys: RotatingKeys;
  readonly #options: MixNodeOptions;
  readonly #counters = new NodeCounters();
  readonly #stalled: CarriedPacket[] = [];
  #attachment: Attachment | undefined;
  #state: PartState = 'up';

  private constructor(options: MixNodeOptions) {
    this.nodeId = options.nodeId;
    this.keys = options.keys;
    this.#options = options;
  }

  static async start(options: MixNodeOptions): Promise<MixNode> {
    const node = new MixNode(options);
    node.#attachment = await options.links.attach(carried => node.#receive(carried));
    return node;
  }

  get address(): Attachment['address'] {
    if (this.#attachment === undefined) throw new Error('a node that is not started');
    return this.#attachment.address;
  }

  get state(): PartState {
    return this.#state;
  }

  stats(): NodeStats {
    return this.#counters.snapshot(this.nodeId);
  }

  /** Sends a packet to its first hop, as a gateway does for its clients. */
  send(to: Attachment['address'], carried: CarriedPacket): void {
    const sent = this.#attachment?.send(to, carried) === true;
    this.#counters.count(sent ? 'forwarded' : 'unroutable');
  }

  async kill(): Promise<void> {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    this.#stalled.length = 0;
    await this.#attachment?.detach();
  }

  stall(): void {
    if (this.#state === 'up') this.#state = 'stalled';
  }

  async revive(): Promise<void> {
    if (this.#state === 'dead') await this.#attachment?.reattach();
    this.#state = 'up';
    for (const carried of this.#stalled.splice(0)) this.#receive(carried);
  }

  #receive(carried: CarriedPacket): void {
    if (this.#state === 'stalled') {
      if (this.#stalled.length < MAX_STALLED_PACKETS) this.#stalled.push(carried);
      return;
    }
    if (this.#state === 'dead' || this.#options.lifetime.ended) return;
    this.#counters.countReceived(isAck(carried) ? 'acks' : 'data');
    const opened = this.#unwrap(carried);
    const isGateway = this.#options.deliver !== undefined;
    if (opened === undefined || isGateway !== (opened.unwrapped.type === 'final')) this.#counters.count('unreadable');
    else this.#passOn(opened.unwrapped, opened.key, carried);
  }

  #passOn(unwrapped: UnwrappedPacket, key: SphinxKey, carried: CarriedPacket): void {
    this.#counters.countVersion(unwrapped.version);
    this.#options.observed({ nodeId: this.nodeId, carried, unwrapped });
    if (!key.seen.admit(unwrapped.replayTag)) this.#counters.count('replayed');
    else if (unwrapped.type === 'forward') this.#forward(unwrapped, carried);
    else {
      this.#counters.count('final');
      this.#options.deliver?.(unwrapped, carried);
    }
  }

  #unwrap({ packet, rotation }: CarriedPacket): { unwrapped: UnwrappedPacket; key: SphinxKey } | undefined {
    for (const key of this.keys.candidates(rotation)) {
      try {
        return { unwrapped: key.unwrap(packet), key };
      } catch {
        // For another key, or for nobody.
      }
    }
    return undefined;
  }

  #forward({ nextHop, delayNs, packet }: ForwardPacket, { rotation }: CarriedPacket): void {
    const delay = Math.min(Number(delayNs) / 1e6, MAX_DELAY) * this.#options.delayScale;
    this.#options.lifetime.after(delay, () => {
      if (this.#state !== 'dead') this.send(nextHop, { packet, rotation });
    });
  }
}

export function isAck({ packet }: CarriedPacket): boolean {
  return packetSizeOfTotal(packet.length) === packetSizes.ack;
}
