/**
 * X25519 public keys as points of the Edwards curve, where additions with a table replace the ladder.
 *
 * The map is that of RFC 7748 §4.1, y = (u−1)/(u+1). A u-coordinate stands for a point and its negative; X25519 results do
 * not depend on which, so the even x is taken.
 *
 * @module
 */

import { ed25519 } from '@noble/curves/ed25519.js';

const { Point } = ed25519;
const { Fp } = Point;

export type EdwardsPoint = InstanceType<typeof Point>;

/** Eight times the point of `publicKey`, in the prime subgroup; `undefined` on the twist, or where it would be the neutral point. */
export function eightfoldPoint(publicKey: Uint8Array): EdwardsPoint | undefined {
  const u = decodeU(publicKey);
  const denominator = Fp.add(u, Fp.ONE);
  if (Fp.is0(denominator)) return undefined;
  const y = Fp.div(Fp.sub(u, Fp.ONE), denominator);
  const point = decompress(Fp.toBytes(y));
  if (point === undefined || point.isSmallOrder()) return undefined;
  return Point.fromAffine(point.clearCofactor().toAffine());
}

/** u = (1+y)/(1−y), as 32 bytes, of a point that is not the neutral one. */
export function encodeU(point: EdwardsPoint): Uint8Array {
  return Fp.toBytes(Fp.div(Fp.add(point.Z, point.Y), Fp.sub(point.Z, point.Y)));
}

/** RFC 7748 §5: the top bit is ignored, and a value of p or more is taken modulo p. */
function decodeU(publicKey: Uint8Array): bigint {
  const masked = Uint8Array.from(publicKey);
  masked[31] = (masked[31] ?? 0) & 0x7f;
  return Fp.create(Fp.fromBytes(masked, true));
}

function decompress(encoded: Uint8Array): EdwardsPoint | undefined {
  try {
    return Point.fromBytes(encoded);
  } catch {
    return undefined;
  }
}
