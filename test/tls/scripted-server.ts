/**
 * A TLS server, in memory, that does what a script says: honest unless told otherwise. Its transcript is that of what it
 * has really sent, so that whatever is wrong is wrong alone.
 */

import { sign } from 'node:crypto';
import { concatBytes } from '../../src/crypto/bytes.ts';
import { contentTypes, extensionTypes, messageTypes, versions } from '../../src/tls/protocol/codes.ts';
import { encodeExtensions, readExtensions } from '../../src/tls/protocol/extensions.ts';
import { groups } from '../../src/tls/protocol/groups.ts';
import { finishedOf, KeySchedule, protectionOf } from '../../src/tls/protocol/key-schedule.ts';
import { encodeMessage } from '../../src/tls/protocol/messages.ts';
import { prf } from '../../src/tls/protocol/prf.ts';
import { type Content, type Protection, Protection12, Unprotected } from '../../src/tls/protocol/protection.ts';
import { RecordReader } from '../../src/tls/protocol/record.ts';
import { Transcript } from '../../src/tls/protocol/transcript.ts';
import {
  ascii,
  prefixed8,
  prefixed16,
  prefixed24,
  u8,
  u16,
  vector8,
  vector16,
  wireReader,
} from '../../src/tls/protocol/wire.ts';
import { suiteOf } from './suites.ts';

export interface ServerIdentity {
  /** DER, the server's own first. */
  readonly chain: readonly Uint8Array[];
  /** PEM, of P-256. */
  readonly key: string;
}

export interface ClientHello {
  readonly bytes: Uint8Array;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly extensions: ReadonlyMap<number, Uint8Array>;
}

/** The body of a ServerHello, field by field. */
export interface ServerHelloFields {
  readonly version?: number;
  readonly random?: Uint8Array;
  readonly sessionId?: Uint8Array;
  readonly suite?: number;
  readonly compression?: number;
  readonly extensions?: readonly (readonly [number, Uint8Array])[];
}

const seeded = (length: number): Uint8Array => new Uint8Array(length).fill(0x5a);

export function readClientHello(record: Uint8Array): ClientHello {
  const bytes = record.slice(5);
  const reader = wireReader(bytes.subarray(4));
  reader.u16();
  const random = reader.bytes(32);
  const sessionId = vector8(reader);
  vector16(reader);
  vector8(reader);
  return { bytes, random, sessionId, extensions: readExtensions(vector16(reader), Object.values(extensionTypes)) };
}

export function serverHello(fields: Required<ServerHelloFields>): Uint8Array {
  const { version, random, sessionId, suite, compression, extensions } = fields;
  const head = [u16(version), random, prefixed8(sessionId), u16(suite), u8(compression)];
  return encodeMessage(messageTypes.serverHello, ...head, encodeExtensions(extensions));
}

/** Data of the client, after its handshake, opened by the server's keys. */
export function opened(protection: Protection, bytes: Uint8Array): Content[] {
  const records = new RecordReader();
  records.push(bytes);
  const contents: Content[] = [];
  for (let record = records.next(); record !== undefined; record = records.next()) {
    if (record.type !== contentTypes.changeCipherSpec) contents.push(protection.open(record));
  }
  return contents;
}

type Step13 = 'extensions' | 'certificate' | 'verify' | 'finished';

export interface Script13 {
  readonly identity: ServerIdentity;
  readonly suite?: number;
  readonly hello?: ServerHelloFields;
  /** In this order, and these alone. */
  readonly steps?: readonly (Step13 | Uint8Array)[];
  /** In the place of what would be honest. */
  readonly instead?: Partial<Record<Step13, (honest: Uint8Array) => Uint8Array>>;
  /** What is signed, and how. */
  readonly signed?: (honest: Uint8Array) => Uint8Array;
  readonly scheme?: number;
}

