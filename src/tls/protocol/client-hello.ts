/**
 * The ClientHello: RFC 8446, section 4.1.2, the same on every platform. What differs from one connection to the next is
 * in `Offer`.
 *
 * | bytes | field |
 * |---|---|
 * | 2 | legacy_version, 0x0303 |
 * | 32 | random |
 * | 1 + 32 | legacy_session_id, random: appendix D.4 |
 * | 2 + 2n | cipher suites |
 * | 1 + 1 | compression methods: none |
 * | 2 + n | extensions |
 *
 * There is no psk_key_exchange_modes: a session is never resumed, so that no ticket links two connections, and a server
 * needs not send any.
 */

import { type CipherSuite, cipherSuites } from './cipher-suites.ts';
import { extensionTypes, messageTypes, versions } from './codes.ts';
import { encodeExtensions } from './extensions.ts';
import { groups, type KeyExchange } from './groups.ts';
import { encodeMessage } from './messages.ts';
import { signatureSchemes } from './signature-schemes.ts';
import type { Offer } from './state.ts';
import { ascii, prefixed8, prefixed16, u8, u16 } from './wire.ts';

/** `cookie` is what a HelloRetryRequest has asked to be given back. */
export function encodeClientHello(
  { random, sessionId, serverName, alpn }: Offer,
  { group, publicKey }: KeyExchange,
  cookie?: Uint8Array,
): Uint8Array {
  const type = extensionTypes;
  const extensions: [number, Uint8Array][] = [
    [type.supportedVersions, prefixed8(u16(versions.tls13, versions.tls12))],
    [type.supportedGroups, prefixed16(u16(...groups.map(({ id }) => id)))],
    [type.keyShare, prefixed16(u16(group), prefixed16(publicKey))],
    [type.signatureAlgorithms, prefixed16(u16(...signatureSchemes.map(({ id }) => id)))],
    // RFC 8422, section 5.1.2: uncompressed.
    [type.ecPointFormats, prefixed8(u8(0))],
    [type.extendedMasterSecret, new Uint8Array(0)],
    // RFC 5746, section 3.4: no connection that could be renegotiated.
    [type.renegotiationInfo, prefixed8()],
  ];
  // RFC 6066, section 3: one name, of the type host_name.
  if (serverName !== undefined) {
    extensions.unshift([type.serverName, prefixed16(u8(0), prefixed16(ascii(serverName)))]);
  }
  if (alpn.length > 0) extensions.push([type.alpn, prefixed16(...alpn.map(name => prefixed8(ascii(name))))]);
  if (cookie !== undefined) extensions.push([type.cookie, prefixed16(cookie)]);
  return encodeMessage(
    messageTypes.clientHello,
    u16(versions.tls12),
    random,
    prefixed8(sessionId),
    prefixed16(u16(...cipherSuites.map(({ id }: CipherSuite) => id))),
    prefixed8(u8(0)),
    encodeExtensions(extensions),
  );
}
