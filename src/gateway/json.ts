/** Fields of a JSON control message, each with its exact type. Unknown fields are ignored, as the reference's reader does. */

import { decodeBase64 } from '../crypto/base64.ts';
import { MixnetError } from '../errors.ts';
import * as limits from '../limits.ts';

/** No control message comes near it: the longest is a bandwidth credential of some kilobytes, written as integers. */
const LONGEST_TEXT = limits.gatewayText;

/** One message, its `type` known to be a string. */
export class JsonMessage {
  readonly type: string;
  readonly #fields: Record<string, unknown>;

  private constructor(type: string, fields: Record<string, unknown>) {
    this.type = type;
    this.#fields = fields;
  }

  static parse(text: string): JsonMessage {
    if (text.length > LONGEST_TEXT) throw malformed('too long');
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw malformed('not JSON');
    }
    if (!isRecord(value) || typeof value['type'] !== 'string') throw malformed('no type');
    return new JsonMessage(value['type'], value);
  }

  has(name: string): boolean {
    const value = this.#fields[name];
    return value !== undefined && value !== null;
  }

  string(name: string): string {
    const value = this.#fields[name];
    if (typeof value !== 'string') throw malformed(name);
    return value;
  }

  boolean(name: string, missing?: boolean): boolean {
    const value = this.#fields[name] ?? missing;
    if (typeof value !== 'boolean') throw malformed(name);
    return value;
  }

  u8(name: string): number {
    return this.#integer(name, 0, 255);
  }

  /** Seconds since 1970, in the reference a u64; beyond 2^53 there is no time. */
  u64(name: string): number {
    return this.#integer(name, 0, Number.MAX_SAFE_INTEGER);
  }

  i64(name: string): number {
    return integer(this.#fields[name], name, -(2 ** 63), 2 ** 63);
  }

  /** A list of integers 0 … 255, as serde writes a `Vec<u8>`. */
  bytes(name: string): Uint8Array {
    const value: unknown = this.#fields[name];
    if (!Array.isArray(value)) throw malformed(name);
    const bytes = new Uint8Array(value.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = integer(value[i], name, 0, 255);
    return bytes;
  }

  /** Standard alphabet, with padding. */
  base64(name: string): Uint8Array {
    try {
      return decodeBase64(this.string(name));
    } catch {
      throw malformed(name);
    }
  }

  /** What is under `name`, to be taken apart by whoever knows it. */
  raw(name: string): unknown {
    return this.#fields[name];
  }

  #integer(name: string, least: number, most: number): number {
    return integer(this.#fields[name], name, least, most);
  }
}

export function integer(value: unknown, name: string, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) throw malformed(name);
  return value;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function malformed(what: string): MixnetError {
  return new MixnetError('ERR_MIX_GATEWAY_MISBEHAVED', { message: `A malformed control message: ${what}.` });
}
