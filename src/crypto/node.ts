/**
 * The primitives by `node:crypto`, where it is faster than JavaScript; the rest is the portable one's.
 *
 * Runtimes that lend Node's names without all of its algorithms (Bun, Deno, Electron) fall back to the portable function,
 * found out once, when this module is loaded.
 *
 * @module
 */

import { createCipheriv, createHash, diffieHellman, type KeyObject, sign, verify } from 'node:crypto';
import { MixnetError } from '../errors.ts';
import { gcmSivBy } from './gcm-siv.ts';
import {
  ed25519PublicKeyObject,
  ed25519SecretKeyObject,
  publicKeyFromSecret,
  type X25519KeyReader,
  x25519KeyReader,
} from './node-keys.ts';
import * as portable from './portable.ts';
import { expectLength, type Primitives } from './primitives.ts';
import { TabledPoint } from './tabled-point.ts';

// By a table a product takes half as long as Node spends on reading its secret key and multiplying by it. HMAC and HKDF are
// of a few blocks each here, less than what Node makes of objects for them.
export {
  blake2bMac,
  blake3,
  ephemeralPublicKey,
  hkdfBlake3,
  hkdfSha256,
  hmacSha256,
  isEd25519Point,
} from './portable.ts';

type X25519Primitives = Pick<Primitives, 'x25519' | 'x25519PublicKey' | 'fixedSecret' | 'fixedPoint'>;

const keyReader = x25519KeyReader();

export const { x25519, x25519PublicKey, fixedSecret, fixedPoint }: X25519Primitives =
  keyReader === undefined ? portableX25519() : x25519By(keyReader);

/** One by one: a bundle would keep an object of all that module has. */
function portableX25519(): X25519Primitives {
  return {
    x25519: portable.x25519,
    x25519PublicKey: portable.x25519PublicKey,
    fixedSecret: portable.fixedSecret,
    fixedPoint: portable.fixedPoint,
  };
}

function x25519By(keys: X25519KeyReader): X25519Primitives {
  function readPublicKey(publicKey: Uint8Array): KeyObject {
    expectLength('public key', publicKey, 32);
    return keys.publicKey(publicKey);
  }

  function readSecretKey(secretKey: Uint8Array): KeyObject {
    expectLength('secret key', secretKey, 32);
    return keys.secretKey(secretKey);
  }

  function agree(privateKey: KeyObject, publicKey: KeyObject): Uint8Array {
    try {
      return plain(diffieHellman({ privateKey, publicKey }));
    } catch (cause) {
      throw new MixnetError('ERR_MIX_MIXNET_MALFORMED', { message: 'An X25519 key of low order.', cause });
    }
  }

  const x25519: Primitives['x25519'] = (secretKey, publicKey) =>
    agree(readSecretKey(secretKey), readPublicKey(publicKey));

  return {
    x25519,
    x25519PublicKey: secretKey => keys.publicKeyOf(readSecretKey(secretKey)),
    // Node spends as long on reading a secret key as on multiplying by it.
    fixedSecret: secretKey => {
      const own = readSecretKey(secretKey);
      return {
        agree(publicKey) {
          const point = readPublicKey(publicKey);
          return { shared: agree(own, point), multiply: other => agree(readSecretKey(other), point) };
        },
      };
    },
    fixedPoint: publicKey => {
      expectLength('public key', publicKey, 32);
      return TabledPoint.of(publicKey, x25519);
    },
  };
}

export const ed25519PublicKey: Primitives['ed25519PublicKey'] = seed => {
  expectLength('seed', seed, 32);
  return publicKeyFromSecret(ed25519SecretKeyObject(seed));
};

export const ed25519Sign: Primitives['ed25519Sign'] = (message, seed) => {
  expectLength('seed', seed, 32);
  return plain(sign(null, message, ed25519SecretKeyObject(seed)));
};

export const ed25519Verify: Primitives['ed25519Verify'] = (signature, message, publicKey) => {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  try {
    return verify(null, message, ed25519PublicKeyObject(publicKey), signature);
  } catch {
    return false;
  }
};

export const aes128Ctr: Primitives['aes128Ctr'] = (key, iv, data) => {
  expectLength('AES-128 key', key, 16);
  expectLength('initial counter', iv, 16);
  return plain(createCipheriv('aes-128-ctr', key, iv).update(data));
};

export const { gcmSivSeal, gcmSivOpen } = gcmSivBy(key => {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  return blocks => plain(cipher.update(blocks));
});

/** An acknowledgement, say: it is encrypted before Node has made a cipher for it. */
const SHORT_BYTES = 256;

/** OpenSSL's ChaCha20 takes counter ‖ nonce as a 16-byte IV; with zeros for both it is the original cipher. */
const zeroCounterAndNonce = new Uint8Array(16);

export const chacha20: Primitives['chacha20'] = hasChaCha20()
  ? (key, data) => {
      expectLength('ChaCha20 key', key, 32);
      if (data.length <= SHORT_BYTES) return portable.chacha20(key, data);
      return plain(createCipheriv('chacha20', key, zeroCounterAndNonce).update(data));
    }
  : portable.chacha20;

/** BoringSSL, which Bun and Electron have for OpenSSL, offers it only together with Poly1305. */
function hasChaCha20(): boolean {
  try {
    createCipheriv('chacha20', new Uint8Array(32), zeroCounterAndNonce);
    return true;
  } catch {
    return false;
  }
}

export const sha256: Primitives['sha256'] = data => plain(createHash('sha256').update(data).digest());

/** The same memory as a `Uint8Array`: a `Buffer` has another `slice`, and is equal to no array in a test. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
