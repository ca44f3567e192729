/** What a client keeps of the messages that have come for it: enough to know one that comes again after a restart. */

import { sha256 } from '#crypto';
import { ByteReader, concatBytes, equalBytes } from '../crypto/bytes.ts';
import * as limits from '../limits.ts';
import { unreadable } from './storage.ts';

const MAGIC = Uint8Array.from([...'mixr'], character => character.charCodeAt(0));
const VERSION = 1;
const CHECKSUM_BYTES = 8;
const SET_BYTES = 4;
/** More are kept by nobody: what comes again does so within minutes. */
export const MAX_RECEIVED_SETS = limits.storedSets;

/**
 * Integers are big-endian.
 *
 * | bytes | what |
 * |---|---|
 * | 4 | `mixr` |
 * | 1 | version, 1 |
 * | 4 × n | numbers of the sets of fragments that were finished last, oldest first |
 * | 8 | the first bytes of the SHA-256 of all before |
 */
export function encodeReceivedRecord(sets: readonly number[]): Uint8Array {
  const numbers = new DataView(new ArrayBuffer(SET_BYTES * sets.length));
  for (const [i, set] of sets.entries()) numbers.setInt32(SET_BYTES * i, set);
  const content = concatBytes(MAGIC, Uint8Array.of(VERSION), new Uint8Array(numbers.buffer));
  return concatBytes(content, checksumOf(content));
}

/** Throws ERR_MIX_STORAGE_UNREADABLE. */
export function decodeReceivedRecord(bytes: Uint8Array): number[] {
  const damaged = () => unreadable('What is stored of the messages that have come is damaged.');
  const reader = new ByteReader(bytes, damaged);
  if (!equalBytes(reader.bytes(MAGIC.length), MAGIC)) throw damaged();
  const version = reader.u8();
  if (version > VERSION) throw unreadable(`What is stored is of a newer version of this package (format ${version}).`);
  const end = bytes.length - CHECKSUM_BYTES;
  if (version !== VERSION || end < 0 || !equalBytes(checksumOf(bytes.subarray(0, end)), bytes.subarray(end))) {
    throw damaged();
  }
  const count = (reader.remaining - CHECKSUM_BYTES) / SET_BYTES;
  if (!Number.isInteger(count)) throw damaged();
  return Array.from({ length: count }, () => reader.u32() | 0);
}

function checksumOf(content: Uint8Array): Uint8Array {
  return sha256(content).subarray(0, CHECKSUM_BYTES);
}
