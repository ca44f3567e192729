/** What the packet benchmark builds, and for whom: a network as large as Nym's active set, made anew for every run. */

import { randomBytes } from 'node:crypto';
import { ed25519PublicKey, x25519PublicKey } from '#crypto';

export interface PublicNode {
  readonly ip: string;
  readonly port: number;
  readonly key: Uint8Array;
}

/** Everything that a sender knows; plain data, for it travels to another process. */
export interface Scenario {
  readonly layers: readonly (readonly PublicNode[])[];
  readonly ownGateway: PublicNode;
  readonly ownIdentity: Uint8Array;
  readonly ackKey: Uint8Array;
  readonly sharedKey: Uint8Array;
  readonly recipients: readonly { readonly encoded: Uint8Array; readonly gateway: PublicNode }[];
}

/** One measured unit: a full-size packet with its acknowledgement inside, sealed for the gateway. */
export interface Parcel {
  readonly frame: Uint8Array;
  readonly recipient: number;
  readonly fragment: Uint8Array;
  readonly fragmentId: { readonly set: number; readonly position: number };
}

/** The secret keys of the network, by `ip:port`, by recipient. */
export interface Secrets {
  readonly nodes: ReadonlyMap<string, Uint8Array>;
  readonly recipients: readonly Uint8Array[];
}

/** Mixes in each of the three layers. */
const MIXES_PER_LAYER = 40;
const RECIPIENTS = 4;
/** What a regular packet has for a fragment. */
export const FRAGMENT_BYTES = 1611;
export const MEAN_DELAY_MS = 15;

export function makeScenario(): { scenario: Scenario; secrets: Secrets } {
  const nodes = new Map<string, Uint8Array>();
  const node = (): PublicNode => {
    const secret = bytes(32);
    const ip = `10.0.${nodes.size >> 8}.${nodes.size & 0xff}`;
    nodes.set(`${ip}:1789`, secret);
    return { ip, port: 1789, key: x25519PublicKey(secret) };
  };
  const recipientSecrets = Array.from({ length: RECIPIENTS }, () => bytes(32));
  const scenario: Scenario = {
    layers: Array.from({ length: 3 }, () => Array.from({ length: MIXES_PER_LAYER }, node)),
    ownGateway: node(),
    ownIdentity: ed25519PublicKey(bytes(32)),
    ackKey: bytes(16),
    sharedKey: bytes(32),
    recipients: recipientSecrets.map(secret => ({
      encoded: Uint8Array.from([
        ...ed25519PublicKey(bytes(32)),
        ...x25519PublicKey(secret),
        ...ed25519PublicKey(bytes(32)),
      ]),
      gateway: node(),
    })),
  };
  return { scenario, secrets: { nodes, recipients: recipientSecrets } };
}

/** A parcel’s contents, drawn anew for each: constant inputs would teach the branch predictor the message. */
export function drawContents(scenario: Scenario): Omit<Parcel, 'frame'> {
  const choice = bytes(4);
  return {
    recipient: (choice[0] ?? 0) % scenario.recipients.length,
    fragment: bytes(FRAGMENT_BYTES),
    fragmentId: { set: 1 + (choice[1] ?? 0) * 256 + (choice[2] ?? 0), position: 1 + ((choice[3] ?? 0) % 255) },
  };
}

/** One node of each layer, then the gateway. */
export function drawRoute<Node>(layers: readonly (readonly Node[])[], gateway: Node): Node[] {
  const choice = bytes(layers.length);
  const mixes = layers.map((layer, i) => layer[(choice[i] ?? 0) % layer.length]);
  return [...mixes.filter(mix => mix !== undefined), gateway];
}

export function bytes(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length));
}
