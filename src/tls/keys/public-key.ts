/** Public keys of certificates, of the kinds that are accepted, and the signatures that they verify. */

import { ed25519Verify } from '#crypto';
import { sequenceOf } from '../x509/der.ts';
import { type HashName, hashes } from './hashes.ts';
import { integerOf } from './integers.ts';
import { type Curve, curves, verifyEcdsa } from './nist-curves.ts';
import { type RsaKey, verifyPkcs1, verifyPss } from './rsa.ts';

export type PublicKey =
  | ({ readonly type: 'rsa' } & RsaKey)
  | { readonly type: 'ecdsa'; readonly curve: Curve; readonly point: Uint8Array }
  | { readonly type: 'ed25519'; readonly key: Uint8Array };

/** How something is signed. */
export type SignatureScheme =
  | { readonly type: 'rsa'; readonly padding: 'pkcs1' | 'pss'; readonly hash: HashName }
  | { readonly type: 'ecdsa'; readonly hash: HashName }
  | { readonly type: 'ed25519' };

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
      return verifyEcdsa(curves[key.curve], key.point, hashes[scheme.hash](message), integersOf(signature));
    }
    if (scheme.type === 'ed25519' && key.type === 'ed25519') {
      return ed25519Verify(signature, message, key.key);
    }
    return false;
  } catch {
    return false;
  }
}

/** RFC 3279, section 2.2.3: a sequence of r and s. @throws CertificateError for what is none. */
function integersOf(signature: Uint8Array): { r: bigint; s: bigint } {
  const reader = sequenceOf(signature);
  const [r, s] = [integerOf(reader.unsigned()), integerOf(reader.unsigned())];
  reader.end();
  return { r, s };
}
