import { concatBytes } from '../crypto/bytes.ts';
import type { NodeAddress } from './address.ts';
import { buildHeader, type HeaderRequest } from './header.ts';
import { encapsulate } from './payload.ts';
import type { PacketSize } from './sizes.ts';

/** A packet ready to be sent to its first hop. */
export interface SphinxPacket {
  readonly bytes: Uint8Array;
  readonly firstHop: NodeAddress;
}

export interface PacketRequest extends HeaderRequest {
  /** At most `size.plaintext` bytes; shorter ones are padded. */
  readonly plaintext: Uint8Array;
  readonly size: PacketSize;
}

/** Throws a `RangeError` for a request that no packet can fulfil. See `HeaderRequest` for what is drawn from `random`. */
export function buildPacket(request: PacketRequest): SphinxPacket {
  const { header, hops, firstHop } = buildHeader(request);
  const payload = encapsulate(
    request.plaintext,
    hops.map(hop => hop.payload),
    request.size,
  );
  return { bytes: concatBytes(header, payload), firstHop };
}
