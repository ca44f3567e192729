/**
 * From a shared secret to the keys of a hop.
 * Upstream: `nymtech/sphinx src/header/shared_secret.rs`, `src/header/keys.rs`, `src/payload/key.rs`.
 *
 * HKDF-SHA256 expands the 32-byte secret of a hop to 288 bytes, in every version:
 *
 * | offset | length | use                                                      |
 * |--------|--------|----------------------------------------------------------|
 * | 0      | 16     | AES-128 key of the routing information                   |
 * | 16     | 16     | key of its MAC                                           |
 * | 32     | 192    | 258: the payload key                                     |
 * | 32     | 16     | 259: the seed of the payload key; what follows is unused |
 * | 224    | 32     | blinding factor                                          |
 * | 256    | 32     | replay tag                                               |
 *
 * @module
 */

import { aes128Keystream, hkdfSha256, hmacSha256 } from '#crypto';
import { scalarProduct, timesScalar } from '../crypto/scalar-product.ts';
import type { NodeKey } from './node-key.ts';
import { HOP_BLOCK_BYTES, ROUTING_BYTES } from './routing.ts';

/** Sphinx packet versions that can be built. Nym's clients send 259; 258 differs in its payload keys. */
export type SphinxVersion = 258 | 259;

export const SEED_BYTES = 16;
export const PAYLOAD_KEY_BYTES = 192;

/** What a packet's maker keeps of each hop. */
export interface HopKeys {
  readonly stream: Uint8Array;
  readonly mac: Uint8Array;
  /** 192 bytes for version 258, a seed of 16 for 259. */
  readonly payload: Uint8Array;
}

const BLINDING_AT = 224;
const REPLAY_TAG_AT = 256;
const EXPANDED_BYTES = 288;

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const expansionInfo = ascii(
  'Dwste mou enan moxlo arketa makru kai ena upomoxlio gia na ton topothetisw kai tha kinisw thn gh.',
);
const payloadKeySalt = ascii('sphinx-payload-key-V01-CS01-HKDF:SHA256-SALT');
const payloadKeyInfo = ascii('sphinx-payload-key-V01-CS01-HKDF:SHA256-INFO');

/**
 * The keys of every hop for one initial secret. Hop i's secret is its key multiplied by the initial secret and by the
 * blinding factors of all hops before it. Nothing is derived that only nodes need: replay tags, and what is behind the
 * last hop's payload key.
 */
export function deriveHopKeys(route: readonly NodeKey[], initialSecret: Uint8Array, version: SphinxVersion): HopKeys[] {
  const payloadEnd = 32 + (version === 258 ? PAYLOAD_KEY_BYTES : SEED_BYTES);
  let product = scalarProduct(initialSecret);
  return route.map((key, hop) => {
    const isLast = hop === route.length - 1;
    const expanded = expand(key.point.multiply(product), isLast ? payloadEnd : REPLAY_TAG_AT);
    if (!isLast) product = timesScalar(product, expanded.subarray(BLINDING_AT, REPLAY_TAG_AT));
    return {
      stream: expanded.slice(0, 16),
      mac: expanded.slice(16, 32),
      payload: expanded.slice(32, payloadEnd),
    };
  });
}

/** What a node derives from the secret it shares with a packet's maker. */
export interface NodeSideKeys {
  readonly stream: Uint8Array;
  readonly mac: Uint8Array;
  readonly blinding: Uint8Array;
  readonly replayTag: Uint8Array;
  /** The version is known only after decryption of the header. */
  lionessKey(version: number): Uint8Array;
}

export function deriveNodeSideKeys(sharedSecret: Uint8Array): NodeSideKeys {
  const expanded = expand(sharedSecret, EXPANDED_BYTES);
  return {
    stream: expanded.subarray(0, 16),
    mac: expanded.subarray(16, 32),
    blinding: expanded.subarray(BLINDING_AT, REPLAY_TAG_AT),
    replayTag: expanded.slice(REPLAY_TAG_AT),
    lionessKey: version =>
      version === 258
        ? expanded.subarray(32, 32 + PAYLOAD_KEY_BYTES)
        : lionessKey(expanded.subarray(32, 32 + SEED_BYTES)),
  };
}

/** The 192-byte payload key itself, or what a seed expands to. */
export function lionessKey(keyOrSeed: Uint8Array): Uint8Array {
  return keyOrSeed.length === PAYLOAD_KEY_BYTES
    ? keyOrSeed
    : hkdfSha256(keyOrSeed, payloadKeySalt, payloadKeyInfo, PAYLOAD_KEY_BYTES);
}

/** The keystream of a hop: long enough for the routing information and the block that is added at its end. */
export function routingStream(key: Uint8Array, stream: Uint8Array = new Uint8Array(STREAM_BYTES)): Uint8Array {
  aes128Keystream(key, stream);
  return stream;
}

/** Of all hops, in one array. */
export function routingStreams(hops: readonly HopKeys[]): readonly Uint8Array[] {
  const streams = new Uint8Array(STREAM_BYTES * hops.length);
  return hops.map(({ stream }, i) => routingStream(stream, streams.subarray(STREAM_BYTES * i, STREAM_BYTES * (i + 1))));
}

const STREAM_BYTES = ROUTING_BYTES + HOP_BLOCK_BYTES;

/** The first half of an HMAC-SHA256, over the encrypted routing information alone. */
export function routingMac(key: Uint8Array, routing: Uint8Array): Uint8Array {
  return hmacSha256(key, routing).slice(0, 16);
}

function expand(sharedSecret: Uint8Array, length: number): Uint8Array {
  return hkdfSha256(sharedSecret, undefined, expansionInfo, length);
}
