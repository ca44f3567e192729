/**
 * The shared secrets of a route as the protocol states them: hop i's key goes through a whole X25519 for the initial
 * secret and for each blinding factor before it. The oracle for the one multiplication that `src` makes of it.
 */

import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';

export type X25519 = (scalar: Uint8Array, u: Uint8Array) => Uint8Array;

const info = new TextEncoder().encode(
  'Dwste mou enan moxlo arketa makru kai ena upomoxlio gia na ton topothetisw kai tha kinisw thn gh.',
);

export interface HopSecret {
  readonly shared: Uint8Array;
  /** What it expands to: 288 bytes. */
  readonly expanded: Uint8Array;
}

export function literalChain(initialSecret: Uint8Array, nodeKeys: readonly Uint8Array[], x25519: X25519): HopSecret[] {
  const chain = [initialSecret];
  return nodeKeys.map(nodeKey => {
    const shared = chain.reduce((u, scalar) => x25519(scalar, u), nodeKey);
    const expanded = hkdf(sha256, shared, undefined, info, 288);
    chain.push(expanded.subarray(224, 256));
    return { shared, expanded };
  });
}
