/** Nodes with their secret keys, for tests that unwrap what they build. */

import { x25519PublicKey } from '#crypto';
import type { RandomBytes } from '../../src/platform/platform.ts';
import {
  type Hop,
  type NodeAddress,
  nodeKey,
  parseNodeAddress,
  type UnwrappedPacket,
  unwrapPacket,
} from '../../src/sphinx/index.ts';

export interface TestNode {
  readonly hop: Hop;
  readonly secretKey: Uint8Array;
}

export function testNodes(count: number, random: RandomBytes): TestNode[] {
  return Array.from({ length: count }, (_, i) => {
    const secretKey = random(32);
    const ip = i % 2 === 0 ? `10.1.${i >> 8}.${i & 0xff}` : `2001:db8::${i.toString(16)}`;
    return { secretKey, hop: { address: parseNodeAddress(ip, 1789 + i), key: nodeKey(x25519PublicKey(secretKey)) } };
  });
}

export interface Travel {
  /** What each hop made of the packet. The way ends early where a hop is not told to forward. */
  readonly steps: readonly UnwrappedPacket[];
  /** Where the hops before the last one sent it. */
  readonly visited: readonly NodeAddress[];
}

export function travel(packet: Uint8Array, nodes: readonly TestNode[]): Travel {
  const steps: UnwrappedPacket[] = [];
  const visited: NodeAddress[] = [];
  let onTheWay = packet;
  for (const node of nodes) {
    const step = unwrapPacket(onTheWay, node.secretKey);
    steps.push(step);
    if (step.type === 'final') break;
    visited.push(step.nextHop);
    onTheWay = step.packet;
  }
  return { steps, visited };
}
