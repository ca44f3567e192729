/**
 * A chain of X25519 multiplications as one.
 *
 * Sphinx blinds its group element hop by hop, and Nym does so with whole X25519 calls (`nymtech/sphinx
 * src/header/keys.rs`): the secret of hop i is X(bᵢ₋₁, … X(b₀, X(x, Y))). X25519 is multiplication of the point's
 * u-coordinate by an integer, the clamped scalar, so the chain is u(N·Y) with the integer product N of all clamped scalars.
 *
 * Clamped scalars are multiples of eight, the cofactor. Hence N·Y = (N/8)·(8Y), and since 8Y lies in the subgroup of prime
 * order ℓ, only N/8 mod ℓ matters, also for keys with a component of small order. This holds on the curve and not on its twist.
 *
 * The arithmetic is on BigInt, not in constant time; each scalar lives for one packet.
 *
 * @module
 */

/** N/8 mod ℓ for a product N of clamped scalars; never 0. */
export type ScalarProduct = bigint & { readonly [product]: true };

declare const product: unique symbol;

/** RFC 8032 §5.1: the order of the prime subgroup. */
export const ELL = 2n ** 252n + 27742317777372353535851937790883648493n;

/** A chain of one scalar: 32 bytes, clamped here. */
export function scalarProduct(scalar: Uint8Array): ScalarProduct {
  return ((clamped(scalar) >> 3n) % ELL) as ScalarProduct;
}

/** The chain with one more scalar. */
export function timesScalar(product: ScalarProduct, scalar: Uint8Array): ScalarProduct {
  return ((product * clamped(scalar)) % ELL) as ScalarProduct;
}

/**
 * The one scalar whose X25519 gives the same as the whole chain, and that clamping leaves as it is.
 *
 * Clamped scalars are the multiples of 8 in [2²⁵⁴, 2²⁵⁵). With m = N/8 mod ℓ, both 8m and 8(ℓ−m) will do, for u does not
 * change with the sign of a point; ℓ being just above 2²⁵², one of the two is in the range, except for 2¹²⁵ of 2²⁵² values.
 */
export function clampedRepresentative(product: ScalarProduct): Uint8Array {
  const least = 2n ** 251n;
  const eighth = product >= least ? product : ELL - product;
  return littleEndian(eighth << 3n);
}

/** RFC 7748 §5: `decodeScalar25519`. */
function clamped(scalar: Uint8Array): bigint {
  if (scalar.length !== 32) throw new RangeError(`scalar of ${scalar.length} bytes, expected 32`);
  room.set(scalar);
  const low = words.getBigUint64(0, true) & ~7n;
  const high = (words.getBigUint64(24, true) & 0x3fff_ffff_ffff_ffffn) | 0x4000_0000_0000_0000n;
  return low | (words.getBigUint64(8, true) << 64n) | (words.getBigUint64(16, true) << 128n) | (high << 192n);
}

/** 32 bytes. */
export function littleEndian(value: bigint): Uint8Array {
  // Each takes the lowest 64 bits.
  words.setBigUint64(0, value, true);
  words.setBigUint64(8, value >> 64n, true);
  words.setBigUint64(16, value >> 128n, true);
  words.setBigUint64(24, value >> 192n, true);
  return room.slice();
}

// Room to work in: to make a view takes longer than to use it.
const room = /* @__PURE__ */ new Uint8Array(32);
const words = /* @__PURE__ */ new DataView(room.buffer);
