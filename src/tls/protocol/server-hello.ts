/**
 * ServerHello and HelloRetryRequest: RFC 8446, section 4.1.3; RFC 5246, section 7.4.1.3.
 *
 * | bytes | field |
 * |---|---|
 * | 2 | legacy_version |
 * | 32 | random; a fixed one says HelloRetryRequest |
 * | 1 + n | legacy_session_id_echo, at most 32 bytes |
 * | 2 | cipher suite |
 * | 1 | compression method: none |
 * | 2 + n | extensions; may be absent in TLS 1.2 |
 */

import { equalBytes } from '../../crypto/bytes.ts';
import { TlsError } from './alert.ts';
import { type CipherSuite, cipherSuites } from './cipher-suites.ts';
import { extensionTypes, versions } from './codes.ts';
import { type Extensions, readExtensions } from './extensions.ts';
import { ascii, ended, vector8, vector16, wireReader } from './wire.ts';

export interface ServerHello {
  readonly version: number;
  readonly isRetry: boolean;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly suite: CipherSuite;
  readonly extensions: Extensions;
}

/** Section 4.1.3: SHA-256 of "HelloRetryRequest". */
const retryRandom = Uint8Array.of(
  ...[0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91],
  ...[0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c],
);

const type = extensionTypes;
const allowed13 = [type.supportedVersions, type.keyShare];
const allowedInRetry = [...allowed13, type.cookie];
/** Some servers send their groups too, which says nothing. */
const allowed12 = [
  ...[type.serverName, type.alpn, type.extendedMasterSecret, type.renegotiationInfo],
  ...[type.ecPointFormats, type.supportedGroups],
];

export function readServerHello(body: Uint8Array): ServerHello {
  const reader = wireReader(body);
  const legacyVersion = reader.u16();
  const random = reader.bytes(32);
  const sessionId = vector8(reader);
  if (sessionId.length > 32) throw new TlsError('decode_error', 'the session id is too long');
  const suiteId = reader.u16();
  const compression = reader.u8();
  const list = reader.remaining === 0 ? new Uint8Array(0) : vector16(reader);
  ended(reader);

  const isRetry = equalBytes(random, retryRandom);
  const version = versionOf(legacyVersion, list, isRetry);
  checkDowngrade(version, random);
  if (compression !== 0) throw new TlsError('illegal_parameter', 'the server chose a compression');
  const suite = cipherSuites.find(offered => offered.id === suiteId && offered.version === version);
  if (suite === undefined)
    throw new TlsError('illegal_parameter', 'the server chose a cipher suite that was not offered');
  const allowed = version === versions.tls12 ? allowed12 : isRetry ? allowedInRetry : allowed13;
  return { version, isRetry, random, sessionId, suite, extensions: readExtensions(list, allowed) };
}

/** Section 4.2.1: TLS 1.3 is chosen by its extension alone, and by 0x0303 in the field that once was the version. */
function versionOf(legacyVersion: number, list: Uint8Array, isRetry: boolean): number {
  const chosen = supportedVersion(list);
  if (chosen === undefined && !isRetry) {
    if (legacyVersion !== versions.tls12) throw new TlsError('protocol_version', 'the server is too old', 'TOO_OLD');
    return versions.tls12;
  }
  if (chosen !== versions.tls13 || legacyVersion !== versions.tls12) {
    throw new TlsError('illegal_parameter', 'the server chose a version that was not offered');
  }
  return versions.tls13;
}

/** Read before the rest, since it decides which other extensions may be there. */
function supportedVersion(list: Uint8Array): number | undefined {
  const reader = wireReader(list);
  while (reader.remaining > 0) {
    const isVersion = reader.u16() === type.supportedVersions;
    const data = vector16(reader);
    if (!isVersion) continue;
    const version = wireReader(data);
    const chosen = version.u16();
    ended(version);
    return chosen;
  }
  return undefined;
}

/** Section 4.1.3: a server that knows TLS 1.3 says so in its random when it speaks something older: somebody stands between. */
function checkDowngrade(version: number, random: Uint8Array): void {
  if (version === versions.tls13) return;
  const [mark, last] = [random.subarray(24, 31), random[31]];
  if (equalBytes(mark, ascii('DOWNGRD')) && (last === 0 || last === 1)) {
    throw new TlsError('illegal_parameter', 'the version was downgraded on the way', 'DOWNGRADE');
  }
}
