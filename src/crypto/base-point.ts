import { decodePoint, type EdwardsPoint } from './edwards.ts';
import { expectLength, type FixedPoint, type Primitives } from './primitives.ts';
import { scalarProduct } from './scalar-product.ts';

/** RFC 8032 §5.1: its y is 4/5, its x is even. */
export function edwardsBasePoint(): EdwardsPoint {
  const point = decodePoint(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0x58 : 0x66)));
  if (point === undefined) throw new Error('the base point is on the curve');
  return point;
}

/** RFC 7748 §4.1: the u-coordinate of the same point, 9. */
export const baseCoordinate: Uint8Array = /* @__PURE__ */ Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0));

/** Multiples of it as those of any point that is used often: the first ones need not wait for a table. */
export function ephemeralKeysBy(fixedPoint: Primitives['fixedPoint']): Primitives['ephemeralPublicKey'] {
  let point: FixedPoint | undefined;
  return secretKey => {
    expectLength('secret key', secretKey, 32);
    point ??= fixedPoint(baseCoordinate);
    if (point === undefined) throw new Error('the base point is on the curve');
    return point.multiply(scalarProduct(secretKey));
  };
}
