/** The pseudorandom function of TLS 1.2: RFC 5246, section 5, with the hash of the cipher suite. */

import { concatBytes } from '../../crypto/bytes.ts';
import { type Hash, hmac } from '../../crypto/hash.ts';
import { ascii } from './wire.ts';

export function prf(hash: Hash, secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array {
  const labelled = concatBytes(ascii(label), seed);
  const output = new Uint8Array(length);
  let a: Uint8Array = labelled;
  for (let at = 0; at < length; at += hash.digestBytes) {
    a = hmac(hash, secret, a);
    output.set(hmac(hash, secret, concatBytes(a, labelled)).subarray(0, length - at), at);
  }
  return output;
}
