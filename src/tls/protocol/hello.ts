/** The beginning of every handshake: ClientHello, perhaps a HelloRetryRequest, ServerHello. RFC 8446, section 4.1. */

import { equalBytes } from '../../crypto/bytes.ts';
import { TlsError } from './alert.ts';
import { encodeClientHello } from './client-hello.ts';
import { extensionTypes, messageTypes, versions } from './codes.ts';
import { groups, type KeyExchange } from './groups.ts';
import type { Message } from './messages.ts';
import { readServerHello, type ServerHello } from './server-hello.ts';
import { expectType, type Handshake, type State, unexpected } from './state.ts';
import { beginTls12 } from './tls12.ts';
import { beginTls13 } from './tls13.ts';
import { ended, vector16, wireReader } from './wire.ts';

export function begin(handshake: Handshake): State {
  const exchange = groups[0].generate(handshake.randomBytes);
  sendHello(handshake, exchange);
  return message => afterHello(handshake, exchange, message, undefined);
}

/** `retry` is the HelloRetryRequest that came before. */
function afterHello(
  handshake: Handshake,
  exchange: KeyExchange,
  message: Message,
  retry: ServerHello | undefined,
): State {
  expectType(message, messageTypes.serverHello);
  const hello = readServerHello(message.body);
  const { channel, transcript, offer } = handshake;
  if (hello.isRetry) {
    // Section 4.1.4: a second one is refused.
    if (retry !== undefined) throw unexpected();
    checkEcho(hello, offer.sessionId);
    return again(handshake, exchange, message, hello);
  }
  // Section 4.1.4: what the retry has settled stays.
  if (retry !== undefined && retry.suite !== hello.suite) {
    throw new TlsError('illegal_parameter', 'the server changed its mind about the cipher suite, or the version');
  }
  channel.speak(hello.version);
  transcript.choose(hello.suite.hash);
  transcript.add(message.bytes);
  if (hello.version === versions.tls12) {
    // Nothing can be resumed: section 4.1.3, and appendix D.4.
    if (equalBytes(hello.sessionId, offer.sessionId)) throw notOurSession();
    return beginTls12(handshake, hello);
  }
  checkEcho(hello, offer.sessionId);
  return beginTls13(handshake, hello, exchange.agree(keyShareOf(hello, exchange)));
}

/** Section 4.1.4: the same hello once more, with a key of the group that the server wants. */
function again(handshake: Handshake, exchange: KeyExchange, message: Message, retry: ServerHello): State {
  const { transcript } = handshake;
  const wanted = retry.extensions.get(extensionTypes.keyShare);
  const cookie = retry.extensions.get(extensionTypes.cookie);
  if (wanted === undefined && cookie === undefined) throw changesNothing();
  transcript.retry(retry.suite.hash);
  transcript.add(message.bytes);
  handshake.channel.sendChangeCipherSpec();
  const next = wanted === undefined ? exchange : newExchange(handshake, exchange, wanted);
  sendHello(handshake, next, cookie === undefined ? undefined : cookieOf(cookie));
  return answer => afterHello(handshake, next, answer, retry);
}

function newExchange({ randomBytes }: Handshake, { group }: KeyExchange, wanted: Uint8Array): KeyExchange {
  const reader = wireReader(wanted);
  const id = reader.u16();
  ended(reader);
  // Section 4.2.8: it must be one that was offered, and whose key was not there already.
  const next = groups.find(offered => offered.id === id);
  if (next === undefined || id === group) throw changesNothing();
  return next.generate(randomBytes);
}

function cookieOf(data: Uint8Array): Uint8Array {
  const reader = wireReader(data);
  const cookie = vector16(reader);
  ended(reader);
  if (cookie.length === 0) throw new TlsError('decode_error', 'the cookie is empty');
  return cookie;
}

function sendHello({ offer, transcript, channel }: Handshake, exchange: KeyExchange, cookie?: Uint8Array): void {
  const hello = encodeClientHello(offer, exchange, cookie);
  transcript.add(hello);
  channel.send(hello);
}

function keyShareOf({ extensions }: ServerHello, { group }: KeyExchange): Uint8Array {
  const data = extensions.get(extensionTypes.keyShare);
  if (data === undefined) throw new TlsError('missing_extension', 'the server sent no key share');
  const reader = wireReader(data);
  const chosen = reader.u16();
  const key = vector16(reader);
  ended(reader);
  if (chosen !== group) throw new TlsError('illegal_parameter', 'the server sent a key share of another group');
  return key;
}

/** Section 4.1.3. */
function checkEcho({ sessionId }: ServerHello, sent: Uint8Array): void {
  if (!equalBytes(sessionId, sent)) throw notOurSession();
}

function notOurSession(): TlsError {
  return new TlsError('illegal_parameter', 'the server answers to another session');
}

function changesNothing(): TlsError {
  return new TlsError('illegal_parameter', 'the server asks for another hello, but for nothing that it could have');
}
