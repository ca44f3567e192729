/**
 * Points of the Edwards curve −x² + y² = 1 + dx²y², which can be added: of Ed25519, and of X25519 public keys.
 *
 * The map of the latter is that of RFC 7748 §4.1, y = (u−1)/(u+1). A u-coordinate stands for a point and its negative; X25519
 * results do not depend on which, so either x will do. Coordinates and formulas are those of RFC 8032 §5.1.4, letter by letter.
 *
 * @module
 */

import { equalBytes } from './bytes.ts';
import {
  add,
  decodeField,
  encodeField,
  exchange,
  type FieldElement,
  fieldElement,
  invert,
  multiply,
  power252,
  square,
  subtract,
} from './field25519.ts';

/** x = X/Z, y = Y/Z, x·y = T/Z. */
export interface EdwardsPoint {
  readonly X: FieldElement;
  readonly Y: FieldElement;
  readonly Z: FieldElement;
  readonly T: FieldElement;
}

/** A point as it is added to others. Without `twiceZ` it is an affine one, whose Z is 1. */
export interface Addend {
  /** Y + X, Y − X, 2d·T, 2·Z. */
  readonly plus: FieldElement;
  readonly minus: FieldElement;
  readonly twiceDT: FieldElement;
  readonly twiceZ?: FieldElement;
}

export function neutralPoint(): EdwardsPoint {
  return { X: fieldElement(), Y: fieldElement(1n), Z: fieldElement(1n), T: fieldElement() };
}

/** Eight times the point of `publicKey`, in the prime subgroup; `undefined` on the twist, or where it would be the neutral point. */
export function eightfoldPoint(publicKey: Uint8Array): EdwardsPoint | undefined {
  const [u, uMinus1, uPlus1] = [fieldElement(), fieldElement(), fieldElement()];
  decodeField(u, publicKey);
  subtract(uMinus1, u, one);
  add(uPlus1, u, one);
  const x = xOf(u, uMinus1, uPlus1);
  if (x === undefined) return undefined;
  const point = neutralPoint();
  multiply(point.X, x, uPlus1);
  multiply(point.Y, uMinus1, one);
  multiply(point.Z, uPlus1, one);
  multiply(point.T, x, uMinus1);
  timesEight(point);
  return isZero(point.X) ? undefined : point;
}

/** RFC 8032 §5.1.3; `undefined` for what is not the one encoding of a point. */
export function decodePoint(bytes: Uint8Array): EdwardsPoint | undefined {
  const point = neutralPoint();
  const [n, v] = [fieldElement(), fieldElement()];
  decodeField(point.Y, bytes);
  square(n, point.Y);
  multiply(v, n, d);
  subtract(n, n, one);
  add(v, v, one);
  const x = rootOfRatio(n, v);
  if (x === undefined) return undefined;
  subtract(point.X, fieldElement(), x);
  exchange(point.X, x, isOdd(x) === (bytes[31] ?? 0) >> 7 ? 1 : 0);
  multiply(point.T, point.X, point.Y);
  return equalBytes(encodePoint(point), bytes) ? point : undefined;
}

/** RFC 8032 §5.1.2. */
export function encodePoint({ X, Y, Z }: EdwardsPoint): Uint8Array {
  invert(A, Z);
  multiply(B, X, A);
  multiply(A, Y, A);
  const bytes = encodeField(A);
  bytes[31] = (bytes[31] ?? 0) | (isOdd(B) << 7);
  return bytes;
}

/** u = (1+y)/(1−y), as 32 bytes, of a point that is not the neutral one. */
export function encodeU({ Y, Z }: EdwardsPoint): Uint8Array {
  add(A, Z, Y);
  subtract(B, Z, Y);
  invert(B, B);
  multiply(A, A, B);
  return encodeField(A);
}

/** point += addend, or −= where `negative`: the negative of a point has plus and minus exchanged, and the other sign of T. */
export function addTo({ X, Y, Z, T }: EdwardsPoint, addend: Addend, negative = false): void {
  const { plus, minus, twiceDT, twiceZ } = addend;
  subtract(A, Y, X);
  multiply(A, A, negative ? plus : minus);
  add(B, Y, X);
  multiply(B, B, negative ? minus : plus);
  multiply(C, T, twiceDT);
  if (twiceZ === undefined) add(D, Z, Z);
  else multiply(D, Z, twiceZ);
  subtract(E, B, A);
  subtract(negative ? G : F, D, C);
  add(negative ? F : G, D, C);
  add(H, B, A);
  multiply(X, E, F);
  multiply(Y, G, H);
  multiply(T, E, H);
  multiply(Z, F, G);
}

