/**
 * The curves of NIST, y² = x³ − 3x + b modulo p, with a prime number n of points (SP 800-186, section 3.2.1): ECDSA, verified,
 * and the agreement of keys.
 *
 * Points are x = X/Z, y = Y/Z; the neutral one has Z = 0. They are added by formulas without exceptions: Renes, Costello and
 * Batina, "Complete addition formulas for prime order elliptic curves" (EUROCRYPT 2016), algorithm 4.
 *
 * BigInt does not compute in constant time. Verification has no secrets; the secret of an agreement lives for one handshake,
 * and is multiplied by the same steps whatever it is.
 */

import { concatBytes } from '../../crypto/bytes.ts';
import type { RandomBytes } from '../../platform/platform.ts';
import { bytesOf, integerOf, power } from './integers.ts';

export type Curve = 'P-256' | 'P-384' | 'P-521';

export interface CurveParameters {
  /** Of a coordinate. */
  readonly bytes: number;
  readonly p: bigint;
  readonly n: bigint;
  readonly b: bigint;
  readonly base: CurvePoint;
}

export interface CurvePoint {
  readonly X: bigint;
  readonly Y: bigint;
  readonly Z: bigint;
}

export const curves: Readonly<Record<Curve, CurveParameters>> = {
  'P-256': {
    bytes: 32,
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    base: {
      X: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      Y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
      Z: 1n,
    },
  },
  'P-384': {
    bytes: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    base: {
      X: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
      Y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
      Z: 1n,
    },
  },
  'P-521': {
    bytes: 66,
    p: 2n ** 521n - 1n,
    n: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    base: {
      X: 0xc6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
      Y: 0x11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
      Z: 1n,
    },
  },
};

/**
 * SEC 1, section 2.3.4: 4 ‖ x ‖ y, or x behind 2 or 3, by whether y is even or odd. `undefined` for what is no point of the
 * curve; the neutral one has no such form.
 */
export function decodePoint(curve: CurveParameters, encoded: Uint8Array): CurvePoint | undefined {
  const { p, b, bytes } = curve;
  const [form] = encoded;
  const isWhole = form === 4 && encoded.length === 1 + 2 * bytes;
  if (!isWhole && !((form === 2 || form === 3) && encoded.length === 1 + bytes)) return undefined;
  const X = integerOf(encoded.subarray(1, 1 + bytes));
  if (X >= p) return undefined;
  const square = modulo(X ** 3n - 3n * X + b, p);
  // Each p is 3 modulo 4.
  const root = power(square, (p + 1n) / 4n, p);
  const Y = isWhole ? integerOf(encoded.subarray(1 + bytes)) : Number(root & 1n) === form - 2 ? root : modulo(-root, p);
  return Y < p && (Y * Y) % p === square ? { X, Y, Z: 1n } : undefined;
}

/** FIPS 186-5, section 6.4.2. `signature` is r and s. */
export function verifyEcdsa(
  curve: CurveParameters,
  publicKey: Uint8Array,
  digest: Uint8Array,
  signature: { readonly r: bigint; readonly s: bigint },
): boolean {
  const { n, p, base, bytes } = curve;
  const { r, s } = signature;
  const key = decodePoint(curve, publicKey);
  if (key === undefined || r <= 0n || r >= n || s <= 0n || s >= n) return false;
  // Of a digest longer than n, the left part; for P-521 there is none.
  const e = integerOf(digest.subarray(0, bytes));
  const inverse = power(s, n - 2n, n);
  const { X, Z } = sumOfMultiples(curve, base, (e * inverse) % n, key, (r * inverse) % n);
  return Z !== 0n && ((X * power(Z, p - 2n, p)) % p) % n === r;
}

/** One key pair. */
export interface Agreement {
  /** Uncompressed. */
  readonly publicKey: Uint8Array;
  /** SP 800-56A, section 5.7.1.2: the x-coordinate; `undefined` where `peer` is no uncompressed point of the curve. */
  agree(peer: Uint8Array): Uint8Array | undefined;
}

export function generateAgreement(curve: CurveParameters, randomBytes: RandomBytes): Agreement {
  const { n, bytes, base } = curve;
  // FIPS 186-5, section A.2.1: with 64 bits more than n has, so that what is taken modulo n − 1 favours nothing.
  const secret = 1n + (integerOf(randomBytes(bytes + 8)) % (n - 1n));
  const own = affine(curve, multiple(curve, base, secret));
  return {
    publicKey: concatBytes(Uint8Array.of(4), bytesOf(own.x, bytes), bytesOf(own.y, bytes)),
    agree(peer) {
      const point = peer[0] === 4 ? decodePoint(curve, peer) : undefined;
      return point && bytesOf(affine(curve, multiple(curve, point, secret)).x, bytes);
    },
  };
}

/** By a scalar that is secret, so that every bit takes two additions. */
function multiple(curve: CurveParameters, point: CurvePoint, scalar: bigint): CurvePoint {
  let sum = neutral;
  for (let bit = BigInt(8 * curve.bytes) - 1n; bit >= 0n; bit--) {
    sum = sumOf(curve, sum, sum);
    const more = sumOf(curve, sum, point);
    if ((scalar >> bit) & 1n) sum = more;
  }
  return sum;
}

/** a·P + b·Q, nothing of it secret. */
function sumOfMultiples(curve: CurveParameters, P: CurvePoint, a: bigint, Q: CurvePoint, b: bigint): CurvePoint {
  const both = sumOf(curve, P, Q);
  let sum = neutral;
  for (let bit = BigInt(8 * curve.bytes) - 1n; bit >= 0n; bit--) {
    sum = sumOf(curve, sum, sum);
    const addend = (a >> bit) & 1n ? ((b >> bit) & 1n ? both : P) : (b >> bit) & 1n ? Q : undefined;
    if (addend !== undefined) sum = sumOf(curve, sum, addend);
  }
  return sum;
}

/** Also of a point with itself, with its negative, and with the neutral point. */
function sumOf({ p, b }: CurveParameters, P: CurvePoint, Q: CurvePoint): CurvePoint {
  const xx = (P.X * Q.X) % p;
  const yy = (P.Y * Q.Y) % p;
  const zz = (P.Z * Q.Z) % p;
  const xy = ((P.X + P.Y) * (Q.X + Q.Y) - xx - yy) % p;
  const yz = ((P.Y + P.Z) * (Q.Y + Q.Z) - yy - zz) % p;
  const xz = ((P.X + P.Z) * (Q.X + Q.Z) - xx - zz) % p;
  const shift = 3n * ((xz - b * zz) % p);
  const [less, more] = [yy - shift, yy + shift];
  const slope = (3n * (b * xz - 3n * zz - xx)) % p;
  const turn = 3n * (xx - zz);
  return {
    X: modulo(xy * more - yz * slope, p),
    Y: modulo(more * less + turn * slope, p),
    Z: modulo(yz * less + xy * turn, p),
  };
}

function affine({ p }: CurveParameters, { X, Y, Z }: CurvePoint): { readonly x: bigint; readonly y: bigint } {
  const inverse = power(Z, p - 2n, p);
  return { x: (X * inverse) % p, y: (Y * inverse) % p };
}

/** From 0 on, as % is not for what is below. */
function modulo(value: bigint, p: bigint): bigint {
  const rest = value % p;
  return rest < 0n ? rest + p : rest;
}

const neutral: CurvePoint = { X: 0n, Y: 1n, Z: 0n };
