/**
 * What the server may sign its handshake, and authorities their certificates, with: RFC 8446, section 4.2.3. In TLS 1.3
 * PKCS #1 v1.5 is for certificates alone. In TLS 1.2 the curve of an ECDSA key is not bound to the hash (RFC 8422,
 * section 5.4); in TLS 1.3 it is.
 */

import type { Curve } from '../keys/nist-curves.ts';
import { type PublicKey, type SignatureScheme, verifySignature } from '../keys/public-key.ts';
import { TlsError } from './alert.ts';
import { versions } from './codes.ts';

interface OfferedScheme {
  readonly id: number;
  readonly scheme: SignatureScheme;
  /** In TLS 1.3. */
  readonly curve?: Curve;
}

/** In the order in which they are offered. */
export const signatureSchemes: readonly OfferedScheme[] = [
  { id: 0x0403, scheme: { type: 'ecdsa', hash: 'sha256' }, curve: 'P-256' },
  { id: 0x0804, scheme: { type: 'rsa', padding: 'pss', hash: 'sha256' } },
  { id: 0x0401, scheme: { type: 'rsa', padding: 'pkcs1', hash: 'sha256' } },
  { id: 0x0503, scheme: { type: 'ecdsa', hash: 'sha384' }, curve: 'P-384' },
  { id: 0x0805, scheme: { type: 'rsa', padding: 'pss', hash: 'sha384' } },
  { id: 0x0501, scheme: { type: 'rsa', padding: 'pkcs1', hash: 'sha384' } },
  { id: 0x0603, scheme: { type: 'ecdsa', hash: 'sha512' }, curve: 'P-521' },
  { id: 0x0806, scheme: { type: 'rsa', padding: 'pss', hash: 'sha512' } },
  { id: 0x0601, scheme: { type: 'rsa', padding: 'pkcs1', hash: 'sha512' } },
  { id: 0x0807, scheme: { type: 'ed25519' } },
];

/** @throws TlsError for a scheme that was not offered or does not fit the key, and for a signature that is wrong. */
export function checkHandshakeSignature(
  version: number,
  schemeId: number,
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): void {
  const offered = signatureSchemes.find(({ id }) => id === schemeId);
  if (offered === undefined || !fits(offered, key, version)) {
    throw new TlsError('illegal_parameter', 'the server signs in a way that was not offered', 'SIGNATURE_SCHEME');
  }
  if (!verifySignature(offered.scheme, key, message, signature)) {
    throw new TlsError('decrypt_error', 'the server’s signature of the handshake is wrong', 'HANDSHAKE_SIGNATURE');
  }
}

function fits({ scheme, curve }: OfferedScheme, key: PublicKey, version: number): boolean {
  if (scheme.type !== key.type) return false;
  if (version === versions.tls12) return true;
  if (scheme.type === 'rsa') return scheme.padding === 'pss';
  return key.type !== 'ecdsa' || key.curve === curve;
}
