/** `test/vectors/sphinx-vectors.json`: captured from a compiled sphinx-packet 0.6.0 and from Nym's own client, or derived. */

import type { RandomBytes } from '../../src/platform/platform.ts';
import { decodeNodeAddress, type Hop, nodeKey } from '../../src/sphinx/index.ts';
import { unhex as bytes } from '../support/bytes.ts';
import captured from '../vectors/sphinx-vectors.json';

export interface RouteEntry {
  readonly nodePrivateKey: string;
  readonly nodePublicKey: string;
  readonly address: string;
}

export interface HeaderEntry {
  readonly name: string;
  readonly version: 258 | 259;
  readonly initialSecret: string;
  readonly route: readonly RouteEntry[];
  readonly destinationAddress: string;
  readonly surbIdentifier: string;
  readonly delaysNs: readonly string[];
  readonly finalHopPadding: string;
}

export interface PacketEntry extends HeaderEntry {
  readonly payloadSize: number;
  readonly plaintext: string;
  readonly packet: string;
  readonly replayTags: readonly string[];
  readonly mixPacketV2?: string;
  readonly trace?: {
    readonly filler: string;
    readonly hops: readonly {
      readonly alpha: string;
      readonly sharedSecret: string;
      readonly streamCipherKey: string;
      readonly integrityMacKey: string;
      readonly payloadKeySeed: string;
      readonly blindingFactor: string;
      readonly replayTag: string;
      readonly payloadKey: string;
    }[];
    readonly layersOuterToInner: readonly {
      readonly metaAndMac?: string;
      readonly plaintextBlock?: string;
      readonly encryptedRoutingInfo: string;
      readonly mac: string;
    }[];
  };
  readonly outputs?: readonly {
    readonly type: 'forward' | 'final';
    readonly nextHop?: string;
    readonly delayNs?: string;
    readonly packet?: string;
    readonly destination?: string;
    readonly identifier?: string;
    readonly payload?: string;
    readonly plaintext?: string;
  }[];
}

export interface SurbEntry extends HeaderEntry {
  readonly surb: string;
  readonly plaintext?: string;
  readonly packet?: string;
}

export interface SphinxVectors {
  readonly lioness: { readonly key: string; readonly plaintext: string; readonly ciphertext: string };
  readonly expandSharedSecret: Readonly<Record<string, string>>;
  readonly streamCipher: { readonly key: string; readonly keystream: string };
  readonly integrityMac: { readonly key: string; readonly data: string; readonly mac: string };
  readonly payloadPadding: { readonly message: string; readonly payloadSize: number; readonly padded: string };
  readonly nodeAddress: Readonly<
    Record<'v4' | 'v6', { readonly address: string; readonly unpadded: string; readonly padded32: string }>
  >;
  readonly framing: {
    readonly examples: readonly { readonly header: string; readonly meaning: string }[];
    readonly reject: readonly string[];
  };
  readonly packets: readonly PacketEntry[];
  readonly surbs: readonly SurbEntry[];
}

export const vectors = captured as unknown as SphinxVectors;

/** Everything that the maker of the entry's header put in, the drawn bytes included. */
export function headerRequest(entry: HeaderEntry) {
  return {
    version: entry.version,
    route: entry.route.map(
      (hop): Hop => ({
        address: decodeNodeAddress(bytes(hop.address)).address,
        key: nodeKey(bytes(hop.nodePublicKey)),
      }),
    ),
    delaysNs: entry.route.map((_, i) => Number(entry.delaysNs[i] ?? 0)),
    destination: bytes(entry.destinationAddress),
    identifier: bytes(entry.surbIdentifier),
    random: draws(bytes(entry.initialSecret), bytes(entry.finalHopPadding)),
  };
}

/** Randomness that was drawn before: gives the parts in their order, and fails where another length is asked for. */
export function draws(...parts: readonly Uint8Array[]): RandomBytes {
  const left = [...parts];
  return length => {
    const next = left.shift();
    if (next?.length !== length) throw new Error(`drew ${length} bytes where ${next?.length} were recorded`);
    return next;
  };
}
