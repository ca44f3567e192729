import { malformed } from './malformed.ts';

/** Of the packet formats that Nym knows (0 Sphinx, 2 Outfox; 1 is retired), the one that is spoken here. */
export const SPHINX_PACKET = 0;
export type PacketType = typeof SPHINX_PACKET;

export function parsePacketType(byte: number): PacketType {
  if (byte !== SPHINX_PACKET) throw malformed('A packet of another format than Sphinx.');
  return byte;
}
