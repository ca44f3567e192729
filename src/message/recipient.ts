/** The address of a client: who it is, how to encrypt to it, and at which gateway its packets end. */

import { isEd25519Point } from '#crypto';
import { decodeBase58, encodeBase58 } from '../crypto/base58.ts';
import { concatBytes, equalBytes, type Named } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';
import { malformed } from './malformed.ts';

/** Ed25519: names a client or a gateway. */
export type IdentityKey = Named<'IdentityKey'>;
/** X25519: what fragments to a client are encrypted to. */
export type EncryptionKey = Named<'EncryptionKey'>;

export interface Recipient {
  readonly identity: IdentityKey;
  readonly encryption: EncryptionKey;
  readonly gateway: IdentityKey;
}

const KEY_BYTES = 32;
export const RECIPIENT_BYTES = 3 * KEY_BYTES;

/**
 * Reads `identity.encryption@gateway`, each part base58 of 32 bytes.
 *
 * @throws MixnetError `ERR_MIX_USAGE_OPTION` for any other text, or when identity or gateway is no ed25519 point.
 */
export function parseRecipient(text: string): Recipient {
  const match = /^([^.@]+)\.([^.@]+)@([^.@]+)$/.exec(text);
  if (match === null) throw notAnAddress('not of the form identity.encryption@gateway');
  const [identity, encryption, gateway] = match.slice(1).map(part => decodeBase58(part, KEY_BYTES));
  if (identity === undefined || encryption === undefined || gateway === undefined) {
    throw notAnAddress('a part is not base58 of 32 bytes');
  }
  if (!isEd25519Point(identity) || !isEd25519Point(gateway)) throw notAnAddress('an identity is not a public key');
  return recipientOf(identity, encryption, gateway);
}

export function formatRecipient(recipient: Recipient): string {
  const { identity, encryption, gateway } = recipient;
  return `${encodeBase58(identity)}.${encodeBase58(encryption)}@${encodeBase58(gateway)}`;
}

/*
 * nymtech/nym common/nymsphinx/addressing/src/clients.rs
 *
 *  0  32  ed25519 identity of the client
 * 32  32  x25519 encryption key of the client
 * 64  32  ed25519 identity of its gateway
 */

export function encodeRecipient(recipient: Recipient): Uint8Array {
  return concatBytes(recipient.identity, recipient.encryption, recipient.gateway);
}

/** @throws MixnetError `ERR_MIX_MIXNET_MALFORMED` unless 96 bytes whose first and last third are ed25519 points. */
export function decodeRecipient(bytes: Uint8Array): Recipient {
  if (bytes.length !== RECIPIENT_BYTES) throw malformed('an address is not 96 bytes long');
  const identity = bytes.slice(0, KEY_BYTES);
  const encryption = bytes.slice(KEY_BYTES, 2 * KEY_BYTES);
  const gateway = bytes.slice(2 * KEY_BYTES);
  if (!isEd25519Point(identity) || !isEd25519Point(gateway)) throw malformed('an identity is not a public key');
  return recipientOf(identity, encryption, gateway);
}

export function sameRecipient(a: Recipient, b: Recipient): boolean {
  return (
    equalBytes(a.identity, b.identity) && equalBytes(a.encryption, b.encryption) && equalBytes(a.gateway, b.gateway)
  );
}

/** The caller has checked the lengths. */
function recipientOf(identity: Uint8Array, encryption: Uint8Array, gateway: Uint8Array): Recipient {
  return {
    identity: identity as IdentityKey,
    encryption: encryption as EncryptionKey,
    gateway: gateway as IdentityKey,
  };
}

function notAnAddress(why: string): MixnetError {
  return new MixnetError('ERR_MIX_USAGE_OPTION', { message: `A client address is invalid: ${why}.` });
}
