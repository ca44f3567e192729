/** Servers that do not keep to the protocol: each is refused, and told why. */

import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../src/crypto/bytes.ts';
import { alerts } from '../../src/tls/protocol/alert.ts';
import { contentTypes, extensionTypes, messageTypes, versions } from '../../src/tls/protocol/codes.ts';
import { TlsConnection } from '../../src/tls/protocol/connection.ts';
import { encodeExtensions } from '../../src/tls/protocol/extensions.ts';
import { encodeMessage } from '../../src/tls/protocol/messages.ts';
import type { Protection } from '../../src/tls/protocol/protection.ts';
import { encodeRecord } from '../../src/tls/protocol/record.ts';
import { ascii, prefixed8, prefixed16, prefixed24, u8, u16 } from '../../src/tls/protocol/wire.ts';
import { checkChain } from '../../src/tls/x509/path.ts';
import { certificatesOfPem } from '../../src/tls/x509/pem.ts';
import { Trust } from '../../src/tls/x509/trust.ts';
import { createAuthority } from '../support/certificates.ts';
import { flight13, opened, plainRecord, type Script12, type Script13, server12 } from './scripted-server.ts';

const authority = await createAuthority('the authority');
const trust = new Trust([]);
trust.addPem(authority.certificate);

async function issued(from = authority) {
  const { cert, key } = await from.issue({ hosts: ['shop.test'] });
  return { chain: certificatesOfPem(cert), key };
}
const identity = await issued();
const other = await issued();
const ofLeaf = await issued(await authority.issueAuthority('a leaf', { mayIssue: false }));

interface Client {
  readonly connection: TlsConnection;
  readonly hello: Uint8Array;
}

function client(alpn: readonly string[] = ['http/1.1']): Client {
  const connection = new TlsConnection({
    serverName: 'shop.test',
    alpn,
    randomBytes: length => new Uint8Array(randomBytes(length)),
    checkChain: chain => checkChain(chain, { trust, host: 'shop.test', now: Date.now() }),
  });
  return { connection, hello: connection.takeOutput() };
}

/** How the connection ended: never with data, never open before it. */
function refusal({ connection }: Client): string {
  expect(connection.takeData()).toHaveLength(0);
  const { failure } = connection;
  if (failure === undefined) return connection.opened ? 'opened' : 'waiting';
  return `${failure.alert} ${failure.code === failure.alert?.toUpperCase() ? '' : failure.code}`.trim();
}

const { handshake, applicationData, alert, changeCipherSpec } = contentTypes;
const zeros = (length: number): Uint8Array => new Uint8Array(length);
const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, i) => (i === (at < 0 ? bytes.length + at : at) ? byte ^ 1 : byte));

