/**
 * The primitives for Node: keys and signatures by `node:crypto`, what packets are made by in the kernel.
 *
 * Runtimes that lend Node's names without all of its algorithms (Bun, Deno, Electron), or have no WebAssembly, fall back to
 * the portable functions: found out once, when this module is loaded, or the kernel first needed.
 *
 * @module
 */

import { createHash, diffieHellman, type KeyObject, sign, verify } from 'node:crypto';
import { MixnetError } from '../errors.ts';
import { ephemeralKeysBy } from './base-point.ts';
import { type KernelPrimitives, kernelPrimitives } from './kernel/primitives.ts';
import {
  ed25519PublicKeyObject,
  ed25519SecretKeyObject,
  publicKeyFromSecret,
  type X25519KeyReader,
  x25519KeyReader,
} from './node-keys.ts';
import { PointTable } from './point-table.ts';
import * as portable from './portable.ts';
import { expectLength, type Primitives } from './primitives.ts';
import { TabledPoint } from './tabled-point.ts';

export { isEd25519Point } from './portable.ts';

/**
 * Made on first use. A packet takes a hundred calls of a few blocks each, which is less work than what Node makes of objects
 * for them; and a product by a table takes less time than Node spends on reading its secret key.
 */
function inKernel(): KernelPrimitives {
  kernel ??= kernelPrimitives() ?? { ...portablePrimitives(), tableOf: point => new PointTable(point) };
  return kernel;
}

let kernel: KernelPrimitives | undefined;

/** One by one: a bundle would keep an object of all that module has. */
function portablePrimitives(): Omit<KernelPrimitives, 'tableOf'> {
  return {
    aes128Ctr: portable.aes128Ctr,
    aes128Keystream: portable.aes128Keystream,
    blake3: portable.blake3,
    hkdfBlake3: portable.hkdfBlake3,
    lionessDecrypt: portable.lionessDecrypt,
    lionessEncrypt: portable.lionessEncrypt,
    gcmSivOpen: portable.gcmSivOpen,
    gcmSivSeal: portable.gcmSivSeal,
    hkdfSha256: portable.hkdfSha256,
    hmacSha256: portable.hmacSha256,
  };
}

export const aes128Ctr: Primitives['aes128Ctr'] = (key, iv, data) => inKernel().aes128Ctr(key, iv, data);
export const aes128Keystream: Primitives['aes128Keystream'] = (key, out) => inKernel().aes128Keystream(key, out);
export const gcmSivSeal: Primitives['gcmSivSeal'] = (key, nonce, data) => inKernel().gcmSivSeal(key, nonce, data);
export const gcmSivOpen: Primitives['gcmSivOpen'] = (key, nonce, sealed) => inKernel().gcmSivOpen(key, nonce, sealed);
export const blake3: Primitives['blake3'] = data => inKernel().blake3(data);
export const hkdfBlake3: Primitives['hkdfBlake3'] = (ikm, salt, info, length) =>
  inKernel().hkdfBlake3(ikm, salt, info, length);
export const lionessEncrypt: Primitives['lionessEncrypt'] = (keys, block) => inKernel().lionessEncrypt(keys, block);
export const lionessDecrypt: Primitives['lionessDecrypt'] = (key, block) => inKernel().lionessDecrypt(key, block);
export const hmacSha256: Primitives['hmacSha256'] = (key, data) => inKernel().hmacSha256(key, data);
export const hkdfSha256: Primitives['hkdfSha256'] = (ikm, salt, info, length) =>
  inKernel().hkdfSha256(ikm, salt, info, length);

type X25519Primitives = Pick<
  Primitives,
  'x25519' | 'x25519PublicKey' | 'ephemeralPublicKey' | 'fixedSecret' | 'fixedPoint'
>;

const keyReader = x25519KeyReader();

export const { x25519, x25519PublicKey, ephemeralPublicKey, fixedSecret, fixedPoint }: X25519Primitives =
  keyReader === undefined ? portableX25519() : x25519By(keyReader);

/** One by one: a bundle would keep an object of all that module has. */
function portableX25519(): X25519Primitives {
  return {
    x25519: portable.x25519,
    x25519PublicKey: portable.x25519PublicKey,
    ephemeralPublicKey: portable.ephemeralPublicKey,
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
  const fixedPoint: Primitives['fixedPoint'] = publicKey => {
    expectLength('public key', publicKey, 32);
    return TabledPoint.of(publicKey, { ladder: x25519, tableOf: point => inKernel().tableOf(point) });
  };

  return {
    x25519,
    x25519PublicKey: secretKey => keys.publicKeyOf(readSecretKey(secretKey)),
    ephemeralPublicKey: ephemeralKeysBy(fixedPoint),
    fixedPoint,
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

export const sha256: Primitives['sha256'] = data => plain(createHash('sha256').update(data).digest());

/** The same memory as a `Uint8Array`: a `Buffer` has another `slice`, and is equal to no array in a test. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
