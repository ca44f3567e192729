/** Writing ASN.1 in its distinguished encoding (ITU-T X.690): as much of it as certificates need. */

import { concatBytes } from '../crypto/bytes.ts';

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(0x30, ...parts);
}

export function set(...parts: readonly Uint8Array[]): Uint8Array {
  return element(0x31, ...parts);
}

/** An EXPLICIT context tag around an element. */
export function context(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return element(0xa0 | tag, ...parts);
}

/** An IMPLICIT context tag in place of a primitive element's own. */
export function contextPrimitive(tag: number, content: Uint8Array): Uint8Array {
  return element(0x80 | tag, content);
}

export function boolean(value: boolean): Uint8Array {
  return element(0x01, Uint8Array.of(value ? 0xff : 0x00));
}

/** Of an unsigned big-endian magnitude: leading zeros go, and one comes where the sign bit would be set. */
export function integer(magnitude: Uint8Array): Uint8Array {
  const first = magnitude.findIndex(byte => byte !== 0);
  const digits = first < 0 ? Uint8Array.of(0) : magnitude.subarray(first);
  return (digits[0] ?? 0) < 0x80 ? element(0x02, digits) : element(0x02, Uint8Array.of(0), digits);
}

export function bitString(content: Uint8Array, unusedBits = 0): Uint8Array {
  return element(0x03, Uint8Array.of(unusedBits), content);
}

export function octetString(content: Uint8Array): Uint8Array {
  return element(0x04, content);
}

export function utf8String(text: string): Uint8Array {
  return element(0x0c, new TextEncoder().encode(text));
}

/** Of the dotted form. The first two arcs share a number; each number is written in base 128, high digits marked. */
export function oid(dotted: string): Uint8Array {
  const [root = 0, second = 0, ...arcs] = dotted.split('.').map(Number);
  return element(0x06, Uint8Array.from([root * 40 + second, ...arcs].flatMap(base128)));
}

/** UTCTime up to 2049, GeneralizedTime after (RFC 5280, section 4.1.2.5). */
export function time(date: Date): Uint8Array {
  const digits = `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  const utcTime = date.getUTCFullYear() >= 1950 && date.getUTCFullYear() < 2050;
  return utcTime ? element(0x17, ascii(digits.slice(2))) : element(0x18, ascii(digits));
}

function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  return concatBytes(Uint8Array.of(tag), lengthOctets(content.length), content);
}

function lengthOctets(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  if (length < 0x100) return Uint8Array.of(0x81, length);
  if (length < 0x10000) return Uint8Array.of(0x82, length >> 8, length & 0xff);
  throw new RangeError(`an element of ${length} bytes`);
}

function base128(arc: number): number[] {
  const digits = [arc & 0x7f];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