export function double({ X, Y, Z, T }: EdwardsPoint): void {
  square(A, X);
  square(B, Y);
  square(C, Z);
  add(C, C, C);
  add(H, A, B);
  add(E, X, Y);
  square(E, E);
  subtract(E, H, E);
  subtract(G, A, B);
  add(F, C, G);
  multiply(X, E, F);
  multiply(Y, G, H);
  multiply(T, E, H);
  multiply(Z, F, G);
}

/** In place: what is left is in the prime subgroup. */
function timesEight(point: EdwardsPoint): void {
  for (let i = 0; i < 3; i++) double(point);
}

export function copyPoint(to: EdwardsPoint, from: EdwardsPoint): void {
  to.X.set(from.X);
  to.Y.set(from.Y);
  to.Z.set(from.Z);
  to.T.set(from.T);
}

export function affineAddend(): Addend {
  return { plus: fieldElement(), minus: fieldElement(), twiceDT: fieldElement() };
}

/** The addend becomes the point with these coordinates. */
export function setAffine({ plus, minus, twiceDT }: Addend, x: FieldElement, y: FieldElement): void {
  add(plus, y, x);
  subtract(minus, y, x);
  multiply(twiceDT, x, y);
  multiply(twiceDT, twiceDT, twiceD);
}

/** The point as an addend. */
export function addendOf({ X, Y, Z, T }: EdwardsPoint): Addend {
  const addend = { plus: fieldElement(), minus: fieldElement(), twiceDT: fieldElement(), twiceZ: fieldElement() };
  add(addend.plus, Y, X);
  subtract(addend.minus, Y, X);
  multiply(addend.twiceDT, T, twiceD);
  add(addend.twiceZ, Z, Z);
  return addend;
}

/** x² = (y²−1)/(dy²+1) = −4u/(d(u−1)² + (u+1)²) has two roots, or none on the twist. */
function xOf(u: FieldElement, uMinus1: FieldElement, uPlus1: FieldElement): FieldElement | undefined {
  const [n, v] = [fieldElement(), fieldElement()];
  multiply(n, u, minus4);
  square(v, uMinus1);
  multiply(v, v, d);
  square(A, uPlus1);
  add(v, v, A);
  return rootOfRatio(n, v);
}

/** One of the roots of n/v, if there are any: RFC 8032 §5.1.3, n·v³·(n·v⁷)^((p−5)/8), or that times √−1. */
function rootOfRatio(n: FieldElement, v: FieldElement): FieldElement | undefined {
  const [x, check] = [fieldElement(), fieldElement()];
  square(A, v);
  multiply(A, A, v); // v³
  square(B, A);
  multiply(B, B, v);
  multiply(B, B, n); // n·v⁷
  power252(x, B);
  multiply(x, x, n);
  multiply(x, x, A);
  square(check, x);
  multiply(check, check, v);
  subtract(A, check, n);
  if (isZero(A)) return x;
  add(A, check, n);
  multiply(x, x, rootOfMinus1);
  return isZero(A) ? x : undefined;
}

function isOdd(a: FieldElement): number {
  return (encodeField(a)[0] ?? 0) & 1;
}

function isZero(a: FieldElement): boolean {
  return encodeField(a).every(byte => byte === 0);
}

const one = /* @__PURE__ */ fieldElement(1n);
const minus4 = /* @__PURE__ */ fieldElement(2n ** 255n - 23n);
/** RFC 8032 §5.1. */
const d = /* @__PURE__ */ fieldElement(37095705934669439343138083508754565189542113879843219016388785533085940283555n);
const twiceD =
  /* @__PURE__ */ fieldElement(16295367250680780974490674513165176452449235426866156013048779062215315747161n);
const rootOfMinus1 =
  /* @__PURE__ */ fieldElement(19681161376707505956807079304988542015446066515923890162744021073123829784752n);
// Room to work in, used anew by every function that needs no other of this file meanwhile.
const A = /* @__PURE__ */ fieldElement();
const B = /* @__PURE__ */ fieldElement();
const C = /* @__PURE__ */ fieldElement();
const D = /* @__PURE__ */ fieldElement();
const E = /* @__PURE__ */ fieldElement();
const F = /* @__PURE__ */ fieldElement();
const G = /* @__PURE__ */ fieldElement();
const H = /* @__PURE__ */ fieldElement();
