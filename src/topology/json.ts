/** Values of a directory answer, each with its exact type and a limit; whatever does not fit is ERR_MIX_DIRECTORY_MALFORMED. */

import { decodeBase58 } from '../crypto/base58.ts';
import { MixnetError } from '../errors.ts';

export type JsonRecord = Readonly<Record<string, unknown>>;

const U32_MAX = 2 ** 32 - 1;
const U16_MAX = 2 ** 16 - 1;

export function record(value: unknown, what: string): JsonRecord {
  if (!isRecord(value)) throw malformed(what);
  return value;
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function list(value: unknown, what: string, most: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > most) throw malformed(what);
  return value;
}

export function text(value: unknown, what: string, longest: number): string {
  if (typeof value !== 'string' || value.length > longest) throw malformed(what);
  return value;
}

export function u16(value: unknown, what: string): number {
  return integer(value, what, U16_MAX);
}

export function u32(value: unknown, what: string): number {
  return integer(value, what, U32_MAX);
}

export function integer(value: unknown, what: string, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) throw malformed(what);
  return value;
}

/** A 32-byte key in base58. */
export function key(value: unknown, what: string): Uint8Array {
  const bytes = typeof value === 'string' ? decodeBase58(value, 32) : undefined;
  if (bytes === undefined) throw malformed(what);
  return bytes;
}

/** Rust's `Duration`, in milliseconds. */
export function duration(value: unknown, what: string): number {
  const { secs, nanos } = record(value, what);
  return integer(secs, what, U32_MAX) * 1_000 + integer(nanos, what, 999_999_999) / 1_000_000;
}

export function malformed(what: string): MixnetError {
  return new MixnetError('ERR_MIX_DIRECTORY_MALFORMED', { message: `The directory's answer has a wrong ${what}.` });
}