export interface Flight13 {
  readonly hello: Uint8Array;
  /** The messages after it, each on its own. */
  readonly messages: readonly Uint8Array[];
  /** All of it, in one record for each message. */
  readonly bytes: Uint8Array;
  readonly handshake: { readonly server: Protection; readonly client: Protection };
  readonly application: { readonly server: Protection; readonly client: Protection };
}

/** Of a server of TLS 1.3 that answers to X25519. */
export function flight13(clientRecord: Uint8Array, script: Script13): Flight13 {
  const { identity, steps = ['extensions', 'certificate', 'verify', 'finished'], instead = {} } = script;
  const suite = suiteOf(script.suite ?? 0x1301);
  const client = readClientHello(clientRecord);
  const share = wireReader(client.extensions.get(extensionTypes.keyShare) ?? new Uint8Array(0));
  share.u16();
  share.u16();
  const exchange = groups[0].generate(seeded);
  const shared = exchange.agree(vector16(share));
  const hello = serverHello({
    ...{ version: versions.tls12, random: seeded(32), sessionId: client.sessionId, suite: suite.id, compression: 0 },
    extensions: [
      [extensionTypes.supportedVersions, u16(versions.tls13)],
      [extensionTypes.keyShare, concatBytes(u16(exchange.group), prefixed16(exchange.publicKey))],
    ],
    ...script.hello,
  });
  const transcript = new Transcript();
  transcript.choose(suite.hash);
  transcript.add(client.bytes);
  transcript.add(hello);
  const schedule = new KeySchedule(suite.hash, shared);
  const secrets = schedule.handshakeTraffic(transcript.digest());

  const honest: Record<Step13, () => Uint8Array> = {
    extensions: () => encodeMessage(messageTypes.encryptedExtensions, encodeExtensions([])),
    certificate: () => {
      const list = identity.chain.map(bytes => concatBytes(prefixed24(bytes), u16(0)));
      return encodeMessage(messageTypes.certificate, prefixed8(), prefixed24(...list));
    },
    verify: () => {
      const context = ascii(`${' '.repeat(64)}TLS 1.3, server CertificateVerify\0`);
      const content = concatBytes(context, transcript.digest());
      const signature = sign('sha256', script.signed?.(content) ?? content, identity.key);
      return encodeMessage(messageTypes.certificateVerify, u16(script.scheme ?? 0x0403), prefixed16(signature));
    },
    finished: () => encodeMessage(messageTypes.finished, finishedOf(suite.hash, secrets.server, transcript.digest())),
  };
  const messages = steps.map(step => {
    const message = typeof step === 'string' ? (instead[step] ?? (it => it))(honest[step]()) : step;
    transcript.add(message);
    return message;
  });
  const application = schedule.applicationTraffic(transcript.digest());
  const handshake = { server: protectionOf(suite, secrets.server), client: protectionOf(suite, secrets.client) };
  // Under a protection of their own, so that the other one still counts from zero.
  const sealing = protectionOf(suite, secrets.server);
  const sealed = messages.map(message => sealing.seal({ type: contentTypes.handshake, bytes: message }));
  const bytes = concatBytes(plainRecord(hello), ...sealed);
  return {
    ...{ hello, messages, bytes, handshake },
    application: { server: protectionOf(suite, application.server), client: protectionOf(suite, application.client) },
  };
}

export function plainRecord(bytes: Uint8Array, type: number = contentTypes.handshake): Uint8Array {
  return new Unprotected().seal({ type, bytes });
}

type Step12 = 'certificate' | 'keyExchange' | 'done';

export interface Script12 {
  readonly identity: ServerIdentity;
  readonly suite?: number;
  readonly hello?: ServerHelloFields;
  readonly steps?: readonly (Step12 | Uint8Array)[];
  readonly instead?: Partial<Record<Step12, (honest: Uint8Array) => Uint8Array>>;
  readonly signed?: (honest: Uint8Array) => Uint8Array;
  readonly group?: number;
  readonly scheme?: number;
  readonly finished?: (honest: Uint8Array) => Uint8Array;
}

