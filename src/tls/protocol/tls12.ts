/**
 * The handshake of TLS 1.2 after the ServerHello: RFC 5246, section 7.3; with an ephemeral key of a curve, RFC 8422; with
 * the extended master secret, RFC 7627, and without renegotiation, RFC 5746, neither of which a server may leave out.
 */

import { concatBytes, equalBytes } from '../../crypto/bytes.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { TlsError } from './alert.ts';
import type { CipherSuite } from './cipher-suites.ts';
import { extensionTypes, messageTypes, versions } from './codes.ts';
import { checkServerName, chosenProtocol, type Extensions } from './extensions.ts';
import { groups } from './groups.ts';
import { encodeMessage, type Message } from './messages.ts';
import { prf } from './prf.ts';
import { type Keys, Protection12 } from './protection.ts';
import type { ServerHello } from './server-hello.ts';
import { checkHandshakeSignature } from './signature-schemes.ts';
import { expectType, type Handshake, type State } from './state.ts';
import { connected12 } from './tls12-connected.ts';
import { ended, prefixed8, prefixed24, vector8, vector16, vector24, wireReader } from './wire.ts';

/** Section 7.4.9: of a Finished. */
const VERIFY_DATA_BYTES = 12;
const MASTER_SECRET_BYTES = 48;

interface Progress extends Handshake {
  readonly suite: CipherSuite;
  readonly serverRandom: Uint8Array;
  readonly alpnChosen: string | undefined;
}

export function beginTls12(handshake: Handshake, { suite, random, extensions }: ServerHello): State {
  checkExtensions(extensions);
  const alpnChosen = chosenProtocol(extensions.get(extensionTypes.alpn), handshake.offer.alpn);
  const progress = { ...handshake, suite, serverRandom: random, alpnChosen };
  return message => waitCertificate(progress, message);
}

function checkExtensions(extensions: Extensions): void {
  checkServerName(extensions.get(extensionTypes.serverName));
  // RFC 7627, section 5.2.
  const extended = extensions.get(extensionTypes.extendedMasterSecret);
  if (extended === undefined) {
    throw new TlsError('handshake_failure', 'the server knows no extended master secret', 'EXTENDED_MASTER_SECRET');
  }
  if (extended.length > 0) throw new TlsError('decode_error', 'the extended_master_secret is not empty');
  // RFC 5746, section 3.4: empty in the first handshake, and there is no other.
  const renegotiation = extensions.get(extensionTypes.renegotiationInfo);
  if (renegotiation === undefined || !equalBytes(renegotiation, prefixed8())) {
    throw new TlsError('handshake_failure', 'the server may renegotiate insecurely', 'UNSAFE_RENEGOTIATION');
  }
}

/** RFC 5246, section 7.4.2: a list of certificates, each behind its length of three bytes. */
function waitCertificate(progress: Progress, message: Message): State {
  expectType(message, messageTypes.certificate);
  const reader = wireReader(message.body);
  const list = wireReader(vector24(reader));
  ended(reader);
  const certificates: Uint8Array[] = [];
  while (list.remaining > 0) certificates.push(vector24(list));
  if (certificates.length === 0) throw new TlsError('decode_error', 'the server sent no certificate');
  const key = progress.checkChain(certificates);
  // RFC 8422, section 2.1: an Ed25519 key goes with the suites of ECDSA.
  if ((key.type === 'rsa') !== (progress.suite.signer === 'rsa')) {
    throw new TlsError('illegal_parameter', 'the key of the certificate does not fit the cipher suite');
  }
  progress.transcript.add(message.bytes);
  return next => waitServerKeyExchange(progress, key, next);
}

/**
 * RFC 8422, section 5.4; signed over the two randoms and the parameters.
 *
 * | bytes | field |
 * |---|---|
 * | 1 | curve type: named_curve, 3 |
 * | 2 | group |
 * | 1 + n | the server's key |
 * | 2 | signature scheme |
 * | 2 + n | signature |
 */
