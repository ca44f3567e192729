/**
 * Raw keys as the key objects of `node:crypto`.
 *
 * Two ways lead there for X25519. A JWK is read ten times faster than DER by Node 20, but must name the public key beside
 * the secret one; Node ignores it and computes its own, which can be read back. Whether a runtime does the same is not
 * promised anywhere, so each way is tried with the numbers of RFC 7748 before it is used.
 *
 * @module
 */

import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { concatBytes, equalBytes } from './bytes.ts';

export interface X25519KeyReader {
  publicKey(bytes: Uint8Array): KeyObject;
  secretKey(bytes: Uint8Array): KeyObject;
  /** The public key that goes with a secret one, which the runtime has computed already. */
  publicKeyOf(secretKey: KeyObject): Uint8Array;
}

/** The first way that works on this runtime; `undefined` on one that has no X25519 here. */
export function x25519KeyReader(): X25519KeyReader | undefined {
  return [jwkReader, derReader].find(agreesWithRfc7748);
}

export const jwkReader: X25519KeyReader = {
  publicKey: bytes => createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: base64url(bytes) }, format: 'jwk' }),
  secretKey: bytes =>
    createPrivateKey({ key: { kty: 'OKP', crv: 'X25519', d: base64url(bytes), x: unreadPublicKey }, format: 'jwk' }),
  publicKeyOf: secretKey => Uint8Array.from(Buffer.from(secretKey.export({ format: 'jwk' }).x ?? '', 'base64url')),
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
  publicKeyOf: publicKeyFromSecret,
};

export function ed25519PublicKeyObject(bytes: Uint8Array): KeyObject {
  return publicKeyFromDer(spki.ed25519, bytes);
}

export function ed25519SecretKeyObject(seed: Uint8Array): KeyObject {
  return secretKeyFromDer(pkcs8.ed25519, seed);
}

/** Of X25519 or Ed25519: what an SPKI ends with. */
export function publicKeyFromSecret(secretKey: KeyObject): Uint8Array {
  return Uint8Array.from(createPublicKey(secretKey).export({ format: 'der', type: 'spki' }).subarray(-32));
}

function publicKeyFromDer(prefix: Uint8Array, bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(concatBytes(prefix, bytes)), format: 'der', type: 'spki' });
}

function secretKeyFromDer(prefix: Uint8Array, bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(concatBytes(prefix, bytes)), format: 'der', type: 'pkcs8' });
}

/** RFC 7748 §6.1: Bob computes his public key, and with Alice's the shared secret. */
function agreesWithRfc7748(reader: X25519KeyReader): boolean {
  try {
    const bob = reader.secretKey(fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));
    const bobsPublicKey = fromHex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
    const alice = reader.publicKey(fromHex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'));
    const shared = fromHex('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
    return (
      equalBytes(reader.publicKeyOf(bob), bobsPublicKey) &&
      equalBytes(diffieHellman({ privateKey: bob, publicKey: alice }), shared)
    );
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
