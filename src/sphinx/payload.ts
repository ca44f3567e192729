/**
 * The payload of a packet: padding, and one LIONESS layer for each hop.
 * Upstream: `nymtech/sphinx src/payload/mod.rs`.
 *
 * | offset | length | padded payload |
 * |--------|--------|----------------|
 * | 0      | 16     | zeros          |
 * | 16     | n      | plaintext      |
 * | 16 + n | 1      | 1              |
 * | 17 + n | …      | zeros          |
 *
 * @module
 */

import { lionessDecrypt, lionessEncrypt } from '#crypto';
import { LIONESS_LEFT_BYTES } from '../crypto/lioness.ts';
import { lionessKey } from './key-schedule.ts';
import { malformed } from './malformed.ts';
import { PAYLOAD_OVERHEAD_BYTES, type PacketSize } from './sizes.ts';

const ZEROS_BYTES = 16;
const END_MARKER = 1;

/**
 * Pads the plaintext and encrypts it for the last hop first. `keys` are the hops' payload keys (192 bytes) or seeds (16),
 * in the order of the route. Throws a `RangeError` for a plaintext longer than the size's.
 */
export function encapsulate(plaintext: Uint8Array, keys: readonly Uint8Array[], size: PacketSize): Uint8Array {
  if (plaintext.length > size.plaintext)
    throw new RangeError(`plaintext of ${plaintext.length} bytes in a packet for ${size.plaintext}`);
  const padded = new Uint8Array(size.payload);
  padded.set(plaintext, ZEROS_BYTES);
  padded[ZEROS_BYTES + plaintext.length] = END_MARKER;
  return lionessEncrypt(keys.map(lionessKey).toReversed(), padded);
}

/** Takes one layer off. */
export function peelPayload(payload: Uint8Array, key: Uint8Array): Uint8Array {
  if (payload.length <= LIONESS_LEFT_BYTES) throw malformed('A Sphinx payload is too short to be decrypted.');
  return lionessDecrypt(key, payload);
}

/** The plaintext of a payload without layers. The zeros in front are all that shows tampering on the way. */
export function recoverPlaintext(padded: Uint8Array): Uint8Array {
  if (padded.length < PAYLOAD_OVERHEAD_BYTES) throw malformed('A Sphinx payload is too short.');
  const end = padded.lastIndexOf(END_MARKER);
  if (end < ZEROS_BYTES || padded.subarray(0, ZEROS_BYTES).some(byte => byte !== 0))
    throw malformed('A Sphinx payload was changed on the way.');
  return padded.slice(ZEROS_BYTES, end);
}
