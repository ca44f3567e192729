/**
 * A message is padded once, before it is split: a byte 0x01, then zeros up to the end of its last fragment
 * (nymtech/nym common/nymsphinx/src/message.rs). Fragments are cut from the padded message without ever making it.
 */

import { malformed } from './malformed.ts';

const MARKER = 0x01;
export const MARKER_BYTES = 1;

/** Fills `target` with the bytes of the padded message from `offset` on. `target` must be zero. */
export function copyPadded(message: Uint8Array, offset: number, target: Uint8Array): void {
  if (offset < message.length) target.set(message.subarray(offset, offset + target.length));
  const marker = message.length - offset;
  if (marker >= 0 && marker < target.length) target[marker] = MARKER;
}

/**
 * A view of what precedes the last byte 0x01. What follows it is not looked at, like in the reference.
 *
 * @throws MixnetError `ERR_MIX_MIXNET_MALFORMED` when there is no such byte.
 */
export function removePadding(padded: Uint8Array): Uint8Array {
  const marker = padded.lastIndexOf(MARKER);
  if (marker < 0) throw malformed('a message has no padding marker');
  return padded.subarray(0, marker);
}
