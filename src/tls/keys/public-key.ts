/** Public keys of certificates, of the kinds that are accepted, and the signatures that they verify. */

import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { type HashName, hashes } from './hashes.ts';
import { type RsaKey, verifyPkcs1, verifyPss } from './rsa.ts';

export type PublicKey =
  | ({ readonly type: 'rsa' } & RsaKey)
  | { readonly type: 'ecdsa'; readonly curve: Curve; readonly point: Uint8Array }
  | { readonly type: 'ed25519'; readonly key: Uint8Array };

export type Curve = 'P-256' | 'P-384' | 'P-521';

/** How something is signed. */
export type SignatureScheme =
  | { readonly type: 'rsa'; readonly padding: 'pkcs1' | 'pss'; readonly hash: HashName }
  | { readonly type: 'ecdsa'; readonly hash: HashName }
  | { readonly type: 'ed25519' };

export const curves = { 'P-256': p256, 'P-384': p384, 'P-521': p521 } as const;

/** False too for a key of another type than the scheme's, and for whatever is no signature; never throws. */
export function verifySignature(
  scheme: SignatureScheme,
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    if (scheme.type === 'rsa' && key.type === 'rsa') {
      const verify = scheme.padding === 'pss' ? verifyPss : verifyPkcs1;
      return verify(key, scheme.hash, hashes[scheme.hash](message), signature);
    }
    if (scheme.type === 'ecdsa' && key.type === 'ecdsa') {
      const digest = hashes[scheme.hash](message);
      // Both of the two equivalent signatures are valid here: only some currencies demand the one with the low s.
      return curves[key.curve].verify(signature, digest, key.point, { format: 'der', prehash: false, lowS: false });
    }
    if (scheme.type === 'ed25519' && key.type === 'ed25519') {
      return ed25519.verify(signature, message, key.key, { zip215: false });
    }
    return false;
  } catch {
    return false;
  }
}
