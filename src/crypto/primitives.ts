/**
 * The cryptographic primitives of the protocol, as one surface with two implementations: `node.ts` over `node:crypto` and
 * the kernel, and `portable.ts` in plain JavaScript. `#crypto` is the one that fits the runtime; both give the same bytes.
 *
 * Everything is synchronous, so that building a packet is. A key, nonce or seed of a wrong length is a `RangeError`: keys
 * from outside are measured where they are parsed.
 *
 * @module
 */

import type { ScalarProduct } from './scalar-product.ts';

/** A public key that is multiplied often: the X25519 key of a mix node. */
export interface FixedPoint {
  /**
   * The u-coordinate (32 bytes) that X25519 gives when the factors of `product` are applied to the point one after the
   * other. Tables that make this fast are built when the point proves to be used often, and live as long as this object.
   */
  multiply(product: ScalarProduct): Uint8Array;
}

/** A secret key that is used often: a mix node's own. */
export interface FixedSecret {
  /** Throws ERR_MIX_MIXNET_MALFORMED where `x25519` does. */
  agree(publicKey: Uint8Array): Agreement;
}

export interface Agreement {
  readonly shared: Uint8Array;
  /** X25519 of another secret key and the same public one. */
  multiply(secretKey: Uint8Array): Uint8Array;
}

export interface Primitives {
  /** RFC 7748. Throws ERR_MIX_MIXNET_MALFORMED where the result is all zero, that is for a public key of low order. */
  x25519(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  x25519PublicKey(secretKey: Uint8Array): Uint8Array;
  /** The same, by a table: not in constant time, for a secret that lives for one packet. */
  ephemeralPublicKey(secretKey: Uint8Array): Uint8Array;
  fixedSecret(secretKey: Uint8Array): FixedSecret;
  /** `undefined` for a key of low order, or on the twist of the curve, where products do not collapse. */
  fixedPoint(publicKey: Uint8Array): FixedPoint | undefined;

  /** RFC 8032. */
  ed25519PublicKey(seed: Uint8Array): Uint8Array;
  ed25519Sign(message: Uint8Array, seed: Uint8Array): Uint8Array;
  /** False for whatever is no signature or no key, of any length; never throws. */
  ed25519Verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
  /** Whether the bytes are the canonical encoding of a point of the curve. */
  isEd25519Point(publicKey: Uint8Array): boolean;

  /** The counter is the whole 16-byte block, big-endian. */
  aes128Ctr(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
  /** Fills `out` with what the counters from zero on encrypt to. */
  aes128Keystream(key: Uint8Array, out: Uint8Array): void;
  /** AES-256-GCM-SIV, RFC 8452, no associated data: ciphertext ‖ 16-byte tag. */
  gcmSivSeal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** `undefined` where the tag does not fit. */
  gcmSivOpen(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /** A block of more than 32 bytes under each of the keys, of 192 bytes, one after the other. */
  lionessEncrypt(keys: readonly Uint8Array[], block: Uint8Array): Uint8Array;
  /** The inverse for one key. */
  lionessDecrypt(key: Uint8Array, block: Uint8Array): Uint8Array;

  sha256(data: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** RFC 5869; an absent salt is 32 zero bytes. */
  hkdfSha256(ikm: Uint8Array, salt: Uint8Array | undefined, info: Uint8Array, length: number): Uint8Array;
  /** 32 bytes, unkeyed. */
  blake3(data: Uint8Array): Uint8Array;
  /** RFC 5869 with HMAC over BLAKE3 as if it were any hash: not BLAKE3's own keyed or derive-key modes. */
  hkdfBlake3(ikm: Uint8Array, salt: Uint8Array | undefined, info: Uint8Array, length: number): Uint8Array;
}

/** A `RangeError` for a programmer who passes a key of the wrong length. */
export function expectLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`${what} of ${bytes.length} bytes, expected ${length}`);
}
