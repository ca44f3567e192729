/**
 * What a client hands to its gateway: a packet, and where its first hop is. The gateway is no hop of the packet.
 * Upstream: `nymtech/nym common/nymsphinx/forwarding/src/packet.rs`.
 *
 * | version 1 | version 2 | field                                               |
 * |-----------|-----------|-----------------------------------------------------|
 * | 0         | 0         | packet type, 0 (Sphinx)                             |
 * | –         | 1         | key rotation; unknown in version 1                  |
 * | 1         | 2         | address of the first hop, 7 or 19 bytes             |
 * | …         | …         | packet, of one of the sizes in `packetSizes`        |
 *
 * @module
 */

import { ByteReader, concatBytes } from '../crypto/bytes.ts';
import { decodeNodeAddress, encodeNodeAddress, type NodeAddress } from './address.ts';
import { malformed } from './malformed.ts';
import { type PacketType, parsePacketType, SPHINX_PACKET } from './packet-type.ts';
import { parseRotationMarker, type RotationMarker } from './rotation.ts';
import { packetSizeOfTotal } from './sizes.ts';

/** Version 2 since version 5 of the gateway protocol. */
export type MixPacketVersion = 1 | 2;

export interface MixPacket {
  readonly packet: Uint8Array;
  readonly firstHop: NodeAddress;
  readonly rotation: RotationMarker;
  readonly packetType: PacketType;
}

/** Throws a `RangeError` for a packet of no known size. Version 1 loses the rotation. */
export function encodeMixPacket(
  { packet, firstHop, rotation }: Omit<MixPacket, 'packetType'>,
  version: MixPacketVersion,
): Uint8Array {
  if (packetSizeOfTotal(packet.length) === undefined) throw new RangeError(`a packet of ${packet.length} bytes`);
  const head = version === 1 ? [SPHINX_PACKET] : [SPHINX_PACKET, rotation];
  return concatBytes(Uint8Array.from(head), encodeNodeAddress(firstHop), packet);
}

/** `packet` is a view of `bytes`. */
export function decodeMixPacket(bytes: Uint8Array, version: MixPacketVersion): MixPacket {
  const reader = new ByteReader(bytes, () => malformed('A packet from a client is cut short.'));
  const packetType = parsePacketType(reader.u8());
  const rotation = version === 1 ? 0 : parseRotationMarker(reader.u8());
  const { address: firstHop, length } = decodeNodeAddress(reader.rest());
  const packet = bytes.subarray(version + length);
  if (packetSizeOfTotal(packet.length) === undefined) throw malformed('A packet from a client has no known size.');
  return { packet, firstHop, rotation, packetType };
}
