import { x25519PublicKey } from '#crypto';
import { pick } from '../../src/crypto/sampling.ts';
import type { RandomBytes } from '../../src/platform/platform.ts';
import {
  decodeNodeAddress,
  type FinalPacket,
  type Hop,
  type NodeAddress,
  nodeKey,
  type PacketSize,
  packetSizeOfTotal,
  parseNodeAddress,
  type RotationMarker,
  type Route,
  unwrapPacket,
} from '../../src/sphinx/index.ts';

/** Where a packet went, and what came out at its end. */
export interface Journey {
  /** Port numbers, which stand for the nodes. */
  readonly hops: readonly number[];
  readonly delayMs: number;
  readonly versions: readonly number[];
  readonly size: PacketSize;
  readonly final: FinalPacket;
}

/** Three layers of mix nodes and one gateway, as keys and addresses only: packets are unwrapped on the spot. */
export class TinyMixnet {
  rotation: RotationMarker = 1;
  readonly gateway: Uint8Array;
  readonly #layers: readonly (readonly Hop[])[];
  readonly #gatewayHop: Hop;
  readonly #secrets = new Map<number, Uint8Array>();
  #reachable = true;

  constructor(random: RandomBytes, nodesPerLayer = 3) {
    let port = 1000;
    const hop = (): Hop => {
      const secret = random(32);
      port += 1;
      this.#secrets.set(port, secret);
      return { address: parseNodeAddress('10.0.0.1', port), key: nodeKey(x25519PublicKey(secret)) };
    };
    this.#layers = [1, 2, 3].map(() => Array.from({ length: nodesPerLayer }, hop));
    this.#gatewayHop = hop();
    this.gateway = random(32);
  }

  /** As long as it is unreachable, no route is found. */
  set reachable(reachable: boolean) {
    this.#reachable = reachable;
  }

  route(_gateway: Uint8Array, random: RandomBytes): Route {
    if (!this.#reachable) throw new Error('no route');
    const mixes = this.#layers.map(layer => pick(layer, random)).filter(hop => hop !== undefined);
    return [...mixes, this.#gatewayHop];
  }

  carry(packet: Uint8Array, firstHop: NodeAddress): Journey {
    const size = packetSizeOfTotal(packet.length);
    if (size === undefined) throw new Error('a packet of no known size');
    const [hops, versions]: number[][] = [[], []];
    let delayMs = 0;
    for (let [bytes, next] = [packet, firstHop]; ; ) {
      hops?.push(next.port);
      const unwrapped = unwrapPacket(bytes, this.#secrets.get(next.port) ?? new Uint8Array(32));
      versions?.push(unwrapped.version);
      if (unwrapped.type === 'final')
        return { hops: hops ?? [], delayMs, versions: versions ?? [], size, final: unwrapped };
      delayMs += Number(unwrapped.delayNs) / 1e6;
      [bytes, next] = [unwrapped.packet, unwrapped.nextHop];
    }
  }

  /** What the gateway does at the end: the part for the client, and the acknowledgement's own journey. */
  deliver(journey: Journey): { readonly pushed: Uint8Array; readonly ack: Journey } {
    const { plaintext } = journey.final;
    const { address } = decodeNodeAddress(plaintext.subarray(0, 19));
    return { pushed: plaintext.subarray(405), ack: this.carry(plaintext.subarray(19, 405), address) };
  }
}
