/**
 * The primitives by `node:crypto`, where it is faster than @noble; the rest is the portable one's.
 *
 * Runtimes that lend Node's names without all of its algorithms (Bun, Deno, Electron) fall back to the portable function,
 * found out once, when this module is loaded.
 *
 * @module
 */

import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { MixnetError } from '../errors.ts';
import { concatBytes, equalBytes } from './bytes.ts';
import { eightfoldPoint } from './edwards.ts';
import * as portable from './portable.ts';
import { expectLength, type FixedPoint, type Primitives } from './primitives.ts';
import { clampedRepresentative, type ScalarProduct } from './scalar-product.ts';

export { blake2bMac, blake3, gcmSivOpen, gcmSivSeal, hkdfBlake3, isEd25519Point } from './portable.ts';

export const x25519: Primitives['x25519'] = (secretKey, publicKey) => {
  expectLength('secret key', secretKey, 32);
  expectLength('public key', publicKey, 32);
  return agree(secretKey, okpPublicKey('X25519', publicKey));
};

export const x25519PublicKey: Primitives['x25519PublicKey'] = secretKey => {
  expectLength('secret key', secretKey, 32);
  return agree(secretKey, basePoint);
};

export const fixedPoint: Primitives['fixedPoint'] = publicKey => {
  expectLength('public key', publicKey, 32);
  return eightfoldPoint(publicKey) === undefined ? undefined : new ImportedPoint(publicKey);
};

/** OpenSSL's ladder is faster than any table in JavaScript; what is kept is the imported key. */
class ImportedPoint implements FixedPoint {
  readonly #publicKey: Uint8Array;
  #imported: KeyObject | undefined;

  constructor(publicKey: Uint8Array) {
    this.#publicKey = Uint8Array.from(publicKey);
  }

  multiply(product: ScalarProduct): Uint8Array {
    this.#imported ??= okpPublicKey('X25519', this.#publicKey);
    return agree(clampedRepresentative(product), this.#imported);
  }
}

function agree(secretKey: Uint8Array, publicKey: KeyObject): Uint8Array {
  const privateKey = x25519PrivateKey(secretKey);
  try {
    return plain(diffieHellman({ privateKey, publicKey }));
  } catch (cause) {
    throw new MixnetError('ERR_MIX_MIXNET_MALFORMED', { message: 'An X25519 key of low order.', cause });
  }
}

function okpPublicKey(crv: 'X25519' | 'Ed25519', bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv, x: base64url(bytes) }, format: 'jwk' });
}

/**
 * A JWK must name its public key, but Node takes it from the secret one and does not look. Reading a JWK is ten times
 * faster than reading DER (Node 20); a runtime that looks gets DER.
 */
function privateKeyFromJwk(secretKey: Uint8Array): KeyObject {
  const key = { kty: 'OKP', crv: 'X25519', d: base64url(secretKey), x: unreadPublicKey };
  return createPrivateKey({ key, format: 'jwk' });
}

const unreadPublicKey = base64url(new Uint8Array(32));

/** RFC 8410 §7: the fixed beginning of a PKCS #8 X25519 key. */
const x25519Pkcs8 = Uint8Array.from(Buffer.from('302e020100300506032b656e04220420', 'hex'));
const ed25519Pkcs8 = Uint8Array.from(Buffer.from('302e020100300506032b657004220420', 'hex'));

function privateKeyFromDer(prefix: Uint8Array, secretKey: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(concatBytes(prefix, secretKey)), format: 'der', type: 'pkcs8' });
}

const basePoint = okpPublicKey(
  'X25519',
  Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0)),
);

const x25519PrivateKey: (secretKey: Uint8Array) => KeyObject = jwkIsRead()
  ? privateKeyFromJwk
  : secretKey => privateKeyFromDer(x25519Pkcs8, secretKey);

/** Whether a JWK with a wrong public key gives the public key that the secret one has. */
function jwkIsRead(): boolean {
  const secretKey = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
  try {
    const publicKey = plain(diffieHellman({ privateKey: privateKeyFromJwk(secretKey), publicKey: basePoint }));
    return equalBytes(publicKey, portable.x25519PublicKey(secretKey));
  } catch {
    return false;
  }
}

export const ed25519PublicKey: Primitives['ed25519PublicKey'] = seed => {
  expectLength('seed', seed, 32);
  const spki = createPublicKey(privateKeyFromDer(ed25519Pkcs8, seed)).export({ format: 'der', type: 'spki' });
  return Uint8Array.from(spki.subarray(-32));
};

export const ed25519Sign: Primitives['ed25519Sign'] = (message, seed) => {
  expectLength('seed', seed, 32);
  return plain(sign(null, message, privateKeyFromDer(ed25519Pkcs8, seed)));
};

export const ed25519Verify: Primitives['ed25519Verify'] = (signature, message, publicKey) => {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  try {
    return verify(null, message, okpPublicKey('Ed25519', publicKey), signature);
  } catch {
    return false;
  }
};

export const aes128Ctr: Primitives['aes128Ctr'] = (key, iv, data) => {
  expectLength('AES-128 key', key, 16);
  expectLength('initial counter', iv, 16);
  return plain(createCipheriv('aes-128-ctr', key, iv).update(data));
};

/** OpenSSL's ChaCha20 takes counter ‖ nonce as a 16-byte IV; with zeros for both it is the original cipher. */
const zeroCounterAndNonce = new Uint8Array(16);

export const chacha20: Primitives['chacha20'] = offers(() =>
  createCipheriv('chacha20', new Uint8Array(32), zeroCounterAndNonce),
)
  ? (key, data) => {
      expectLength('ChaCha20 key', key, 32);
      return plain(createCipheriv('chacha20', key, zeroCounterAndNonce).update(data));
    }
  : portable.chacha20;

export const sha256: Primitives['sha256'] = data => plain(createHash('sha256').update(data).digest());

export const hmacSha256: Primitives['hmacSha256'] = (key, data) =>
  plain(createHmac('sha256', key).update(data).digest());

export const hkdfSha256: Primitives['hkdfSha256'] = (ikm, salt, info, length) =>
  new Uint8Array(hkdfSync('sha256', ikm, salt ?? new Uint8Array(32), info, length));

/** A `Uint8Array` over the same memory: a `Buffer` has another `slice`. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

function offers(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
