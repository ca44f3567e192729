/**
 * The cipher suites: RFC 8446, appendix B.4, and of TLS 1.2 those with an ephemeral key and authenticated encryption (RFC
 * 5289, RFC 7905). ChaCha20-Poly1305 comes first: it is the faster one in JavaScript, and has no tables to leak through.
 */

import type { AuthenticatedCipher } from '../../crypto/aead.ts';
import { Aes } from '../../crypto/aes.ts';
import { chacha20Poly1305 } from '../../crypto/chacha20-poly1305.ts';
import { aesGcmBy } from '../../crypto/gcm.ts';
import type { Hash } from '../../crypto/hash.ts';
import { sha256 } from '../../crypto/sha256.ts';
import { sha384 } from '../../crypto/sha512.ts';
import { versions } from './codes.ts';

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

const gcm = aesGcmBy((key, counter, data) => new Aes(key).applyCounter(counter, data));
const aes128: Aead = { ...gcm, keyBytes: 16, fixedNonceBytes: 4 };
const aes256: Aead = { ...gcm, keyBytes: 32, fixedNonceBytes: 4 };
const chacha: Aead = { ...chacha20Poly1305, keyBytes: 32, fixedNonceBytes: 12 };

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
