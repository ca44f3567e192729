/**
 * Raw keys as the key objects of `node:crypto`.
 *
 * Two ways lead there for X25519. A JWK is read ten times faster than DER by Node 20, but must name the public key beside
 * the secret one; Node ignores it and computes its own, which saves us doing so. Whether a runtime does the same is not
 * promised anywhere, so each way is tried with the numbers of RFC 7748 before it is used.
 *
 * @module
 */

import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { concatBytes, equalBytes } from './bytes.ts';

export interface X25519KeyReader {
  publicKey(bytes: Uint8Array): KeyObject;
  secretKey(bytes: Uint8Array): KeyObject;
}

/** The first way that works on this runtime; `undefined` on one that has no X25519 here. */
export function x25519KeyReader(): X25519KeyReader | undefined {
  return [jwkReader, derReader].find(agreesWithRfc7748);
}

export const jwkReader: X25519KeyReader = {
  publicKey: bytes => createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: base64url(bytes) }, format: 'jwk' }),
  secretKey: bytes =>
    createPrivateKey({ key: { kty: 'OKP', crv: 'X25519', d: base64url(bytes), x: unreadPublicKey }, format: 'jwk' }),
};

const unreadPublicKey = base64url(new Uint8Array(32));

// RFC 8410 §4 and §7: what stands before the 32 bytes of a key, in SPKI and in PKCS #8.
const spki = { x25519: fromHex('302a300506032b656e032100'), ed25519: fromHex('302a300506032b6570032100') };
const pkcs8 = {
  x25519: fromHex('302e020100300506032b656e04220420'),
  ed25519: fromHex('302e020100300506032b657004220420'),
};

export const derReader: X25519KeyReader = {
  publicKey: bytes => publicKeyFromDer(spki.x25519, bytes),
  secretKey: bytes => secretKeyFromDer(pkcs8.x25519, bytes),
};

export function ed25519PublicKeyObject(bytes: Uint8Array): KeyObject {
  return publicKeyFromDer(spki.ed25519, bytes);
}

export function ed25519SecretKeyObject(seed: Uint8Array): KeyObject {
  return secretKeyFromDer(pkcs8.ed25519, seed);
}

function publicKeyFromDer(prefix: Uint8Array, bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(concatBytes(prefix, bytes)), format: 'der', type: 'spki' });
}

function secretKeyFromDer(prefix: Uint8Array, bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(concatBytes(prefix, bytes)), format: 'der', type: 'pkcs8' });
}

/** RFC 7748 §5.2, the first test vector. */
function agreesWithRfc7748(reader: X25519KeyReader): boolean {
  try {
    const privateKey = reader.secretKey(fromHex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4'));
    const publicKey = reader.publicKey(fromHex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c'));
    const expected = fromHex('c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552');
    return equalBytes(diffieHellman({ privateKey, publicKey }), expected);
  } catch {
    return false;
  }
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
