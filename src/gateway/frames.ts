/**
 * Binary websocket frames, sealed with AES-256-GCM-SIV under the shared key
 * (`nymtech/nym common/gateway-requests/src/types/helpers.rs`):
 *
 * | offset | bytes | |
 * |---|---|---|
 * | 0 | 1 | kind |
 * | 1 | 1 | 1: encrypted |
 * | 2 | 12 | nonce, random |
 * | 14 | … | ciphertext ‖ 16-byte tag |
 *
 * The format knows a flag 0 for plaintext. No peer sends it, and to accept it would let anybody on the way forge packets.
 */

import { gcmSivOpen, gcmSivSeal } from '#crypto';
import { ByteReader, concatBytes } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';
import type { RandomBytes } from '../platform/platform.ts';

/** Client to gateway, a packet to forward: the kind is the version of the `MixPacket` inside. */
export const FORWARD_KINDS: readonly number[] = [1, 2];
/** Gateway to client: what a final packet held for this client. */
export const PUSH_KIND = 1;

export const NONCE_BYTES = 12;
const ENCRYPTED = 1;

export interface Frame {
  readonly kind: number;
  readonly plaintext: Uint8Array;
}

export function sealFrame({ kind, plaintext }: Frame, sharedKey: Uint8Array, random: RandomBytes): Uint8Array {
  const nonce = random(NONCE_BYTES);
  return concatBytes(Uint8Array.of(kind, ENCRYPTED), nonce, gcmSivSeal(sharedKey, nonce, plaintext));
}

/** Throws ERR_MIX_GATEWAY_MISBEHAVED for a frame that the holder of the shared key did not make. */
export function openFrame(frame: Uint8Array, sharedKey: Uint8Array): Frame {
  const reader = new ByteReader(frame, unreadable);
  const kind = reader.u8();
  if (reader.u8() !== ENCRYPTED) throw unreadable();
  const plaintext = gcmSivOpen(sharedKey, reader.bytes(NONCE_BYTES), reader.rest());
  if (plaintext === undefined) throw unreadable();
  return { kind, plaintext };
}

function unreadable(): MixnetError {
  return new MixnetError('ERR_MIX_GATEWAY_MISBEHAVED', { message: 'A binary frame that does not decrypt.' });
}
