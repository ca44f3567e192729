/** The primitives in plain JavaScript: for browsers, workers, edge runtimes. */

import { MixnetError } from '../errors.ts';
import { Aes } from './aes.ts';
import { baseCoordinate, ephemeralKeysBy } from './base-point.ts';
import { blake3 as hashBlake3 } from './blake3.ts';
import * as ed25519 from './ed25519.ts';
import { expand, extract } from './hash.ts';
import { montgomeryLadder } from './montgomery-ladder.ts';
import { expectLength, type Primitives } from './primitives.ts';
import { TabledPoint } from './tabled-point.ts';

export const x25519: Primitives['x25519'] = (secretKey, publicKey) => {
  expectLength('secret key', secretKey, 32);
  expectLength('public key', publicKey, 32);
  const shared = montgomeryLadder(secretKey, publicKey);
  if (shared.some(byte => byte !== 0)) return shared;
  throw new MixnetError('ERR_MIX_MIXNET_MALFORMED', { message: 'An X25519 key of low order.' });
};

export const x25519PublicKey: Primitives['x25519PublicKey'] = secretKey => {
  expectLength('secret key', secretKey, 32);
  return montgomeryLadder(secretKey, baseCoordinate);
};

export const fixedSecret: Primitives['fixedSecret'] = secretKey => {
  expectLength('secret key', secretKey, 32);
  const own = Uint8Array.from(secretKey);
  return {
    agree: publicKey => ({ shared: x25519(own, publicKey), multiply: other => x25519(other, publicKey) }),
  };
};

export const fixedPoint: Primitives['fixedPoint'] = publicKey => {
  expectLength('public key', publicKey, 32);
  return TabledPoint.of(publicKey);
};

export const ephemeralPublicKey: Primitives['ephemeralPublicKey'] = /* @__PURE__ */ ephemeralKeysBy(fixedPoint);

export const ed25519PublicKey: Primitives['ed25519PublicKey'] = seed => {
  expectLength('seed', seed, 32);
  return ed25519.publicKeyOf(seed);
};

export const ed25519Sign: Primitives['ed25519Sign'] = (message, seed) => {
  expectLength('seed', seed, 32);
  return ed25519.sign(message, seed);
};

export const ed25519Verify: Primitives['ed25519Verify'] = ed25519.verify;

export const isEd25519Point: Primitives['isEd25519Point'] = ed25519.isPoint;

export const aes128Ctr: Primitives['aes128Ctr'] = (key, iv, data) => {
  expectLength('AES-128 key', key, 16);
  expectLength('initial counter', iv, 16);
  return new Aes(key).applyCounter(iv, data);
};

export const aes128Keystream: Primitives['aes128Keystream'] = (key, out) => {
  out.set(aes128Ctr(key, zeroBlock, new Uint8Array(out.length)));
};

const zeroBlock = /* @__PURE__ */ new Uint8Array(16);

export { gcmSivOpen, gcmSivSeal } from './gcm-siv.ts';
export { lionessDecrypt, lionessEncrypt } from './lioness.ts';
export { hkdfSha256, hmacSha256, sha256 } from './sha256.ts';

export const blake3: Primitives['blake3'] = hashBlake3;

export const hkdfBlake3: Primitives['hkdfBlake3'] = (ikm, salt, info, length) =>
  expand(hashBlake3, extract(hashBlake3, ikm, salt), info, length);
