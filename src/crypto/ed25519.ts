/** Ed25519: RFC 8032 §5.1. Secret scalars are multiplied by the same steps whatever they are; what is verified is public. */

import { edwardsBasePoint } from './base-point.ts';
import { concatBytes, equalBytes } from './bytes.ts';
import { addendOf, addTo, decodePoint, double, type EdwardsPoint, encodePoint, neutralPoint } from './edwards.ts';
import { exchange } from './field25519.ts';
import { clamped } from './montgomery-ladder.ts';
import { ELL, littleEndian } from './scalar-product.ts';
import { sha512 } from './sha512.ts';

/** §5.1.5 */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  return encodePoint(baseMultiple(expanded(seed).scalar));
}

/** §5.1.6 */
export function sign(message: Uint8Array, seed: Uint8Array): Uint8Array {
  const { scalar, prefix } = expanded(seed);
  const publicKey = encodePoint(baseMultiple(scalar));
  const nonce = reduced(sha512(concatBytes(prefix, message)));
  const R = encodePoint(baseMultiple(littleEndian(nonce)));
  const k = reduced(sha512(concatBytes(R, publicKey, message)));
  return concatBytes(R, littleEndian((nonce + k * integerOf(scalar)) % ELL));
}

/** §5.1.7, without the cofactor, as OpenSSL does. False for a signature or key of another length. */
export function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  const point = pointOf(publicKey);
  if (signature.length !== 64 || point === undefined) return false;
  const [R, S] = [signature.subarray(0, 32), signature.subarray(32)];
  if (integerOf(S) >= ELL) return false;
  const k = littleEndian(reduced(sha512(concatBytes(R, publicKey, message))));
  const sum = neutralPoint();
  const [base, key] = [addendOf(edwardsBasePoint()), addendOf(point)];
  for (let bit = 252; bit >= 0; bit--) {
    double(sum);
    if (bitOf(S, bit) === 1) addTo(sum, base);
    if (bitOf(k, bit) === 1) addTo(sum, key, true);
  }
  return equalBytes(encodePoint(sum), R);
}

/** Whether that is the one encoding of a point of the curve. */
export function isPoint(bytes: Uint8Array): boolean {
  return pointOf(bytes) !== undefined;
}

function pointOf(bytes: Uint8Array): EdwardsPoint | undefined {
  return bytes.length === 32 ? decodePoint(bytes) : undefined;
}

function expanded(seed: Uint8Array): { readonly scalar: Uint8Array; readonly prefix: Uint8Array } {
  const hash = sha512(seed);
  return { scalar: clamped(hash.subarray(0, 32)), prefix: hash.subarray(32) };
}

/** By the same steps whatever the scalar: every bit adds a point, the neutral one for 0. */
function baseMultiple(scalar: Uint8Array): EdwardsPoint {
  const sum = neutralPoint();
  // Their Z is 1 alike, and need not be exchanged.
  const [next, other] = [addendOf(neutralPoint()), addendOf(edwardsBasePoint())];
  let swap = 0;
  for (let at = 254; at >= 0; at--) {
    const bit = bitOf(scalar, at);
    swap ^= bit;
    exchange(next.plus, other.plus, swap);
    exchange(next.minus, other.minus, swap);
    exchange(next.twiceDT, other.twiceDT, swap);
    swap = bit;
    double(sum);
    addTo(sum, next);
  }
  return sum;
}

function bitOf(scalar: Uint8Array, bit: number): number {
  return ((scalar[bit >> 3] ?? 0) >> (bit & 7)) & 1;
}

function reduced(hash: Uint8Array): bigint {
  return integerOf(hash) % ELL;
}

function integerOf(littleEndianBytes: Uint8Array): bigint {
  return littleEndianBytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}
