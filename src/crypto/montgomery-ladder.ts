/**
 * X25519 of a scalar and a point that are both new (RFC 7748 §5): the same steps whatever the scalar, which may be a secret
 * of long standing. Nothing is branched on or looked up by its bits; multiplication of floating-point numbers takes the
 * same time for all of them, as far as a runtime compiles it to what processors have.
 *
 * @module
 */

import {
  add,
  decodeField,
  encodeField,
  exchange,
  fieldElement,
  invert,
  multiply,
  square,
  subtract,
} from './field25519.ts';

/** 32 bytes, all zero for a point of low order. Names as in RFC 7748 §5. */
export function montgomeryLadder(scalar: Uint8Array, u: Uint8Array): Uint8Array {
  const k = clamped(scalar);
  const [x1, x2, z2, x3, z3] = [fieldElement(), fieldElement(1n), fieldElement(), fieldElement(), fieldElement(1n)];
  const [A, AA, B, BB] = [fieldElement(), fieldElement(), fieldElement(), fieldElement()];
  const [C, D, E] = [fieldElement(), fieldElement(), fieldElement()];
  decodeField(x1, u);
  decodeField(x3, u);
  let swap = 0;
  for (let t = 254; t >= 0; t--) {
    const bit = ((k[t >> 3] ?? 0) >> (t & 7)) & 1;
    swap ^= bit;
    exchange(x2, x3, swap);
    exchange(z2, z3, swap);
    swap = bit;

    add(A, x2, z2);
    square(AA, A);
    subtract(B, x2, z2);
    square(BB, B);
    subtract(E, AA, BB);
    add(C, x3, z3);
    subtract(D, x3, z3);
    multiply(D, D, A); // DA
    multiply(C, C, B); // CB
    add(x3, D, C);
    square(x3, x3);
    subtract(z3, D, C);
    square(z3, z3);
    multiply(z3, x1, z3);
    multiply(x2, AA, BB);
    multiply(z2, a24, E);
    add(z2, AA, z2);
    multiply(z2, E, z2);
  }
  exchange(x2, x3, swap);
  exchange(z2, z3, swap);
  invert(z2, z2);
  multiply(x2, x2, z2);
  return encodeField(x2);
}

/** RFC 7748 §5: `decodeScalar25519`. */
export function clamped(scalar: Uint8Array): Uint8Array {
  const k = Uint8Array.from(scalar);
  k[0] = (k[0] ?? 0) & 248;
  k[31] = ((k[31] ?? 0) & 127) | 64;
  return k;
}

const a24 = /* @__PURE__ */ fieldElement(121665n);
