import {
  type AckBlock,
  type AckKey,
  behindAckBlock,
  coverContent,
  coverFragmentId,
  createReplySurb,
  createSurbAck,
  type Fragment,
  type FragmentId,
  type Recipient,
  RecipientKeys,
  type ReplySurb,
  sealForRecipient,
  sealForSurb,
} from '../message/index.ts';
import type { Milliseconds, RandomBytes } from '../platform/platform.ts';
import {
  buildPacket,
  type NodeAddress,
  packetFromSurb,
  packetSizes,
  type RotationMarker,
  type Route,
  sampleDelaysNs,
} from '../sphinx/index.ts';
import type { OwnCover } from './own-cover.ts';
import type { Traffic } from './traffic.ts';

/** A packet as the gateway gets it, and what its sender remembers. */
export interface OutgoingPacket {
  readonly packet: Uint8Array;
  readonly firstHop: NodeAddress;
  readonly rotation: RotationMarker;
  /** The delays of the way there and of the acknowledgement's way back, added up. */
  readonly expectedDelayMs: Milliseconds;
}

/** Where routes come from: the present view of the network. */
export interface Routes {
  /** Three mix nodes and that gateway. Throws ERR_MIX_MIXNET_NO_ROUTE. */
  route(gateway: Uint8Array, random: RandomBytes): Route;
  readonly rotation: RotationMarker;
}

/** What every packet that leaves the client is built by. */
export interface PacketBuilder {
  cover(routes: Routes): OutgoingPacket;
  /** Throws ERR_MIX_MIXNET_NO_ROUTE when the recipient's gateway, or our own, is not known. */
  toRecipient(routes: Routes, recipient: Recipient, fragment: Fragment): OutgoingPacket;
  /**
   * Uses up the reply block. `routes` are for the acknowledgement, which its gateway sends on under the reply block's
   * rotation: they should be of the same.
   */
  throughSurb(routes: Routes, replySurb: ReplySurb, fragment: Fragment): OutgoingPacket;
  /** A reply block for somebody else to answer with. */
  replySurb(routes: Routes): ReplySurb;
}

export interface SphinxPacketBuilderOptions {
  /** The client's own address: where cover, acknowledgements and replies come back to. */
  readonly self: Recipient;
  readonly ackKey: AckKey;
  readonly traffic: Traffic;
  readonly random: RandomBytes;
  /** Gets to know the cover that is built. */
  readonly ownCover: OwnCover;
}

/**
 * Builds Sphinx packets: fragments to an address, fragments through reply blocks, their
 * retransmissions, and cover, which is a fragment to oneself. All are regular packets of Sphinx version 259, and each has
 * its own route, delays, key and acknowledgement, so that none can be told from another
 * (`nymtech/nym common/nymsphinx/src/preparer/mod.rs`, `common/nymsphinx/cover/src/lib.rs`).
 */
export class SphinxPacketBuilder implements PacketBuilder {
  readonly #options: SphinxPacketBuilderOptions;
  readonly #recipientKeys = new RecipientKeys();
  readonly #cover: Fragment = { id: coverFragmentId, bytes: coverContent(SIZE) };

  constructor(options: SphinxPacketBuilderOptions) {
    this.#options = options;
  }

  cover(routes: Routes): OutgoingPacket {
    const { self, ownCover } = this.#options;
    return this.#seal(routes, self, this.#cover, plaintext => ownCover.add(behindAckBlock(plaintext)));
  }

  toRecipient(routes: Routes, recipient: Recipient, fragment: Fragment): OutgoingPacket {
    return this.#seal(routes, recipient, fragment);
  }

  #seal(
    routes: Routes,
    recipient: Recipient,
    fragment: Fragment,
    sealed?: (plaintext: Uint8Array) => void,
  ): OutgoingPacket {
    const { traffic, random } = this.#options;
    const route = routes.route(recipient.gateway, random);
    const delaysNs = sampleDelaysNs(route.length, traffic.averagePacketDelayMs, random);
    const ack = this.#ack(routes, fragment.id);
    const keys = this.#recipientKeys;
    const plaintext = sealForRecipient({ ackBlock: ack.block, recipient, fragment: fragment.bytes, random, keys });
    sealed?.(plaintext);
    const destination = recipient.identity;
    const { bytes, firstHop } = buildPacket({ route, delaysNs, destination, plaintext, size: SIZE, random });
    const expectedDelayMs = delayMs(delaysNs) + ack.delayMs;
    return { packet: bytes, firstHop, rotation: routes.rotation, expectedDelayMs };
  }

  throughSurb(routes: Routes, replySurb: ReplySurb, fragment: Fragment): OutgoingPacket {
    const ack = this.#ack(routes, fragment.id);
    const plaintext = sealForSurb({ ackBlock: ack.block, replySurb, fragment: fragment.bytes });
    const { bytes, firstHop } = packetFromSurb(replySurb.surb, plaintext, SIZE);
    // Its maker alone knows the delays of a reply block.
    const expectedDelayMs = MIX_HOPS * this.#options.traffic.averagePacketDelayMs + ack.delayMs;
    return { packet: bytes, firstHop, rotation: replySurb.rotation, expectedDelayMs };
  }

  replySurb(routes: Routes): ReplySurb {
    const { self, traffic, random } = this.#options;
    const route = routes.route(self.gateway, random);
    const delaysNs = sampleDelaysNs(route.length, traffic.averagePacketDelayMs, random);
    return createReplySurb({ route, delaysNs, destination: self.identity, rotation: routes.rotation, random });
  }

  #ack(routes: Routes, fragmentId: FragmentId): { readonly block: AckBlock; readonly delayMs: Milliseconds } {
    const { self, ackKey, traffic, random } = this.#options;
    const route = routes.route(self.gateway, random);
    const delaysNs = sampleDelaysNs(route.length, traffic.averageAckDelayMs, random);
    const { block } = createSurbAck({ route, delaysNs, ackKey, fragmentId, destination: self.identity, random });
    return { block, delayMs: delayMs(delaysNs) };
  }
}

/** The one size in use: others would make large transfers stand out. */
export const SIZE = packetSizes.regular;

/** Nodes that delay a packet; the gateway behind them does not. */
const MIX_HOPS = 3;

function delayMs(delaysNs: readonly number[]): Milliseconds {
  return delaysNs.slice(0, -1).reduce((sum, ns) => sum + ns, 0) / 1e6;
}
