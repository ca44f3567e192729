/**
 * The routing information of a header ("beta"), in the clear as one hop sees it.
 * Upstream: `nymtech/sphinx src/header/routing/nodes.rs`, `src/header/routing/destination.rs`.
 *
 * | forward hop      | length | final hop             | length |
 * |------------------|--------|-----------------------|--------|
 * | flag 1           | 1      | flag 2                | 1      |
 * | version          | 3      | version               | 3      |
 * | next hop address | 32     | destination           | 32     |
 * | delay, ns        | 8      | identifier            | 16     |
 * | MAC of the rest  | 16     | random padding        | …      |
 * | the rest         | …      |                       |        |
 *
 * @module
 */

import { ByteReader, putUint } from '../crypto/bytes.ts';
import { decodeNodeAddress, encodeNodeAddress, HEADER_ADDRESS_BYTES, type NodeAddress } from './address.ts';
import { malformed } from './malformed.ts';
import { MAX_HOPS } from './sizes.ts';

/** What a forward hop takes off the front: flag, version, address, delay, MAC. */
export const HOP_BLOCK_BYTES = 60;
/** Room for five hops, whatever the route. */
export const ROUTING_BYTES = HOP_BLOCK_BYTES * MAX_HOPS;
/** Flag, version, destination, identifier. */
export const FINAL_BLOCK_BYTES = 52;

const FORWARD = 1;
const FINAL = 2;

export type RoutingBlock =
  | { type: 'forward'; version: number; nextHop: NodeAddress; delayNs: bigint; mac: Uint8Array; routing: Uint8Array }
  | { type: 'final'; version: number; destination: Uint8Array; identifier: Uint8Array };

export function encodeForwardBlock(
  version: number,
  nextHop: NodeAddress,
  delayNs: number,
  mac: Uint8Array,
): Uint8Array {
  const block = new Uint8Array(HOP_BLOCK_BYTES);
  block[0] = FORWARD;
  putUint(block, 2, 2, version);
  block.set(encodeNodeAddress(nextHop, HEADER_ADDRESS_BYTES), 4);
  putUint(block, 36, 8, delayNs);
  block.set(mac, 44);
  return block;
}

export function encodeFinalBlock(version: number, destination: Uint8Array, identifier: Uint8Array): Uint8Array {
  const block = new Uint8Array(FINAL_BLOCK_BYTES);
  block[0] = FINAL;
  putUint(block, 2, 2, version);
  block.set(destination, 4);
  block.set(identifier, 36);
  return block;
}

/** `decrypted` is the routing information extended by one block: what is left for the next hop is as long as before. */
export function decodeRoutingBlock(decrypted: Uint8Array): RoutingBlock {
  const reader = new ByteReader(decrypted, () => malformed('A Sphinx header is cut short.'));
  const flag = reader.u8();
  reader.u8();
  const version = reader.u16();
  switch (flag) {
    case FORWARD: {
      const { address: nextHop } = decodeNodeAddress(reader.bytes(HEADER_ADDRESS_BYTES));
      return {
        type: 'forward',
        version,
        nextHop,
        delayNs: reader.u64(),
        mac: reader.bytes(16),
        routing: reader.rest(),
      };
    }
    case FINAL:
      return { type: 'final', version, destination: reader.bytes(32), identifier: reader.bytes(16) };
    default:
      throw malformed('A Sphinx header is for neither a forward nor a final hop.');
  }
}
