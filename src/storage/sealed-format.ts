/** Records under a passphrase, as bytes. */

import { sha256 } from '#crypto';
import { ByteReader, concatBytes, equalBytes } from '../crypto/bytes.ts';
import { unreadable } from './storage.ts';

export interface SealedRecord {
  /** scrypt's N is two to this power; r is 8 and p is 1. */
  readonly logN: number;
  /** 16 bytes. */
  readonly salt: Uint8Array;
  /** 24 bytes. */
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
}

const MAGIC = Uint8Array.from([...'seal'], character => character.charCodeAt(0));
const VERSION = 1;
const CHECKSUM_BYTES = 8;
/** A file must not make its reader take a gigabyte or an hour: N = 2^18 takes 256 MB. */
export const SCRYPT_LOG_N = { least: 10, most: 18 };

/**
 * | bytes | what |
 * |---|---|
 * | 4 | `seal` |
 * | 1 | version, 1 |
 * | 1 | log2 of scrypt's N (RFC 7914) |
 * | 16 | salt |
 * | 24 | nonce |
 * | … | XChaCha20-Poly1305 of the record under the 32 bytes of scrypt, 16 bytes longer than it |
 * | 8 | the first bytes of the SHA-256 of all before |
 *
 * The checksum is no secret: it tells a damaged file from a wrong passphrase.
 */
export function encodeSealed({ logN, salt, nonce, ciphertext }: SealedRecord): Uint8Array {
  const content = concatBytes(headerOf(logN), salt, nonce, ciphertext);
  return concatBytes(content, checksumOf(content));
}

/** Throws ERR_MIX_STORAGE_UNREADABLE. */
export function decodeSealed(bytes: Uint8Array): SealedRecord {
  const damaged = () => unreadable('What is stored under a passphrase is damaged.');
  const reader = new ByteReader(bytes, damaged);
  if (!isSealed(bytes)) throw unreadable('What is stored is not sealed by a passphrase.');
  reader.bytes(MAGIC.length);
  const version = reader.u8();
  if (version > VERSION) throw unreadable(`What is stored is of a newer version of this package (format ${version}).`);
  const end = bytes.length - CHECKSUM_BYTES;
  if (version !== VERSION || end < 0 || !equalBytes(checksumOf(bytes.subarray(0, end)), bytes.subarray(end))) {
    throw damaged();
  }
  const logN = reader.u8();
  if (logN < SCRYPT_LOG_N.least || logN > SCRYPT_LOG_N.most) throw damaged();
  const [salt, nonce] = [reader.bytes(16), reader.bytes(24)];
  if (reader.remaining < 16 + CHECKSUM_BYTES) throw damaged();
  return { logN, salt, nonce, ciphertext: reader.bytes(reader.remaining - CHECKSUM_BYTES) };
}

export function isSealed(bytes: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, MAGIC.length), MAGIC);
}

/** What a ciphertext belongs to: it does not open in another place. */
export function associatedData(logN: number, salt: Uint8Array, name: string): Uint8Array {
  return concatBytes(headerOf(logN), salt, new TextEncoder().encode(name));
}

function headerOf(logN: number): Uint8Array {
  return concatBytes(MAGIC, Uint8Array.of(VERSION, logN));
}

function checksumOf(content: Uint8Array): Uint8Array {
  return sha256(content).subarray(0, CHECKSUM_BYTES);
}
