/** Sphinx packets: making, unwrapping, reply blocks, and the frames and structs that carry them. */

export {
  decodeNodeAddress,
  encodeNodeAddress,
  HEADER_ADDRESS_BYTES,
  LONGEST_ADDRESS_BYTES,
  type NodeAddress,
  parseNodeAddress,
} from './address.ts';
export { sampleDelaysNs } from './delays.ts';
export { encodeFrame, type Frame, FrameDecoder, type FrameRequest, type FrameVersion } from './frame.ts';
export type { HeaderRequest, Hop, Route } from './header.ts';
export type { SphinxVersion } from './key-schedule.ts';
export { decodeMixPacket, encodeMixPacket, type MixPacket, type MixPacketVersion } from './mix-packet.ts';
export { type NodeKey, nodeKey } from './node-key.ts';
export { buildPacket, type PacketRequest, type SphinxPacket } from './packet.ts';
export { type PacketType, SPHINX_PACKET } from './packet-type.ts';
export { parseRotationMarker, type RotationMarker, rotationMarker } from './rotation.ts';
export {
  HEADER_BYTES,
  MAX_HOPS,
  PAYLOAD_OVERHEAD_BYTES,
  type PacketSize,
  type PacketSizeName,
  packetSizeOfCode,
  packetSizeOfPlaintext,
  packetSizeOfTotal,
  packetSizes,
} from './sizes.ts';
export { createSurb, decodeSurb, encodeSurb, packetFromSurb, type Surb, type SurbKeys, surbBytes } from './surb.ts';
export {
  type FinalPacket,
  type ForwardPacket,
  type Unwrap,
  type UnwrappedPacket,
  unwrapPacket,
  unwrapperOf,
} from './unwrap.ts';
