/** What a client keeps: who it is, and its registration with its gateway. Neither pseudonyms nor reply blocks. */

import { sha256 } from '#crypto';
import { ByteReader, concatBytes, equalBytes } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';
import type { Milliseconds } from '../platform/platform.ts';
import { isSealed } from './sealed-format.ts';
import { unreadable } from './storage.ts';

export interface ClientRecord {
  /** Ed25519, 32 bytes. */
  readonly identitySeed: Uint8Array;
  /** X25519, 32 bytes. */
  readonly encryptionSecret: Uint8Array;
  /** 16 bytes. */
  readonly ackKey: Uint8Array;
  readonly gateway: {
    /** 32 bytes. */
    readonly identity: Uint8Array;
    /** `ws:` or `wss:`, at most 512 characters of ASCII. */
    readonly url: string;
    /** When the directory last said so, Unix time. */
    readonly urlSeenAt: Milliseconds;
  };
  /** Of the registration, 32 bytes. */
  readonly sharedKey: Uint8Array;
  /** The latest that the gateway has accepted, in seconds since 1970: it accepts none twice. */
  readonly lastTimestamp: number;
}

const MAGIC = Uint8Array.from([...'mixc'], character => character.charCodeAt(0));
const VERSION = 1;
const CHECKSUM_BYTES = 8;
export const LONGEST_URL = 512;

/**
 * Integers are big-endian.
 *
 * | bytes | what |
 * |---|---|
 * | 4 | `mixc` |
 * | 1 | version, 1 |
 * | 32 | seed of the identity |
 * | 32 | secret of the encryption key |
 * | 16 | ack key |
 * | 32 | identity of the gateway |
 * | 32 | shared key |
 * | 8 | timestamp of the last authentication, s |
 * | 8 | when the URL was seen, ms |
 * | 2 | length of the URL |
 * | … | URL of the gateway |
 * | 8 | the first bytes of the SHA-256 of all before |
 *
 * Throws a RangeError for what does not fit.
 */
export function encodeClientRecord(record: ClientRecord): Uint8Array {
  const { gateway, lastTimestamp } = record;
  if (!isGatewayUrl(gateway.url)) throw new RangeError('the URL of the gateway cannot be kept');
  const numbers = new DataView(new ArrayBuffer(18));
  numbers.setBigUint64(0, wholeNumber(lastTimestamp));
  numbers.setBigUint64(8, wholeNumber(Math.round(gateway.urlSeenAt)));
  numbers.setUint16(16, gateway.url.length);
  const content = concatBytes(
    MAGIC,
    Uint8Array.of(VERSION),
    exactly(32, record.identitySeed),
    exactly(32, record.encryptionSecret),
    exactly(16, record.ackKey),
    exactly(32, gateway.identity),
    exactly(32, record.sharedKey),
    new Uint8Array(numbers.buffer),
    new TextEncoder().encode(gateway.url),
  );
  return concatBytes(content, checksumOf(content));
}

/** Throws ERR_MIX_STORAGE_UNREADABLE, or ERR_MIX_STORAGE_PASSPHRASE for a record that is sealed. */
export function decodeClientRecord(bytes: Uint8Array): ClientRecord {
  if (isSealed(bytes)) {
    throw new MixnetError('ERR_MIX_STORAGE_PASSPHRASE', {
      message: 'What is stored is sealed by a passphrase, and none was given.',
    });
  }
  const damaged = () => unreadable('What is stored of the client is damaged.');
  const reader = new ByteReader(bytes, damaged);
  if (!equalBytes(reader.bytes(MAGIC.length), MAGIC)) throw unreadable('What is stored is no client of this package.');
  const version = reader.u8();
  if (version > VERSION) throw unreadable(`What is stored is of a newer version of this package (format ${version}).`);
  const end = bytes.length - CHECKSUM_BYTES;
  if (version !== VERSION || end < 0 || !equalBytes(checksumOf(bytes.subarray(0, end)), bytes.subarray(end))) {
    throw damaged();
  }
  const [identitySeed, encryptionSecret, ackKey] = [reader.bytes(32), reader.bytes(32), reader.bytes(16)];
  const [identity, sharedKey] = [reader.bytes(32), reader.bytes(32)];
  const [lastTimestamp, urlSeenAt] = [Number(reader.u64()), Number(reader.u64())];
  const url = String.fromCharCode(...reader.bytes(Math.min(reader.u16(), LONGEST_URL + 1)));
  const sound = [lastTimestamp, urlSeenAt].every(Number.isSafeInteger) && isGatewayUrl(url);
  if (!sound || reader.remaining !== CHECKSUM_BYTES) throw damaged();
  return {
    identitySeed: identitySeed.slice(),
    encryptionSecret: encryptionSecret.slice(),
    ackKey: ackKey.slice(),
    gateway: { identity: identity.slice(), url, urlSeenAt },
    sharedKey: sharedKey.slice(),
    lastTimestamp,
  };
}

function checksumOf(content: Uint8Array): Uint8Array {
  return sha256(content).subarray(0, CHECKSUM_BYTES);
}

function isGatewayUrl(url: string): boolean {
  return url.length <= LONGEST_URL && /^wss?:\/\/[!-~]+$/.test(url) && URL.canParse(url);
}

function exactly(length: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`a part of a client has ${length} bytes, not ${bytes.length}`);
  return bytes;
}

function wholeNumber(value: number): bigint {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('a time is a whole number');
  return BigInt(value);
}