export interface Server12 {
  /** Up to the ServerHelloDone. */
  readonly bytes: Uint8Array;
  /** Takes the client's flight, and gives the rest of the handshake: each of its records on its own. */
  finish(clientFlight: Uint8Array): {
    changeCipherSpec: Uint8Array;
    finished: Uint8Array;
    server: Protection;
    client: Protection;
  };
}

/** A server of TLS 1.2 that has a key of X25519. */
export function server12(clientRecord: Uint8Array, script: Script12): Server12 {
  const { identity, steps = ['certificate', 'keyExchange', 'done'], instead = {} } = script;
  const suite = suiteOf(script.suite ?? 0xc02b);
  const client = readClientHello(clientRecord);
  const exchange = groups[0].generate(seeded);
  const random = script.hello?.random ?? seeded(32);
  const hello = serverHello({
    ...{ version: versions.tls12, sessionId: new Uint8Array(0), suite: suite.id, compression: 0 },
    extensions: [
      [extensionTypes.extendedMasterSecret, new Uint8Array(0)],
      [extensionTypes.renegotiationInfo, prefixed8()],
    ],
    ...script.hello,
    random,
  });
  const transcript = new Transcript();
  transcript.choose(suite.hash);
  transcript.add(client.bytes);
  const honest: Record<Step12, () => Uint8Array> = {
    certificate: () => encodeMessage(messageTypes.certificate, prefixed24(...identity.chain.map(it => prefixed24(it)))),
    keyExchange: () => {
      const parameters = concatBytes(u8(3), u16(script.group ?? exchange.group), prefixed8(exchange.publicKey));
      const content = concatBytes(client.random, random, parameters);
      const signature = sign('sha256', script.signed?.(content) ?? content, identity.key);
      return encodeMessage(
        messageTypes.serverKeyExchange,
        parameters,
        u16(script.scheme ?? 0x0403),
        prefixed16(signature),
      );
    },
    done: () => encodeMessage(messageTypes.serverHelloDone),
  };
  const messages = [
    hello,
    ...steps.map(step => (typeof step === 'string' ? (instead[step] ?? (it => it))(honest[step]()) : step)),
  ];
  for (const message of messages) transcript.add(message);

  return {
    bytes: concatBytes(...messages.map(message => plainRecord(message))),
    finish(clientFlight) {
      const records = new RecordReader();
      records.push(clientFlight);
      const clientKeyExchange = records.next()?.fragment ?? new Uint8Array(0);
      records.next();
      const theirs = records.next();
      if (theirs === undefined) throw new Error('the client has not finished');
      transcript.add(clientKeyExchange);
      const shared = exchange.agree(vector8(wireReader(clientKeyExchange.subarray(4))));
      const master = prf(suite.hash, shared, 'extended master secret', transcript.digest(), 48);
      const { keyBytes, fixedNonceBytes: ivBytes } = suite.aead;
      const seed = concatBytes(random, client.random);
      const block = wireReader(prf(suite.hash, master, 'key expansion', seed, 2 * (keyBytes + ivBytes)));
      const [clientKey, serverKey] = [block.bytes(keyBytes), block.bytes(keyBytes)];
      const [clientIv, serverIv] = [block.bytes(ivBytes), block.bytes(ivBytes)];
      const clientProtection = new Protection12({ aead: suite.aead, key: clientKey, iv: clientIv });
      const server = new Protection12({ aead: suite.aead, key: serverKey, iv: serverIv });
      transcript.add(clientProtection.open(theirs).bytes);
      const verify = encodeMessage(
        messageTypes.finished,
        prf(suite.hash, master, 'server finished', transcript.digest(), 12),
      );
      return {
        changeCipherSpec: plainRecord(u8(1), contentTypes.changeCipherSpec),
        finished: server.seal({ type: contentTypes.handshake, bytes: script.finished?.(verify) ?? verify }),
        ...{ server, client: clientProtection },
      };
    },
  };
}
