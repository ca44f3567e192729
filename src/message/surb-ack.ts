/**
 * Acknowledgements. Every packet carries a finished packet back to its sender, which the gateway at its end sends off once
 * it has the message (nymtech/nym common/nymsphinx/acknowledgements/src/{surb_ack,identifier}.rs). It says "reached the
 * gateway", no more.
 */

import { aes128Ctr } from '#crypto';
import { concatBytes, type Named, putUint, u32 } from '../crypto/bytes.ts';
import type { RandomBytes } from '../platform/platform.ts';
import {
  buildPacket,
  decodeNodeAddress,
  encodeNodeAddress,
  type NodeAddress,
  packetSizes,
  type Route,
} from '../sphinx/index.ts';
import type { FragmentId } from './fragment.ts';
import { ACK_BLOCK_BYTES, ACK_FIRST_HOP_BYTES } from './layout.ts';
import { malformed } from './malformed.ts';

/** AES-128; never leaves the client. */
export type AckKey = Named<'AckKey'>;
/** Goes in front of a payload; 405 bytes. */
export type AckBlock = Named<'AckBlock'>;

const IV_BYTES = 16;
const ID_BYTES = 5;
/** What the gateway pushes for an acknowledgement. Nothing else is that short. */
export const ACK_BYTES = IV_BYTES + ID_BYTES;

/** Stands in acknowledgements of cover packets. */
export const coverFragmentId: FragmentId = { set: 0, position: 0 };

export function createSurbAck(options: {
  /** Ends at the sender's own gateway. */
  readonly route: Route;
  /** Nanoseconds, one per hop. */
  readonly delaysNs: readonly number[];
  readonly ackKey: AckKey;
  readonly fragmentId: FragmentId;
  /** The sender's own identity key. */
  readonly destination: Uint8Array;
  readonly random: RandomBytes;
}): { readonly block: AckBlock } {
  const { route, delaysNs, ackKey, fragmentId, destination, random } = options;
  const plaintext = sealAck(ackKey, fragmentId, random(IV_BYTES));
  const packet = buildPacket({ route, delaysNs, destination, plaintext, size: packetSizes.ack, random });
  const firstHop = encodeNodeAddress(packet.firstHop, ACK_FIRST_HOP_BYTES);
  return { block: concatBytes(firstHop, packet.bytes) as Uint8Array as AckBlock };
}

/*
 *  0  16  random IV
 * 16   5  AES-128-CTR of the fragment's id:
 *           0  4  set, without the flag bit of fragment headers
 *           4  1  position
 */

export function sealAck(ackKey: AckKey, fragmentId: FragmentId, iv: Uint8Array): Uint8Array {
  return concatBytes(iv, aes128Ctr(ackKey, iv, encodeFragmentId(fragmentId)));
}

/**
 * Reads an acknowledgement. There is no MAC: what a stranger made up reads as a random id.
 *
 * @throws MixnetError `ERR_MIX_MIXNET_MALFORMED` unless 21 bytes that hold an id
 */
export function openAck(ackKey: AckKey, bytes: Uint8Array): FragmentId | 'cover' {
  if (bytes.length !== ACK_BYTES) throw malformed('an acknowledgement is not 21 bytes long');
  const id = aes128Ctr(ackKey, bytes.slice(0, IV_BYTES), bytes.slice(IV_BYTES));
  const set = u32(id) | 0;
  const position = id[4] ?? 0;
  if (set === 0 && position === 0) return 'cover';
  if (set <= 0 || position === 0) throw malformed('an acknowledgement names no fragment');
  return { set, position };
}

/** The gateway's side: what to send back, and what to push to the client. @throws MixnetError `ERR_MIX_MIXNET_MALFORMED` */
export function splitAckBlock(plaintext: Uint8Array): {
  readonly firstHop: NodeAddress;
  readonly ackPacket: Uint8Array;
  readonly message: Uint8Array;
} {
  if (plaintext.length < ACK_BLOCK_BYTES) throw malformed('a payload is shorter than its acknowledgement block');
  return {
    firstHop: decodeNodeAddress(plaintext.subarray(0, ACK_FIRST_HOP_BYTES)).address,
    ackPacket: plaintext.subarray(ACK_FIRST_HOP_BYTES, ACK_BLOCK_BYTES),
    message: behindAckBlock(plaintext),
  };
}

/** The message alone. */
export function behindAckBlock(plaintext: Uint8Array): Uint8Array {
  return plaintext.subarray(ACK_BLOCK_BYTES);
}

export function encodeFragmentId(fragmentId: FragmentId): Uint8Array {
  const bytes = new Uint8Array(ID_BYTES);
  putUint(bytes, 0, 4, fragmentId.set);
  bytes[4] = fragmentId.position;
  return bytes;
}
