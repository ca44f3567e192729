/**
 * Registration: a station-to-station key agreement with signatures encrypted under the agreed key
 * (`nymtech/nym common/gateway-requests/src/registration/handshake`). With client identity A, ephemeral x25519 keys X
 * (client) and Y (gateway), and a salt S of the client:
 *
 * | from | payload | bytes |
 * |---|---|---|
 * | client | A ‖ X ‖ S | 32 + 32 + 16 |
 * | gateway | Y ‖ E(signature over Y ‖ X) ‖ nonce | 32 + 80 + 12 |
 * | client | E(signature over X ‖ Y) ‖ nonce | 80 + 12 |
 * | gateway | 1, or anything else for failure | 1 |
 *
 * E is AES-256-GCM-SIV under k = HKDF-BLAKE3(x25519(X, Y), salt S, no info, 32 bytes), and k becomes the shared key.
 *
 * @module
 */

import { ed25519Sign, ed25519Verify, gcmSivOpen, gcmSivSeal, hkdfBlake3, x25519, x25519PublicKey } from '#crypto';
import { ByteReader, concatBytes } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';
import type { RandomBytes } from '../platform/platform.ts';
import { NONCE_BYTES } from './frames.ts';
import type { Identity } from './identity.ts';

const KEY_BYTES = 32;
const SALT_BYTES = 16;
const SEALED_SIGNATURE_BYTES = 64 + 16;
const SUCCESS = 1;

export interface ClientHandshake {
  /** The first payload. */
  readonly opening: Uint8Array;
  /**
   * Reads the gateway's payload. Throws ERR_MIX_GATEWAY_REFUSED where it was not signed by that gateway, and
   * ERR_MIX_GATEWAY_MISBEHAVED where it is malformed.
   */
  answer(payload: Uint8Array): { readonly proof: Uint8Array; readonly sharedKey: Uint8Array };
}

export function beginHandshake(client: Identity, gatewayIdentity: Uint8Array, random: RandomBytes): ClientHandshake {
  const secret = random(KEY_BYTES);
  const salt = random(SALT_BYTES);
  const ours = x25519PublicKey(secret);
  return {
    opening: concatBytes(client.publicKey, ours, salt),
    answer(payload) {
      const reader = new ByteReader(payload, malformedPayload);
      const theirs = reader.bytes(KEY_BYTES);
      const sealed = reader.bytes(SEALED_SIGNATURE_BYTES);
      const nonce = lastBytes(reader, NONCE_BYTES);
      const sharedKey = agreedKey(secret, theirs, salt);
      if (!signed(sharedKey, nonce, sealed, concatBytes(theirs, ours), gatewayIdentity)) throw notTheGateway();
      return { proof: prove(client, concatBytes(ours, theirs), sharedKey, random), sharedKey };
    },
  };
}

/** Throws unless the last payload says that the gateway is satisfied. */
export function expectSuccess(payload: Uint8Array): void {
  if (payload.length !== 1) throw malformedPayload();
  if (payload[0] !== SUCCESS) throw new MixnetError('ERR_MIX_GATEWAY_REFUSED');
}

export interface GatewayHandshake {
  readonly clientIdentity: Uint8Array;
  readonly sharedKey: Uint8Array;
  readonly answer: Uint8Array;
  /** Whether the client's second payload proves its identity. Throws ERR_MIX_GATEWAY_MISBEHAVED where it is malformed. */
  proves(payload: Uint8Array): boolean;
}

export const HANDSHAKE_SUCCESS: Uint8Array = Uint8Array.of(SUCCESS);

/** Throws ERR_MIX_GATEWAY_MISBEHAVED for an opening that is not exactly 80 bytes, as that of clients before version 3. */
export function answerHandshake(gateway: Identity, opening: Uint8Array, random: RandomBytes): GatewayHandshake {
  const reader = new ByteReader(opening, malformedPayload);
  const clientIdentity = reader.bytes(KEY_BYTES).slice();
  const theirs = reader.bytes(KEY_BYTES).slice();
  const salt = lastBytes(reader, SALT_BYTES);
  const secret = random(KEY_BYTES);
  const ours = x25519PublicKey(secret);
  const sharedKey = agreedKey(secret, theirs, salt);
  return {
    clientIdentity,
    sharedKey,
    answer: concatBytes(ours, prove(gateway, concatBytes(ours, theirs), sharedKey, random)),
    proves(payload) {
      const proof = new ByteReader(payload, malformedPayload);
      const sealed = proof.bytes(SEALED_SIGNATURE_BYTES);
      return signed(sharedKey, lastBytes(proof, NONCE_BYTES), sealed, concatBytes(theirs, ours), clientIdentity);
    },
  };
}

function agreedKey(secret: Uint8Array, theirs: Uint8Array, salt: Uint8Array): Uint8Array {
  let agreed: Uint8Array;
  try {
    agreed = x25519(secret, theirs);
  } catch (cause) {
    throw new MixnetError('ERR_MIX_GATEWAY_MISBEHAVED', { cause });
  }
  return hkdfBlake3(agreed, salt, new Uint8Array(0), KEY_BYTES);
}

/** The nonce comes after the ciphertext here; in binary frames it comes before. */
function prove(signer: Identity, ephemerals: Uint8Array, sharedKey: Uint8Array, random: RandomBytes): Uint8Array {
  const nonce = random(NONCE_BYTES);
  return concatBytes(gcmSivSeal(sharedKey, nonce, ed25519Sign(ephemerals, signer.seed)), nonce);
}

function signed(
  sharedKey: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  ephemerals: Uint8Array,
  signer: Uint8Array,
): boolean {
  const signature = gcmSivOpen(sharedKey, nonce, sealed);
  return signature !== undefined && ed25519Verify(signature, ephemerals, signer);
}

function lastBytes(reader: ByteReader, length: number): Uint8Array {
  if (reader.remaining !== length) throw malformedPayload();
  return reader.rest();
}

function malformedPayload(): MixnetError {
  return new MixnetError('ERR_MIX_GATEWAY_MISBEHAVED', { message: 'A handshake payload of the wrong length.' });
}

function notTheGateway(): MixnetError {
  return new MixnetError('ERR_MIX_GATEWAY_REFUSED', {
    message: 'Whoever answered does not hold the key of this gateway.',
  });
}
