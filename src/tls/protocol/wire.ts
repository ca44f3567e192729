/** The presentation language of RFC 8446, section 3: big-endian integers, and vectors behind their length. */

import { ByteReader, concatBytes } from '../../crypto/bytes.ts';
import { TlsError } from './alert.ts';

/** Running past the end is a decode_error. */
export function wireReader(bytes: Uint8Array): ByteReader {
  return new ByteReader(bytes, tooShort);
}

/** Bytes left over are an error as well. */
export function ended(reader: ByteReader): void {
  if (reader.remaining > 0) throw new TlsError('decode_error', 'a message is longer than what it holds');
}

/** `opaque x<0..2^8-1>` and its longer kin: views, not copies. */
export function vector8(reader: ByteReader): Uint8Array {
  return reader.bytes(reader.u8());
}

export function vector16(reader: ByteReader): Uint8Array {
  return reader.bytes(reader.u16());
}

export function vector24(reader: ByteReader): Uint8Array {
  return reader.bytes(uint24(reader));
}

export function uint24(reader: ByteReader): number {
  return (reader.u8() << 16) | reader.u16();
}

export function u8(value: number): Uint8Array {
  return Uint8Array.of(value);
}

export function u16(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap(value => [value >> 8, value & 0xff]));
}

export function u24(value: number): Uint8Array {
  return Uint8Array.of(value >> 16, (value >> 8) & 0xff, value & 0xff);
}

export function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

export function prefixed8(...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  return concatBytes(u8(content.length), content);
}

export function prefixed16(...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  return concatBytes(u16(content.length), content);
}

export function prefixed24(...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  return concatBytes(u24(content.length), content);
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0));
}

function tooShort(): TlsError {
  return new TlsError('decode_error', 'a message is shorter than what it holds');
}
