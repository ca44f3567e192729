/** RSA signatures, verified: RFC 8017. Nothing in it is secret, so nothing of it takes care to run in constant time. */

import { concatBytes, equalBytes, xorInto } from '../../crypto/bytes.ts';
import { type HashName, hashes } from './hashes.ts';
import { bitLength, byteLength, bytesOf, bytesOfHex, integerOf, power } from './integers.ts';

export interface RsaKey {
  readonly modulus: bigint;
  readonly exponent: bigint;
}

/** EMSA-PKCS1-v1_5, section 9.2: the DER before the digest, by note 1 there. */
const digestInfo: Record<HashName, string> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

/** Section 8.2.2: what was signed is made anew and compared whole, so that there is nothing to parse leniently. */
export function verifyPkcs1(key: RsaKey, hash: HashName, digest: Uint8Array, signature: Uint8Array): boolean {
  const encoded = encodedMessage(key, signature, byteLength(key.modulus));
  if (encoded === undefined) return false;
  const info = concatBytes(bytesOfHex(digestInfo[hash]), digest);
  const padding = new Uint8Array(encoded.length - info.length - 3).fill(0xff);
  return equalBytes(encoded, concatBytes(Uint8Array.of(0, 1), padding, Uint8Array.of(0), info));
}

/** EMSA-PSS-VERIFY, section 9.1.2, with MGF1 over the same hash and a salt as long as the hash: RFC 8446, section 4.2.3. */
export function verifyPss(key: RsaKey, hash: HashName, digest: Uint8Array, signature: Uint8Array): boolean {
  const bits = bitLength(key.modulus) - 1;
  const encoded = encodedMessage(key, signature, Math.ceil(bits / 8));
  if (encoded === undefined) return false;
  const hashBytes = digest.length;
  const maskedBytes = encoded.length - hashBytes - 1;
  // Steps 3 to 6.
  const unused = 8 * encoded.length - bits;
  if (maskedBytes < hashBytes + 1 || encoded.at(-1) !== 0xbc || (encoded[0] ?? 0) >> (8 - unused) !== 0) return false;
  const h = encoded.subarray(maskedBytes, maskedBytes + hashBytes);
  const block = encoded.slice(0, maskedBytes);
  // Steps 7 to 11.
  xorInto(block, mgf1(hash, h, maskedBytes));
  block[0] = (block[0] ?? 0) & (0xff >> unused);
  const salt = block.subarray(maskedBytes - hashBytes);
  const expected = new Uint8Array(maskedBytes - hashBytes);
  expected[expected.length - 1] = 1;
  if (!equalBytes(block.subarray(0, maskedBytes - hashBytes), expected)) return false;
  // Steps 12 to 14.
  return equalBytes(h, hashes[hash](concatBytes(new Uint8Array(8), digest, salt)));
}

/** RSAVP1, section 5.2.2, and the integer as `length` bytes; `undefined` where it is out of range. */
function encodedMessage({ modulus, exponent }: RsaKey, signature: Uint8Array, length: number): Uint8Array | undefined {
  const integer = integerOf(signature);
  if (signature.length !== byteLength(modulus) || integer >= modulus) return undefined;
  const encoded = power(integer, exponent, modulus);
  return byteLength(encoded) > length ? undefined : bytesOf(encoded, length);
}

/** Section B.2.1. */
function mgf1(hash: HashName, seed: Uint8Array, length: number): Uint8Array {
  const mask = new Uint8Array(length);
  const counter = new Uint8Array(4);
  for (let at = 0; at < length; ) {
    const block = hashes[hash](concatBytes(seed, counter));
    mask.set(block.subarray(0, length - at), at);
    at += block.length;
    counter[3] = (counter[3] ?? 0) + 1;
  }
  return mask;
}
