/**
 * Single-use reply blocks: a finished header, whose way nobody but its maker knows, and the payload keys to fill it with.
 * Upstream: `nymtech/sphinx src/surb/mod.rs`.
 *
 * | offset | length    | field                                                                    |
 * |--------|-----------|--------------------------------------------------------------------------|
 * | 0      | 348       | header                                                                   |
 * | 348    | 32        | address of the first hop                                                 |
 * | 380    | n·16 or n·192 | for each hop, in the order of the route: the seed of its payload key (version 259), or the key (258) |
 *
 * @module
 */

import { ByteReader, concatBytes } from '../crypto/bytes.ts';
import { decodeNodeAddress, encodeNodeAddress, HEADER_ADDRESS_BYTES, type NodeAddress } from './address.ts';
import { buildHeader, type HeaderRequest } from './header.ts';
import { PAYLOAD_KEY_BYTES, SEED_BYTES } from './key-schedule.ts';
import { malformed } from './malformed.ts';
import type { SphinxPacket } from './packet.ts';
import { encapsulate } from './payload.ts';
import { HEADER_BYTES, MAX_HOPS, type PacketSize } from './sizes.ts';

export interface Surb {
  readonly header: Uint8Array;
  readonly firstHop: NodeAddress;
  readonly keys: SurbKeys;
}

export interface SurbKeys {
  /** `seeds` of 16 bytes, which Nym's clients make today, or `full` keys of 192. */
  readonly kind: 'seeds' | 'full';
  /** One for each hop, in the order of the route. */
  readonly perHop: readonly Uint8Array[];
}

/** Its maker keeps nothing of it: replies arrive at the last hop in the clear. See `HeaderRequest` for what is drawn. */
export function createSurb(request: HeaderRequest): Surb {
  const { header, firstHop, hops } = buildHeader(request);
  const kind = request.version === 258 ? 'full' : 'seeds';
  return { header, firstHop, keys: { kind, perHop: hops.map(hop => hop.payload) } };
}

/** Use a reply block once: every hop drops a second packet with the same header. */
export function packetFromSurb(surb: Surb, plaintext: Uint8Array, size: PacketSize): SphinxPacket {
  const payload = encapsulate(plaintext, surb.keys.perHop, size);
  return { bytes: concatBytes(surb.header, payload), firstHop: surb.firstHop };
}

/** What a reply block of so many hops is encoded to. */
export function surbBytes(hops: number, kind: SurbKeys['kind']): number {
  return KEYS_AT + hops * (kind === 'seeds' ? SEED_BYTES : PAYLOAD_KEY_BYTES);
}

export function encodeSurb(surb: Surb): Uint8Array {
  return concatBytes(surb.header, encodeNodeAddress(surb.firstHop, HEADER_ADDRESS_BYTES), ...surb.keys.perHop);
}

/** The length tells the kind of keys: five seeds are shorter than one full key. The header cannot be checked. */
export function decodeSurb(bytes: Uint8Array): Surb {
  const reader = new ByteReader(bytes, () => malformed('A reply block is cut short.'));
  const header = reader.bytes(HEADER_BYTES).slice();
  const firstHop = decodeNodeAddress(reader.bytes(HEADER_ADDRESS_BYTES)).address;
  const kind = reader.remaining < PAYLOAD_KEY_BYTES ? 'seeds' : 'full';
  const keyBytes = kind === 'seeds' ? SEED_BYTES : PAYLOAD_KEY_BYTES;
  const hops = reader.remaining / keyBytes;
  if (!Number.isInteger(hops) || hops < 1 || hops > MAX_HOPS)
    throw malformed('A reply block has keys for no number of hops from 1 to 5.');
  return {
    header,
    firstHop,
    keys: { kind, perHop: Array.from({ length: hops }, () => reader.bytes(keyBytes).slice()) },
  };
}

const KEYS_AT = HEADER_BYTES + HEADER_ADDRESS_BYTES;