function waitServerKeyExchange(progress: Progress, certified: PublicKey, message: Message): State {
  expectType(message, messageTypes.serverKeyExchange);
  const reader = wireReader(message.body);
  const curveType = reader.u8();
  const groupId = reader.u16();
  const key = vector8(reader);
  const parameters = message.body.subarray(0, message.body.length - reader.remaining);
  const scheme = reader.u16();
  const signature = vector16(reader);
  ended(reader);
  const signed = concatBytes(progress.offer.random, progress.serverRandom, parameters);
  checkHandshakeSignature(versions.tls12, scheme, certified, signed, signature);
  const group = groups.find(({ id }) => id === groupId);
  if (curveType !== 3 || group === undefined) {
    throw new TlsError('illegal_parameter', 'the server chose a curve that was not offered');
  }
  const exchange = group.generate(progress.randomBytes);
  const shared = exchange.agree(key);
  progress.transcript.add(message.bytes);
  return next => waitRequestOrDone(progress, { shared, publicKey: exchange.publicKey }, next);
}

interface Agreed {
  readonly shared: Uint8Array;
  readonly publicKey: Uint8Array;
}

function waitRequestOrDone(progress: Progress, agreed: Agreed, message: Message): State {
  if (message.type !== messageTypes.certificateRequest) return waitDone(progress, agreed, false, message);
  // Section 7.4.4: types, schemes, authorities; there is no certificate to give.
  const reader = wireReader(message.body);
  vector8(reader);
  vector16(reader);
  vector16(reader);
  ended(reader);
  progress.transcript.add(message.bytes);
  return next => waitDone(progress, agreed, true, next);
}

/** Section 7.4.5, and this side's flight. */
function waitDone(progress: Progress, { shared, publicKey }: Agreed, isAsked: boolean, message: Message): State {
  expectType(message, messageTypes.serverHelloDone);
  ended(wireReader(message.body));
  const { suite, transcript, channel } = progress;
  transcript.add(message.bytes);
  const send = (flight: Uint8Array): void => {
    transcript.add(flight);
    channel.send(flight);
  };
  if (isAsked) send(encodeMessage(messageTypes.certificate, prefixed24()));
  send(encodeMessage(messageTypes.clientKeyExchange, prefixed8(publicKey)));
  // RFC 7627, section 4: the session hash goes up to here.
  const master = prf(suite.hash, shared, 'extended master secret', transcript.digest(), MASTER_SECRET_BYTES);
  const keys = keysOf(progress, master);
  channel.sendChangeCipherSpec();
  channel.protectWriting(new Protection12(keys.client));
  send(encodeMessage(messageTypes.finished, verifyData(progress, master, 'client finished')));
  return channel.awaitChangeCipherSpec(() => {
    channel.protectReading(new Protection12(keys.server));
    return next => waitFinished(progress, master, next);
  });
}

/** Section 7.4.9. */
function waitFinished(progress: Progress, master: Uint8Array, message: Message): State {
  expectType(message, messageTypes.finished);
  if (!equalBytes(verifyData(progress, master, 'server finished'), message.body)) {
    throw new TlsError('decrypt_error', 'the server’s Finished is wrong', 'FINISHED');
  }
  return connected12(progress, progress.alpnChosen);
}

function verifyData({ suite, transcript }: Progress, master: Uint8Array, label: string): Uint8Array {
  return prf(suite.hash, master, label, transcript.digest(), VERIFY_DATA_BYTES);
}

/** Section 6.3. With authenticated encryption there are no keys of a MAC. */
function keysOf(progress: Progress, master: Uint8Array): { client: Keys; server: Keys } {
  const { suite, serverRandom, offer } = progress;
  const { aead, hash } = suite;
  const { keyBytes, fixedNonceBytes } = aead;
  const seed = concatBytes(serverRandom, offer.random);
  const block = wireReader(prf(hash, master, 'key expansion', seed, 2 * (keyBytes + fixedNonceBytes)));
  const [clientKey, serverKey] = [block.bytes(keyBytes), block.bytes(keyBytes)];
  const [clientIv, serverIv] = [block.bytes(fixedNonceBytes), block.bytes(fixedNonceBytes)];
  return { client: { aead, key: clientKey, iv: clientIv }, server: { aead, key: serverKey, iv: serverIv } };
}
