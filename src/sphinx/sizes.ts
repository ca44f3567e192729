/**
 * The sizes a Sphinx packet can have, so that packets of one size cannot be told apart.
 * Upstream: `nymtech/nym common/nymsphinx/params/src/packet_sizes.rs`, `nymtech/sphinx src/constants.rs`.
 *
 * @module
 */

/** The longest route; the header has room for it whatever the route's length. */
export const MAX_HOPS = 5;
/** alpha (32) ‖ gamma (16) ‖ beta (300). */
export const HEADER_BYTES = 348;
/** What a payload is longer than its plaintext: 16 zero bytes in front, one marker behind. */
export const PAYLOAD_OVERHEAD_BYTES = 17;

export type PacketSizeName = 'regular' | 'ack' | 'extended8' | 'extended16' | 'extended32';

export interface PacketSize {
  /** On the wire, in frames. Not ordered by size. */
  readonly code: number;
  /** As in Nym's configuration. */
  readonly name: PacketSizeName;
  /** Bytes of the packet, header and payload. */
  readonly total: number;
  /** Bytes of the encrypted payload. */
  readonly payload: number;
  /** Bytes the sender can fill. */
  readonly plaintext: number;
}

export const packetSizes: Readonly<Record<PacketSizeName, PacketSize>> = {
  regular: packetSize(1, 'regular', 2048),
  ack: packetSize(2, 'ack', 21),
  extended8: packetSize(4, 'extended8', 8 * 1024),
  extended16: packetSize(5, 'extended16', 16 * 1024),
  extended32: packetSize(3, 'extended32', 32 * 1024),
};

export function packetSizeOfTotal(total: number): PacketSize | undefined {
  return sizes.find(size => size.total === total);
}

export function packetSizeOfPlaintext(plaintext: number): PacketSize | undefined {
  return sizes.find(size => size.plaintext === plaintext);
}

/** `undefined` also for the codes 6 and 7, which are Outfox: another packet format. */
export function packetSizeOfCode(code: number): PacketSize | undefined {
  return sizes.find(size => size.code === code);
}

const sizes: readonly PacketSize[] = Object.values(packetSizes);

function packetSize(code: number, name: PacketSizeName, plaintext: number): PacketSize {
  const payload = plaintext + PAYLOAD_OVERHEAD_BYTES;
  return { code, name, total: HEADER_BYTES + payload, payload, plaintext };
}
