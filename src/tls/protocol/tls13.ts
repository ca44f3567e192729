/** The handshake of TLS 1.3 after the ServerHello: RFC 8446, appendix A.1, the states by their names there. */

import { concatBytes, equalBytes } from '../../crypto/bytes.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { TlsError } from './alert.ts';
import type { CipherSuite } from './cipher-suites.ts';
import { extensionTypes, messageTypes, versions } from './codes.ts';
import { checkServerName, chosenProtocol, readExtensions } from './extensions.ts';
import { finishedOf, KeySchedule, protectionOf, type TrafficSecrets } from './key-schedule.ts';
import { encodeMessage, type Message } from './messages.ts';
import type { ServerHello } from './server-hello.ts';
import { checkHandshakeSignature } from './signature-schemes.ts';
import { expectType, type Handshake, type State } from './state.ts';
import { connected13 } from './tls13-connected.ts';
import { ascii, ended, prefixed8, prefixed24, vector8, vector16, vector24, wireReader } from './wire.ts';

/** A handshake of TLS 1.3 under way. What a later state needs is filled in by the one that learns it. */
interface Progress extends Handshake {
  readonly suite: CipherSuite;
  readonly schedule: KeySchedule;
  readonly secrets: TrafficSecrets;
}

/** `shared`: what the key exchange has agreed on. */
export function beginTls13(handshake: Handshake, { suite }: ServerHello, shared: Uint8Array): State {
  const schedule = new KeySchedule(suite.hash, shared);
  const secrets = schedule.handshakeTraffic(handshake.transcript.digest());
  handshake.channel.protectReading(protectionOf(suite, secrets.server));
  handshake.channel.protectWriting(protectionOf(suite, secrets.client));
  const progress = { ...handshake, suite, schedule, secrets };
  return message => waitEncryptedExtensions(progress, message);
}

const type = extensionTypes;

/** Section 4.3.1. */
function waitEncryptedExtensions(progress: Progress, message: Message): State {
  expectType(message, messageTypes.encryptedExtensions);
  const reader = wireReader(message.body);
  const extensions = readExtensions(vector16(reader), [type.serverName, type.supportedGroups, type.alpn]);
  ended(reader);
  checkServerName(extensions.get(type.serverName));
  const alpn = chosenProtocol(extensions.get(type.alpn), progress.offer.alpn);
  progress.transcript.add(message.bytes);
  return next => waitCertificateOrRequest(progress, alpn, next);
}

function waitCertificateOrRequest(progress: Progress, alpn: string | undefined, message: Message): State {
  if (message.type !== messageTypes.certificateRequest) return waitCertificate(progress, alpn, false, message);
  // Section 4.3.2. What the server would accept is of no interest: there is none to give.
  const reader = wireReader(message.body);
  if (vector8(reader).length > 0) throw new TlsError('illegal_parameter', 'the certificate request has a context');
  vector16(reader);
  ended(reader);
  progress.transcript.add(message.bytes);
  return next => waitCertificate(progress, alpn, true, next);
}

function waitCertificate(progress: Progress, alpn: string | undefined, isAsked: boolean, message: Message): State {
  expectType(message, messageTypes.certificate);
  const key = progress.checkChain(readCertificates(message.body));
  progress.transcript.add(message.bytes);
  return next => waitCertificateVerify(progress, alpn, isAsked, key, next);
}

/**
 * Section 4.4.2.
 *
 * | bytes | field |
 * |---|---|
 * | 1 | length of the request context: 0 |
 * | 3 | length of the list |
 * | 3 + n | a certificate, DER |
 * | 2 + n | its extensions, none of which was asked for; then the next certificate |
 */
function readCertificates(body: Uint8Array): Uint8Array[] {
  const reader = wireReader(body);
  if (vector8(reader).length > 0) throw new TlsError('illegal_parameter', 'the certificate has a context');
  const list = wireReader(vector24(reader));
  ended(reader);
  const certificates: Uint8Array[] = [];
  while (list.remaining > 0) {
    certificates.push(vector24(list));
    readExtensions(vector16(list), []);
  }
  // Section 4.4.2.4.
  if (certificates.length === 0) throw new TlsError('decode_error', 'the server sent no certificate');
  return certificates;
}

/** Section 4.4.3: the server has the key of the certificate. */
function waitCertificateVerify(
  progress: Progress,
  alpn: string | undefined,
  isAsked: boolean,
  key: PublicKey,
  message: Message,
): State {
  expectType(message, messageTypes.certificateVerify);
  const reader = wireReader(message.body);
  const scheme = reader.u16();
  const signature = vector16(reader);
  ended(reader);
  const signed = concatBytes(signaturePrefix, progress.transcript.digest());
  checkHandshakeSignature(versions.tls13, scheme, key, signed, signature);
  progress.transcript.add(message.bytes);
  return next => waitFinished(progress, alpn, isAsked, next);
}

const signaturePrefix = concatBytes(
  new Uint8Array(64).fill(0x20),
  ascii('TLS 1.3, server CertificateVerify'),
  new Uint8Array(1),
);

/** Section 4.4.4, and this side's last flight. */
function waitFinished(progress: Progress, alpn: string | undefined, isAsked: boolean, message: Message): State {
  expectType(message, messageTypes.finished);
  const { suite, schedule, secrets, transcript, channel } = progress;
  const expected = finishedOf(suite.hash, secrets.server, transcript.digest());
  if (!equalBytes(expected, message.body)) {
    throw new TlsError('decrypt_error', 'the server’s Finished is wrong', 'FINISHED');
  }
  transcript.add(message.bytes);
  const application = schedule.applicationTraffic(transcript.digest());
  channel.protectReading(protectionOf(suite, application.server));

  channel.sendChangeCipherSpec();
  if (isAsked) {
    const none = encodeMessage(messageTypes.certificate, prefixed8(), prefixed24());
    transcript.add(none);
    channel.send(none);
  }
  const finished = finishedOf(suite.hash, secrets.client, transcript.digest());
  channel.send(encodeMessage(messageTypes.finished, finished));
  channel.protectWriting(protectionOf(suite, application.client));
  return connected13(progress, suite, application, alpn);
}
