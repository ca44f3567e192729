/**
 * The cipher suites: RFC 8446, appendix B.4, and of TLS 1.2 those with an ephemeral key and authenticated encryption (RFC
 * 5289, RFC 7905). ChaCha20-Poly1305 comes first: it is the faster one in JavaScript, and has no tables to leak through.
 */

import { ctr } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { sha256, sha384 } from '@noble/hashes/sha2.js';
import type { CHash } from '@noble/hashes/utils.js';
import { type AuthenticatedCipher, aesGcmBy } from '../../crypto/gcm.ts';
import { versions } from './codes.ts';

export type Hash = CHash;

export interface Aead extends AuthenticatedCipher {
  readonly keyBytes: number;
  /** In TLS 1.2, what of the nonce is derived; the rest goes with each record (RFC 5288, section 3; RFC 7905, section 2). */
  readonly fixedNonceBytes: 4 | 12;
}

/** RFC 5116, section 5: the tag of every AEAD here. */
export const TAG_BYTES = 16;
export const NONCE_BYTES = 12;

export interface CipherSuite {
  readonly id: number;
  readonly version: number;
  readonly aead: Aead;
  readonly hash: Hash;
  /** What the server signs with, where the suite says so: TLS 1.2. */
  readonly signer?: 'ecdsa' | 'rsa';
}

const gcm = aesGcmBy((key, counter, data) => ctr(key, counter).encrypt(data));
const aes128: Aead = { ...gcm, keyBytes: 16, fixedNonceBytes: 4 };
const aes256: Aead = { ...gcm, keyBytes: 32, fixedNonceBytes: 4 };
const chacha: Aead = { seal: sealByChacha, open: openByChacha, keyBytes: 32, fixedNonceBytes: 12 };

/** In the order in which they are offered. */
export const cipherSuites: readonly CipherSuite[] = [
  { id: 0x1303, version: versions.tls13, aead: chacha, hash: sha256 },
  { id: 0x1301, version: versions.tls13, aead: aes128, hash: sha256 },
  { id: 0x1302, version: versions.tls13, aead: aes256, hash: sha384 },
  { id: 0xcca9, version: versions.tls12, aead: chacha, hash: sha256, signer: 'ecdsa' },
  { id: 0xcca8, version: versions.tls12, aead: chacha, hash: sha256, signer: 'rsa' },
  { id: 0xc02b, version: versions.tls12, aead: aes128, hash: sha256, signer: 'ecdsa' },
  { id: 0xc02f, version: versions.tls12, aead: aes128, hash: sha256, signer: 'rsa' },
  { id: 0xc02c, version: versions.tls12, aead: aes256, hash: sha384, signer: 'ecdsa' },
  { id: 0xc030, version: versions.tls12, aead: aes256, hash: sha384, signer: 'rsa' },
];

function sealByChacha(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array {
  return chacha20poly1305(key, nonce, associated).encrypt(plain);
}

function openByChacha(
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  try {
    return chacha20poly1305(key, nonce, associated).decrypt(sealed);
  } catch {
    return undefined;
  }
}
