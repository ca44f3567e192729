/**
 * The network at one time: who mixes in which layer, and which gateways there are. Never changed; a refresh makes a new
 * one.
 */

import { mapKey } from '../crypto/bytes.ts';
import { pick } from '../crypto/sampling.ts';
import { MixnetError } from '../errors.ts';
import type { RandomBytes } from '../platform/platform.ts';
import { type NodeAddress, type NodeKey, type RotationMarker, type Route, rotationMarker } from '../sphinx/index.ts';
import type { EntryPoint } from './skimmed-nodes.ts';

export interface MixNode {
  readonly nodeId: number;
  /** Its ed25519 key, 32 bytes: what names it in recipients. */
  readonly identity: Uint8Array;
  /** Where packets go. */
  readonly address: NodeAddress;
  /** Made when first asked for. Throws ERR_MIX_DIRECTORY_MALFORMED for a key no packet may be encrypted to. */
  readonly key: NodeKey;
  /** Percent, 0 … 100. */
  readonly performance: number;
}

export interface GatewayNode extends MixNode {
  readonly ips: readonly string[];
  /** Absent for a node that takes no clients. */
  readonly entry?: EntryPoint;
}

export type Layers = readonly [readonly MixNode[], readonly MixNode[], readonly MixNode[]];

export interface TopologyContents {
  /** Absolute epoch id. */
  readonly epoch: number;
  readonly rotationId: number;
  /** When the directory's caches were filled, Unix time in ms; 0 where it does not say. */
  readonly refreshedAt: number;
  /** Nodes whose keys are known to be good. */
  readonly layers: Layers;
  readonly gateways: readonly GatewayNode[];
}

export class Topology implements TopologyContents {
  readonly epoch: number;
  readonly rotationId: number;
  readonly refreshedAt: number;
  /** What packets made for this topology carry as their key rotation. */
  readonly rotation: RotationMarker;
  readonly layers: Layers;
  readonly gateways: readonly GatewayNode[];
  readonly #nodes: ReadonlyMap<string, MixNode>;

  /** Throws ERR_MIX_DIRECTORY_UNUSABLE where no route can be made. */
  constructor({ epoch, rotationId, refreshedAt, layers, gateways }: TopologyContents) {
    if (layers.some(layer => layer.length === 0) || gateways.length === 0) {
      throw new MixnetError('ERR_MIX_DIRECTORY_UNUSABLE');
    }
    this.epoch = epoch;
    this.rotationId = rotationId;
    this.refreshedAt = refreshedAt;
    this.rotation = rotationMarker(rotationId);
    this.layers = layers;
    this.gateways = gateways;
    this.#nodes = new Map([...layers.flat(), ...gateways].map(node => [mapKey(node.identity), node]));
    Object.freeze(this);
  }

  /** Any node by its identity, whatever it does in this epoch. */
  findNode(identity: Uint8Array): MixNode | undefined {
    return this.#nodes.get(mapKey(identity));
  }

  /** The same, and a gateway that it does not have. */
  withGateway(gateway: GatewayNode): Topology {
    const { epoch, rotationId, refreshedAt, layers, gateways } = this;
    return new Topology({ epoch, rotationId, refreshedAt, layers, gateways: [...gateways, gateway] });
  }

  /**
   * One node of each layer, each with the same chance, then the named gateway. Throws ERR_MIX_MIXNET_NO_ROUTE where that
   * gateway is unknown, or has a key that no packet may be encrypted to.
   */
  route(gatewayIdentity: Uint8Array, random: RandomBytes): Route {
    const gateway = this.findNode(gatewayIdentity);
    if (gateway === undefined) throw new MixnetError('ERR_MIX_MIXNET_NO_ROUTE');
    return [...this.layers.map(layer => drawn(layer, random)), withUsableKey(gateway)];
  }
}

function drawn(layer: readonly MixNode[], random: RandomBytes): MixNode {
  const node = pick(layer, random);
  if (node === undefined) throw new MixnetError('ERR_MIX_MIXNET_NO_ROUTE');
  return node;
}

function withUsableKey(node: MixNode): MixNode {
  try {
    void node.key;
  } catch (cause) {
    throw new MixnetError('ERR_MIX_MIXNET_NO_ROUTE', { cause });
  }
  return node;
}