describe('TLS 1.3', () => {
  function answered(script: Partial<Script13>): Client {
    const it = client();
    it.connection.receive(flight13(it.hello, { identity, ...script }).bytes);
    return it;
  }

  test('the scripted server is accepted while it is honest, with each cipher', () => {
    for (const suite of [0x1301, 0x1302, 0x1303]) expect(refusal(answered({ suite }))).toBe('opened');
  });

  const version: [number, Uint8Array] = [extensionTypes.supportedVersions, u16(versions.tls13)];
  const share: [number, Uint8Array] = [extensionTypes.keyShare, concatBytes(u16(0x1d), prefixed16(zeros(32).fill(9)))];
  const retryRandom = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');
  const retry = (...extensions: [number, Uint8Array][]) => ({
    hello: { random: new Uint8Array(retryRandom), extensions: [version, ...extensions] },
    steps: [],
  });

  test.each<[string, string, Partial<Script13>]>([
    ['skips CertificateVerify', 'unexpected_message', { steps: ['extensions', 'certificate', 'finished'] }],
    ['skips the certificate', 'unexpected_message', { steps: ['extensions', 'verify', 'finished'] }],
    ['skips both', 'unexpected_message', { steps: ['extensions', 'finished'] }],
    ['skips EncryptedExtensions', 'unexpected_message', { steps: ['certificate', 'verify', 'finished'] }],
    ['finishes at once', 'unexpected_message', { steps: ['finished'] }],
    [
      'sends CertificateVerify before the certificate',
      'unexpected_message',
      { steps: ['extensions', 'verify', 'certificate', 'finished'] },
    ],
    [
      'sends two certificates',
      'unexpected_message',
      { steps: ['extensions', 'certificate', 'certificate', 'verify', 'finished'] },
    ],
    [
      'sends two Finished',
      'bad_record_mac',
      { steps: ['extensions', 'certificate', 'verify', 'finished', 'finished'] },
    ],
    ['signs another transcript', 'decrypt_error HANDSHAKE_SIGNATURE', { signed: content => flipped(content, -1) }],
    ['signs without the context', 'decrypt_error HANDSHAKE_SIGNATURE', { signed: content => content.subarray(98) }],
    [
      'signs as a client would',
      'decrypt_error HANDSHAKE_SIGNATURE',
      {
        signed: content =>
          concatBytes(content.subarray(0, 64), ascii('TLS 1.3, client CertificateVerify\0'), content.subarray(98)),
      },
    ],
    ['signs with another key', 'decrypt_error HANDSHAKE_SIGNATURE', { identity: { ...identity, key: other.key } }],
    [
      'sends an empty signature',
      'decrypt_error HANDSHAKE_SIGNATURE',
      {
        instead: { verify: () => encodeMessage(messageTypes.certificateVerify, u16(0x0403), prefixed16()) },
      },
    ],
    ['signs by a scheme of RSA with a key of ECDSA', 'illegal_parameter SIGNATURE_SCHEME', { scheme: 0x0804 }],
    ['signs by a scheme of another curve', 'illegal_parameter SIGNATURE_SCHEME', { scheme: 0x0503 }],
    ['signs with SHA-1', 'illegal_parameter SIGNATURE_SCHEME', { scheme: 0x0203 }],
    ['signs with PKCS #1', 'illegal_parameter SIGNATURE_SCHEME', { scheme: 0x0401 }],
    ['has a wrong Finished', 'decrypt_error FINISHED', { instead: { finished: it => flipped(it, -1) } }],
    [
      'has a short Finished',
      'decrypt_error FINISHED',
      {
        instead: { finished: it => encodeMessage(messageTypes.finished, it.subarray(4, 12)) },
      },
    ],
    [
      'has an empty Finished',
      'decrypt_error FINISHED',
      { instead: { finished: () => encodeMessage(messageTypes.finished) } },
    ],
    ['sends no certificate in its Certificate', 'decode_error', { identity: { ...identity, chain: [] } }],
    [
      'answers a certificate context',
      'illegal_parameter',
      {
        instead: { certificate: it => encodeMessage(messageTypes.certificate, prefixed8(u8(1)), it.subarray(5)) },
      },
    ],
    [
      'sends certificate extensions',
      'illegal_parameter',
      {
        instead: {
          certificate: () => {
            const [first = zeros(0)] = identity.chain;
            const entry = concatBytes(prefixed24(first), encodeExtensions([[extensionTypes.alpn, zeros(0)]]));
            return encodeMessage(messageTypes.certificate, prefixed8(), prefixed24(entry));
          },
        },
      },
    ],
    [
      'sends a stapled answer nobody asked for',
      'unsupported_extension',
      {
        instead: {
          certificate: () => {
            const [first = zeros(0)] = identity.chain;
            const entry = concatBytes(prefixed24(first), encodeExtensions([[5, zeros(0)]]));
            return encodeMessage(messageTypes.certificate, prefixed8(), prefixed24(entry));
          },
        },
      },
    ],
    ['has a certificate of a leaf', 'bad_certificate CERT_KEY_USAGE', { identity: ofLeaf }],
    [
      'sends a malformed certificate',
      'bad_certificate CERT_MALFORMED',
      { identity: { ...identity, chain: [zeros(20)] } },
    ],
    [
      'sends seventeen certificates',
      'bad_certificate CERT_CHAIN_TOO_LONG',
      {
        identity: { ...identity, chain: Array.from({ length: 17 }, () => identity.chain[0] ?? zeros(0)) },
      },
    ],
    [
      'chooses a protocol that was not offered',
      'illegal_parameter',
      extensionsOf([extensionTypes.alpn, prefixed16(prefixed8(ascii('h2')))]),
    ],
    [
      'chooses two protocols',
      'decode_error',
      extensionsOf([extensionTypes.alpn, prefixed16(prefixed8(ascii('http/1.1')), prefixed8(ascii('http/1.1')))]),
    ],
    ['sends an extension nobody asked for', 'unsupported_extension', extensionsOf([0x1234, zeros(0)])],
    ['sends a key share in the wrong message', 'illegal_parameter', extensionsOf(share)],
    [
      'sends an extension twice',
      'illegal_parameter',
      extensionsOf([extensionTypes.serverName, zeros(0)], [extensionTypes.serverName, zeros(0)]),
    ],
    [
      'sends more than its message holds',
      'decode_error',
      { instead: { extensions: it => encodeMessage(8, it.subarray(4), u8(0)) } },
    ],
    ['sends less than its message holds', 'decode_error', { instead: { extensions: () => encodeMessage(8, u16(9)) } }],
    [
      'sends a message of 64 KiB',
      'illegal_parameter',
      { instead: { extensions: () => encodeMessage(8, zeros(65_536)).subarray(0, 16_000) } },
    ],
    ['echoes another session id', 'illegal_parameter', { hello: { sessionId: zeros(32) } }],
    ['compresses', 'illegal_parameter', { hello: { compression: 1 } }],
    ['chooses a cipher suite that was not offered', 'illegal_parameter', { hello: { suite: 0x1304 } }],
    ['chooses a cipher suite of TLS 1.2', 'illegal_parameter', { hello: { suite: 0xc02b } }],
    [
      'chooses a later version',
      'illegal_parameter',
      { hello: { extensions: [[extensionTypes.supportedVersions, u16(0x0305)], share] } },
    ],
    [
      'chooses SSL 3 by the extension',
      'illegal_parameter',
      { hello: { extensions: [[extensionTypes.supportedVersions, u16(0x0300)], share] } },
    ],
    [
      'chooses TLS 1.2 by the extension',
      'illegal_parameter',
      { hello: { extensions: [[extensionTypes.supportedVersions, u16(0x0303)], share] } },
    ],
    ['calls its legacy version TLS 1.3', 'illegal_parameter', { hello: { version: 0x0304 } }],
    ['sends no key share', 'missing_extension', { hello: { extensions: [version] } }],
    [
      'sends a key share of another group',
      'illegal_parameter',
      { hello: { extensions: [version, [extensionTypes.keyShare, concatBytes(u16(0x17), prefixed16(zeros(65)))]] } },
    ],
    [
      'sends a key share of low order',
      'illegal_parameter',
      { hello: { extensions: [version, [extensionTypes.keyShare, concatBytes(u16(0x1d), prefixed16(zeros(32)))]] } },
    ],
    [
      'sends a short key share',
      'illegal_parameter',
      { hello: { extensions: [version, [extensionTypes.keyShare, concatBytes(u16(0x1d), prefixed16(zeros(31)))]] } },
    ],
    [
      'resumes what was never there',
      'unsupported_extension',
      { hello: { extensions: [version, share, [41, u16(0)]] } },
    ],
    ['retries for the same group', 'illegal_parameter', retry([extensionTypes.keyShare, u16(0x1d)])],
    ['retries for a group that was not offered', 'illegal_parameter', retry([extensionTypes.keyShare, u16(0x1e)])],
    ['retries for nothing', 'illegal_parameter', retry()],
    ['retries with an empty cookie', 'decode_error', retry([extensionTypes.cookie, prefixed16()])],
  ])('a server that %s: %s', (what, expected, script) => {
    const it = answered(script);
    expect(refusal(it)).toBe(expected);
    // The first Finished was as it must be.
    expect(it.connection.opened).toBe(what === 'sends two Finished');
  });

  function extensionsOf(...extensions: [number, Uint8Array][]): Partial<Script13> {
    return {
      instead: { extensions: () => encodeMessage(messageTypes.encryptedExtensions, encodeExtensions(extensions)) },
    };
  }

  test('a second HelloRetryRequest: unexpected_message', () => {
    const it = client();
    const ask = flight13(it.hello, { identity, ...retry([extensionTypes.cookie, prefixed16(u8(7))]) });
    it.connection.receive(ask.bytes);
    expect(refusal(it)).toBe('waiting');
    it.connection.receive(ask.bytes);
    expect(refusal(it)).toBe('unexpected_message');
  });

  test('another cipher suite after a HelloRetryRequest: illegal_parameter', () => {
    const it = client();
    it.connection.receive(flight13(it.hello, { identity, ...retry([extensionTypes.cookie, prefixed16(u8(7))]) }).bytes);
    it.connection.receive(flight13(it.hello, { identity, suite: 0x1303 }).bytes);
    expect(refusal(it)).toBe('illegal_parameter');
  });

  describe('the records', () => {
    test.each([1, 100, 512])('of %i bytes each carry a handshake', size => {
      const it = client();
      const { hello, messages, handshake: keys } = flight13(it.hello, { identity });
      it.connection.receive(inPieces(hello, size, plainRecord));
      const rest = concatBytes(...messages);
      it.connection.receive(inPieces(rest, size, bytes => keys.server.seal({ type: handshake, bytes })));
      expect(refusal(it)).toBe('opened');
    });

    test('come byte by byte, with one of TLS 1.2 in between that says nothing', () => {
      const it = client();
      const { hello, messages, handshake: keys, application } = flight13(it.hello, { identity });
      const flight = concatBytes(
        plainRecord(u8(1), changeCipherSpec),
        plainRecord(hello),
        plainRecord(u8(1), changeCipherSpec),
        ...messages.map(bytes => keys.server.seal({ type: handshake, bytes })),
      );
      for (const byte of flight) it.connection.receive(Uint8Array.of(byte));
      expect(it.connection.opened).toBe(true);
      it.connection.receive(padded(application.server, ascii('hello'), 1000));
      expect(it.connection.takeData()).toEqual(ascii('hello'));
    });

    const afterHandshake: [string, string, (server: Protection) => Uint8Array][] = [
      ['data in the clear', 'unexpected_message', () => encodeRecord(handshake, ascii('hello'))],
      ['an alert in the clear', 'unexpected_message', () => encodeRecord(alert, Uint8Array.of(1, 0))],
      ['a record of TLS 1.2’s change of ciphers', 'unexpected_message', () => encodeRecord(changeCipherSpec, u8(1))],
      ['a record that is not TLS', 'protocol_version ERR_SSL_WRONG_VERSION_NUMBER', () => ascii('HTTP/1.1')],
      [
        'a record of a wrong length',
        'record_overflow',
        () => concatBytes(u8(23), u16(0x0303, 2 ** 14 + 257), zeros(10)),
      ],
      [
        'more than 16 KiB in a record',
        'record_overflow',
        server => server.seal({ type: applicationData, bytes: zeros(2 ** 14 + 1) }),
      ],
      [
        'a record that does not verify',
        'bad_record_mac',
        server => flipped(server.seal({ type: applicationData, bytes: zeros(9) }), -1),
      ],
      ['a record without a tag', 'bad_record_mac', () => encodeRecord(applicationData, zeros(9))],
      [
        'a record again',
        'bad_record_mac',
        server => {
          const record = server.seal({ type: alert, bytes: Uint8Array.of(1, 90) });
          return concatBytes(record, record);
        },
      ],
      [
        'a record that another one should have come before',
        'bad_record_mac',
        server => {
          server.seal({ type: applicationData, bytes: zeros(9) });
          return server.seal({ type: applicationData, bytes: zeros(9) });
        },
      ],
      ['nothing but padding', 'unexpected_message', server => server.seal({ type: 0, bytes: zeros(10) })],
      [
        'an empty record of the handshake',
        'unexpected_message',
        server => server.seal({ type: handshake, bytes: zeros(0) }),
      ],
      ['an empty alert', 'unexpected_message', server => server.seal({ type: alert, bytes: zeros(0) })],
      ['an alert of three bytes', 'decode_error', server => server.seal({ type: alert, bytes: zeros(3) })],
      ['an unknown kind of record', 'unexpected_message', server => server.seal({ type: 24, bytes: zeros(3) })],
      [
        'a hidden change of ciphers',
        'unexpected_message',
        server => server.seal({ type: changeCipherSpec, bytes: u8(1) }),
      ],
      [
        'a new hello',
        'unexpected_message',
        server => server.seal({ type: handshake, bytes: encodeMessage(messageTypes.serverHello) }),
      ],
      [
        'a request for another handshake',
        'unexpected_message',
        server => server.seal({ type: handshake, bytes: encodeMessage(messageTypes.helloRequest) }),
      ],
      [
        'a request for a certificate',
        'unexpected_message',
        server =>
          server.seal({ type: handshake, bytes: encodeMessage(messageTypes.certificateRequest, prefixed8(), u16(0)) }),
      ],
      [
        'a key update of another kind',
        'illegal_parameter',
        server => server.seal({ type: handshake, bytes: encodeMessage(messageTypes.keyUpdate, u8(2)) }),
      ],
      [
        'an empty key update',
        'decode_error',
        server => server.seal({ type: handshake, bytes: encodeMessage(messageTypes.keyUpdate) }),
      ],
      [
        'a key update with more behind it',
        'unexpected_message',
        server =>
          server.seal({ type: handshake, bytes: concatBytes(encodeMessage(messageTypes.keyUpdate, u8(0)), u8(4)) }),
      ],
      [
        'an empty ticket',
        'decode_error',
        server =>
          server.seal({
            type: handshake,
            bytes: encodeMessage(messageTypes.newSessionTicket, zeros(8), prefixed8(), u16(0, 0)),
          }),
      ],
      [
        'data within a message',
        'unexpected_message',
        server =>
          concatBytes(
            server.seal({ type: handshake, bytes: Uint8Array.of(messageTypes.newSessionTicket, 0, 0) }),
            server.seal({ type: applicationData, bytes: zeros(1) }),
          ),
      ],
      [
        '33 empty records',
        'unexpected_message TOO_MANY_IDLE_RECORDS',
        server =>
          concatBytes(...Array.from({ length: 33 }, () => server.seal({ type: applicationData, bytes: zeros(0) }))),
      ],
      [
        'a fatal alert',
        'undefined ALERT_INTERNAL_ERROR',
        server => server.seal({ type: alert, bytes: Uint8Array.of(2, 80) }),
      ],
      [
        'a warning that is none any more',
        'undefined ALERT_UNRECOGNIZED_NAME',
        server => server.seal({ type: alert, bytes: Uint8Array.of(1, 112) }),
      ],
    ];

    test.each(afterHandshake)('after the handshake, %s: %s', (_what, expected, send) => {
      const it = client();
      const flight = flight13(it.hello, { identity });
      it.connection.receive(flight.bytes);
      const mine = it.connection.takeOutput();
      expect(refusal(it)).toBe('opened');
      it.connection.receive(send(flight.application.server));
      expect(refusal(it)).toBe(expected);
      // And the server is told, under the keys of the connection.
      opened(flight.handshake.client, mine);
      const sent = opened(flight.application.client, it.connection.takeOutput()).at(-1)?.bytes;
      const { failure } = it.connection;
      expect(sent).toEqual(failure?.alert === undefined ? undefined : Uint8Array.of(2, alerts[failure.alert]));
      // Nothing that comes later changes anything.
      it.connection.receive(flight.application.server.seal({ type: applicationData, bytes: ascii('more') }));
      expect(refusal(it)).toBe(expected);
    });

    test('in the handshake: data before the end, messages across keys, in the clear, too many that say nothing', () => {
      const cases: [string, (flight: ReturnType<typeof flight13>) => Uint8Array][] = [
        [
          'unexpected_message',
          ({ hello, handshake: { server } }) =>
            concatBytes(plainRecord(hello), server.seal({ type: applicationData, bytes: zeros(1) })),
        ],
        ['unexpected_message', ({ hello, messages }) => plainRecord(concatBytes(hello, messages[0] ?? zeros(0)))],
        [
          'unexpected_message',
          ({ hello, messages }) => concatBytes(plainRecord(hello), plainRecord(messages[0] ?? zeros(0))),
        ],
        [
          'unexpected_message',
          ({ hello }) => concatBytes(plainRecord(hello.subarray(0, 9)), plainRecord(Uint8Array.of(1, 90), alert)),
        ],
        [
          'unexpected_message',
          ({ hello }) => concatBytes(plainRecord(hello), plainRecord(Uint8Array.of(2), changeCipherSpec)),
        ],
        [
          'unexpected_message',
          ({ hello }) => concatBytes(plainRecord(hello), plainRecord(Uint8Array.of(2, 40), alert)),
        ],
        ['undefined ALERT_HANDSHAKE_FAILURE', () => plainRecord(Uint8Array.of(2, 40), alert)],
        ['undefined ALERT_CLOSE_NOTIFY', () => plainRecord(Uint8Array.of(1, 0), alert)],
        ['unexpected_message', () => encodeRecord(handshake, zeros(0))],
        ['unexpected_message', () => encodeRecord(applicationData, zeros(1))],
        [
          'unexpected_message TOO_MANY_IDLE_RECORDS',
          () => concatBytes(...Array.from({ length: 33 }, () => plainRecord(u8(1), changeCipherSpec))),
        ],
        [
          'unexpected_message TOO_MANY_IDLE_RECORDS',
          () => concatBytes(...Array.from({ length: 33 }, () => plainRecord(Uint8Array.of(1, 112), alert))),
        ],
      ];
      for (const [expected, send] of cases) {
        const it = client();
        it.connection.receive(send(flight13(it.hello, { identity })));
        expect(refusal(it)).toBe(expected);
        expect(it.connection.opened).toBe(false);
      }
    });
  });

  test('keys are renewed when the server asks, and not when it only says so; tickets are dropped', () => {
    const it = client();
    const flight = flight13(it.hello, { identity });
    it.connection.receive(flight.bytes);
    opened(flight.handshake.client, it.connection.takeOutput());
    const { server, client: mine } = flight.application;
    const ticket = encodeMessage(
      messageTypes.newSessionTicket,
      zeros(8),
      prefixed8(u8(1)),
      prefixed16(zeros(9)),
      u16(0),
    );
    it.connection.receive(server.seal({ type: handshake, bytes: concatBytes(ticket, ticket) }));
    expect(it.connection.takeOutput()).toHaveLength(0);
    it.connection.receive(server.seal({ type: handshake, bytes: encodeMessage(messageTypes.keyUpdate, u8(1)) }));
    expect(opened(mine, it.connection.takeOutput())).toEqual([
      { type: handshake, bytes: encodeMessage(messageTypes.keyUpdate, u8(0)) },
    ]);
    // The old keys are over.
    it.connection.receive(server.seal({ type: applicationData, bytes: ascii('old') }));
    expect(refusal(it)).toBe('bad_record_mac');
  });

  test('close_notify ends it, and what comes behind is not looked at', () => {
    const it = client();
    const flight = flight13(it.hello, { identity });
    it.connection.receive(flight.bytes);
    const { server } = flight.application;
    const last = server.seal({ type: applicationData, bytes: ascii('last') });
    it.connection.receive(
      concatBytes(last, server.seal({ type: alert, bytes: Uint8Array.of(1, 0) }), ascii('garbage')),
    );
    expect(it.connection.takeData()).toEqual(ascii('last'));
    expect([it.connection.peerClosed, it.connection.failure]).toEqual([true, undefined]);
  });
});

