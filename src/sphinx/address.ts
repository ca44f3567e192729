/**
 * Addresses of mix nodes and gateways, as packets and frames carry them.
 * Upstream: `nymtech/nym common/nymsphinx/addressing/src/nodes.rs`.
 *
 * | offset | length  | field            |
 * |--------|---------|------------------|
 * | 0      | 1       | 4 or 6           |
 * | 1      | 2       | port, big-endian |
 * | 3      | 4 or 16 | IP octets        |
 *
 * Inside headers and reply blocks it is padded with zeros to 32 bytes, in front of an acknowledgement packet to 19, and
 * in what a client hands to its gateway not at all.
 *
 * @module
 */

import { ByteReader } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';
import { formatIpAddress, parseIpAddress } from '../ip-address.ts';
import { malformed } from './malformed.ts';

export interface NodeAddress {
  /** A literal in its canonical form (dotted decimal, or RFC 5952), without brackets: never a name. */
  readonly ip: string;
  readonly port: number;
}

/** Padded length inside Sphinx headers and reply blocks. */
export const HEADER_ADDRESS_BYTES = 32;
/** The longest address unpadded (IPv6), and what an acknowledgement's first hop is padded to. */
export const LONGEST_ADDRESS_BYTES = 19;

/** An address from a directory's text. Throws ERR_MIX_DIRECTORY_MALFORMED for whatever is no IP literal and port. */
export function parseNodeAddress(ip: string, port: number): NodeAddress {
  const octets = parseIpAddress(ip);
  if (octets === undefined || !isPort(port))
    throw new MixnetError('ERR_MIX_DIRECTORY_MALFORMED', { message: 'A node address that is no IP literal and port.' });
  return { ip: formatIpAddress(octets), port };
}

/** 7 or 19 bytes, or as many as `paddedTo` says. */
export function encodeNodeAddress(address: NodeAddress, paddedTo?: 19 | 32): Uint8Array {
  const octets = parseIpAddress(address.ip);
  if (octets === undefined || !isPort(address.port)) throw new RangeError('a node address of no IP literal and port');
  const encoded = new Uint8Array(paddedTo ?? 3 + octets.length);
  encoded[0] = octets.length === 4 ? 4 : 6;
  encoded[1] = address.port >> 8;
  encoded[2] = address.port & 0xff;
  encoded.set(octets, 3);
  return encoded;
}

/** Reads an address from the front; `length` is what it took, and what follows is not looked at. */
export function decodeNodeAddress(bytes: Uint8Array): { address: NodeAddress; length: number } {
  const reader = new ByteReader(bytes, () => malformed('A node address is cut short.'));
  const family = reader.u8();
  if (family !== 4 && family !== 6) throw malformed('A node address is neither IPv4 nor IPv6.');
  const port = reader.u16();
  const ip = formatIpAddress(reader.bytes(family === 4 ? 4 : 16));
  return { address: { ip, port }, length: bytes.length - reader.remaining };
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 0xffff;
}
