/**
 * From the three answers of a refresh to a topology. Everything that a directory, or the operator of a node, could gain by
 * a lie is checked here.
 */

import { equalBytes, mapKey } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';
import { type NodeAddress, type NodeKey, nodeKey } from '../sphinx/index.ts';
import { malformed } from './json.ts';
import { MIN_PERFORMANCE } from './performance.ts';
import type { RewardedSet } from './rewarded-set.ts';
import { type EntryPoint, type SkimmedMetadata, type SkimmedNode, sameState } from './skimmed-nodes.ts';
import { type GatewayNode, type MixNode, Topology } from './topology.ts';

/**
 * Sphinx keys are what operators announce of their own nodes. One of them may, by mistake or malice, announce a key that
 * is unusable, or somebody else's: that costs packets on their way through that node, as if it dropped them, and must not
 * cost every client the network, nor the other node its traffic. More than one node in twenty, and it is the directory
 * that lies.
 */
const TOLERATED_SHARE = 1 / 20;

export interface NodeList {
  readonly items: readonly SkimmedNode[];
  readonly metadata: SkimmedMetadata;
}

/** Throws ERR_MIX_DIRECTORY_MALFORMED for lies, ERR_MIX_DIRECTORY_UNUSABLE where a layer or every gateway is missing. */
export function assembleTopology(
  { mixNodes, gateways, rewardedSet }: { mixNodes: NodeList; gateways: NodeList; rewardedSet: RewardedSet },
  keys: NodeKeys,
): Topology {
  if (!agree(mixNodes, gateways)) throw malformed('metadata, different for mixes and for gateways');
  // A node in both lists counts as the gateway list has it.
  const nodes = new Map<number, SkimmedNode>();
  for (const node of unique([...mixNodes.items, ...gateways.items], mixNodes.items.length))
    nodes.set(node.nodeId, node);
  const borrowed = borrowedKeys([...nodes.values()]);
  const usable = (node: SkimmedNode) => node.performance >= MIN_PERFORMANCE && node.ips.length > 0;
  let unusableKeys = 0;
  const layers = rewardedSet.layers.map(ids =>
    ids.flatMap((id): MixNode[] => {
      const node = nodes.get(id);
      if (node === undefined || !usable(node)) return [];
      const listed = new ListedNode(node, keys);
      if (listed.hasUsableKey()) return [listed];
      unusableKeys += 1;
      return [];
    }),
  );
  if (borrowed + unusableKeys > Math.floor(nodes.size * TOLERATED_SHARE)) throw malformed('set of sphinx keys');
  const [first = [], second = [], third = []] = layers;
  return new Topology({
    epoch: mixNodes.metadata.epoch,
    rotationId: mixNodes.metadata.rotationId,
    refreshedAt: mixNodes.metadata.refreshedAt,
    layers: [first, second, third],
    gateways: gateways.items.filter(usable).map(node => new ListedNode(node, keys)),
  });
}

/** The entry gateways of a list, whether they can be part of a route now or not. */
export function gatewaysOf({ items }: NodeList, keys: NodeKeys): GatewayNode[] {
  return unique(items, 0)
    .filter(node => node.ips.length > 0)
    .map(node => new ListedNode(node, keys));
}

export function agree(a: NodeList, b: NodeList): boolean {
  return sameState(a.metadata, b.metadata);
}

/**
 * The prepared keys of nodes, kept from one topology to the next, with the tables that make them fast. Never more than the
 * nodes of the last two topologies.
 */
export class NodeKeys {
  #recent = new Map<string, NodeKey>();
  #older = new Map<string, NodeKey>();

  /** Throws ERR_MIX_DIRECTORY_MALFORMED for an unusable key. */
  of(sphinxKey: Uint8Array): NodeKey {
    const name = mapKey(sphinxKey);
    const prepared = this.#recent.get(name) ?? this.#older.get(name) ?? nodeKey(sphinxKey);
    this.#recent.set(name, prepared);
    return prepared;
  }

  /** A new topology was made: what the one before the last needed is forgotten. */
  nextGeneration(): void {
    this.#older = this.#recent;
    this.#recent = new Map();
  }
}

class ListedNode implements GatewayNode {
  readonly nodeId: number;
  readonly identity: Uint8Array;
  readonly address: NodeAddress;
  readonly performance: number;
  readonly ips: readonly string[];
  readonly entry?: EntryPoint;
  readonly #sphinxKey: Uint8Array;
  readonly #keys: NodeKeys;
  #key: NodeKey | undefined;

  constructor(node: SkimmedNode, keys: NodeKeys) {
    this.nodeId = node.nodeId;
    this.identity = node.identity;
    this.address = { ip: node.ips[0] ?? '', port: node.mixPort };
    this.performance = node.performance;
    this.ips = node.ips;
    if (node.entry !== undefined) this.entry = node.entry;
    this.#sphinxKey = node.sphinxKey;
    this.#keys = keys;
    Object.freeze(this);
  }

  get key(): NodeKey {
    this.#key ??= this.#keys.of(this.#sphinxKey);
    return this.#key;
  }

  hasUsableKey(): boolean {
    try {
      return this.key !== undefined;
    } catch (error) {
      if (error instanceof MixnetError) return false;
      throw error;
    }
  }
}

/**
 * Node ids and identities are given by the network's contract, once each. Only the two lists may share nodes; `second` is
 * where the second list begins.
 */
function unique(nodes: readonly SkimmedNode[], second: number): readonly SkimmedNode[] {
  const byId = new Map<number, { node: SkimmedNode; position: number }>();
  const idOf = new Map<string, number>();
  nodes.forEach((node, position) => {
    const known = byId.get(node.nodeId);
    if (known !== undefined) {
      const acrossLists = known.position < second && position >= second;
      const same = equalBytes(known.node.identity, node.identity) && equalBytes(known.node.sphinxKey, node.sphinxKey);
      if (!acrossLists || !same) throw malformed('node_id, which two nodes share');
    }
    byId.set(node.nodeId, { node, position });
    const name = mapKey(node.identity);
    if ((idOf.get(name) ?? node.nodeId) !== node.nodeId) throw malformed('identity, which two nodes share');
    idOf.set(name, node.nodeId);
  });
  return nodes;
}

/** How many nodes announce a sphinx key that another announces too, the first one not counted. */
function borrowedKeys(nodes: readonly SkimmedNode[]): number {
  return nodes.length - new Set(nodes.map(({ sphinxKey }) => mapKey(sphinxKey))).size;
}