describe('TLS 1.2', () => {
  const ems: [number, Uint8Array] = [extensionTypes.extendedMasterSecret, zeros(0)];
  const renegotiation: [number, Uint8Array] = [extensionTypes.renegotiationInfo, prefixed8()];

  function answered(script: Partial<Script12>): Client {
    const it = client();
    const server = server12(it.hello, { identity, ...script });
    it.connection.receive(server.bytes);
    if (it.connection.failure === undefined) {
      const flight = it.connection.takeOutput();
      if (flight.length > 0) {
        const { changeCipherSpec: change, finished } = server.finish(flight);
        it.connection.receive(concatBytes(change, finished));
      }
    }
    return it;
  }

  test('the scripted server is accepted while it is honest, with each cipher', () => {
    for (const suite of [0xc02b, 0xc02c, 0xcca9]) expect(refusal(answered({ suite }))).toBe('opened');
  });

  test.each<[string, string, Partial<Script12>]>([
    ['skips the key exchange', 'unexpected_message', { steps: ['certificate', 'done'] }],
    ['skips the certificate', 'unexpected_message', { steps: ['keyExchange', 'done'] }],
    ['is done at once', 'unexpected_message', { steps: ['done'] }],
    ['sends two certificates', 'unexpected_message', { steps: ['certificate', 'certificate', 'keyExchange', 'done'] }],
    ['sends its key exchange first', 'unexpected_message', { steps: ['keyExchange', 'certificate', 'done'] }],
    [
      'asks for a renegotiation within',
      'unexpected_message',
      { steps: ['certificate', encodeMessage(messageTypes.helloRequest), 'keyExchange', 'done'] },
    ],
    [
      'finishes in the clear',
      'unexpected_message',
      { steps: ['certificate', 'keyExchange', 'done', encodeMessage(messageTypes.finished, zeros(12))] },
    ],
    ['signs something else', 'decrypt_error HANDSHAKE_SIGNATURE', { signed: content => flipped(content, -1) }],
    ['signs the parameters alone', 'decrypt_error HANDSHAKE_SIGNATURE', { signed: content => content.subarray(64) }],
    ['signs for another client', 'decrypt_error HANDSHAKE_SIGNATURE', { signed: content => flipped(content, 3) }],
    ['signs with another key', 'decrypt_error HANDSHAKE_SIGNATURE', { identity: { ...identity, key: other.key } }],
    ['signs with SHA-1', 'illegal_parameter SIGNATURE_SCHEME', { scheme: 0x0203 }],
    ['signs by a scheme of RSA', 'illegal_parameter SIGNATURE_SCHEME', { scheme: 0x0401 }],
    ['chooses a curve that was not offered', 'illegal_parameter', { group: 0x0019 }],
    ['chooses a suite of RSA with a key of ECDSA', 'illegal_parameter', { suite: 0xc02f }],
    ['has a wrong Finished', 'decrypt_error FINISHED', { finished: it => flipped(it, -1) }],
    [
      'has a short Finished',
      'decrypt_error FINISHED',
      { finished: it => encodeMessage(messageTypes.finished, it.subarray(4, 8)) },
    ],
    ['has a certificate of a leaf', 'bad_certificate CERT_KEY_USAGE', { identity: ofLeaf }],
    ['sends no certificate', 'decode_error', { identity: { ...identity, chain: [] } }],
    [
      'knows no extended master secret',
      'handshake_failure EXTENDED_MASTER_SECRET',
      { hello: { extensions: [renegotiation] } },
    ],
    ['may renegotiate insecurely', 'handshake_failure UNSAFE_RENEGOTIATION', { hello: { extensions: [ems] } }],
    [
      'claims to renegotiate',
      'handshake_failure UNSAFE_RENEGOTIATION',
      { hello: { extensions: [ems, [extensionTypes.renegotiationInfo, prefixed8(zeros(12))]] } },
    ],
    [
      'was downgraded from TLS 1.3',
      'illegal_parameter DOWNGRADE',
      { hello: { random: concatBytes(zeros(24), ascii('DOWNGRD\x01')) } },
    ],
    [
      'was downgraded from TLS 1.2',
      'illegal_parameter DOWNGRADE',
      { hello: { random: concatBytes(zeros(24), ascii('DOWNGRD\x00')) } },
    ],
    ['is too old', 'protocol_version TOO_OLD', { hello: { version: 0x0302 } }],
    ['chooses a suite of CBC', 'illegal_parameter', { hello: { suite: 0xc009 } }],
    ['chooses a suite of static RSA', 'illegal_parameter', { hello: { suite: 0x009c } }],
    ['compresses', 'illegal_parameter', { hello: { compression: 1 } }],
    [
      'sends a ticket extension nobody asked for',
      'unsupported_extension',
      { hello: { extensions: [ems, renegotiation, [35, zeros(0)]] } },
    ],
  ])('a server that %s: %s', (_what, expected, script) => {
    const it = answered(script);
    expect(refusal(it)).toBe(expected);
    expect(it.connection.opened).toBe(false);
  });

  test('resuming a session that was never there: illegal_parameter', () => {
    const it = client();
    const sessionId = it.hello.slice(44, 76);
    it.connection.receive(server12(it.hello, { identity, hello: { sessionId } }).bytes);
    expect(refusal(it)).toBe('illegal_parameter');
  });

  test('the change of ciphers comes once, at its place, and with the Finished behind it', () => {
    const one = plainRecord(u8(1), changeCipherSpec);
    const cases: [string, (it: Client, server: ReturnType<typeof server12>) => Uint8Array[]][] = [
      // Before the keys are known: CVE-2014-0224.
      ['unexpected_message', (_, server) => [concatBytes(server.bytes.subarray(0, 5 + 4 + 38 + 11), one)]],
      [
        'unexpected_message',
        (it, server) => {
          it.connection.receive(server.bytes);
          const { changeCipherSpec: change, finished } = server.finish(it.connection.takeOutput());
          return [concatBytes(change, change, finished)];
        },
      ],
      // Without it, nothing is read under the new keys.
      [
        'unexpected_message',
        (it, server) => {
          it.connection.receive(server.bytes);
          return [server.finish(it.connection.takeOutput()).finished];
        },
      ],
      [
        'unexpected_message',
        (it, server) => {
          it.connection.receive(server.bytes);
          return [plainRecord(Uint8Array.of(1, 1), changeCipherSpec)];
        },
      ],
    ];
    for (const [expected, send] of cases) {
      const it = client();
      for (const bytes of send(it, server12(it.hello, { identity }))) it.connection.receive(bytes);
      expect(refusal(it)).toBe(expected);
      expect(it.connection.opened).toBe(false);
    }
  });

  describe('after the handshake', () => {
    function connected() {
      const it = client();
      const server = server12(it.hello, { identity });
      it.connection.receive(server.bytes);
      const keys = server.finish(it.connection.takeOutput());
      it.connection.receive(concatBytes(keys.changeCipherSpec, keys.finished));
      expect(it.connection.opened).toBe(true);
      return { ...it, ...keys };
    }

    test('a request to renegotiate is refused with a warning, and data goes on', () => {
      const it = connected();
      it.connection.receive(it.server.seal({ type: handshake, bytes: encodeMessage(messageTypes.helloRequest) }));
      expect(opened(it.client, it.connection.takeOutput())).toEqual([
        { type: alert, bytes: Uint8Array.of(1, alerts.no_renegotiation) },
      ]);
      it.connection.receive(it.server.seal({ type: applicationData, bytes: ascii('hello') }));
      expect(it.connection.takeData()).toEqual(ascii('hello'));
    });

    test.each<[string, string, (server: Protection) => Uint8Array]>([
      [
        'a new hello',
        'unexpected_message',
        server => server.seal({ type: handshake, bytes: encodeMessage(messageTypes.serverHello) }),
      ],
      ['another change of ciphers', 'unexpected_message', () => encodeRecord(changeCipherSpec, u8(1))],
      ['data in the clear', 'bad_record_mac', () => encodeRecord(applicationData, ascii('hello'))],
      ['a closing in the clear', 'bad_record_mac', () => encodeRecord(alert, Uint8Array.of(1, 0))],
      [
        'a record that does not verify',
        'bad_record_mac',
        server => flipped(server.seal({ type: applicationData, bytes: zeros(9) }), -1),
      ],
      [
        'a record of another type',
        'bad_record_mac',
        server => flipped(server.seal({ type: applicationData, bytes: zeros(9) }), 0),
      ],
      [
        'more than 16 KiB in a record',
        'record_overflow',
        server => server.seal({ type: applicationData, bytes: zeros(2 ** 14 + 1) }),
      ],
      [
        'forty requests to renegotiate',
        'unexpected_message TOO_MANY_IDLE_RECORDS',
        server =>
          concatBytes(
            ...Array.from({ length: 40 }, () =>
              server.seal({ type: handshake, bytes: encodeMessage(messageTypes.helloRequest) }),
            ),
          ),
      ],
    ])('%s: %s', (_what, expected, send) => {
      const it = connected();
      it.connection.receive(send(it.server));
      expect(refusal(it)).toBe(expected);
    });
  });
});

function inPieces(bytes: Uint8Array, size: number, record: (piece: Uint8Array) => Uint8Array): Uint8Array {
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) records.push(record(bytes.subarray(at, at + size)));
  return concatBytes(...records);
}

/** RFC 8446, section 5.4. */
function padded(server: Protection, data: Uint8Array, zerosBehind: number): Uint8Array {
  return server.seal({ type: 0, bytes: concatBytes(data, u8(applicationData), zeros(zerosBehind)) });
}
