/** The client's side alone, and the codecs under it, against whatever a gateway, or somebody in between, may send. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import {
  answerHandshake,
  beginHandshake,
  ClientSession,
  encodeGatewayMessage,
  expectSuccess,
  GatewayClients,
  type GatewayMessage,
  GatewaySession,
  openFrame,
  parseClientMessage,
  parseGatewayMessage,
  sealFrame,
} from '../../src/gateway/index.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { identityOf } from './gateway-host.ts';

const gateway = identityOf('gateway');
const client = identityOf('client');
const random = seededRandom('client session');
const key = new Uint8Array(32).fill(3);

describe('setting up', () => {
  test.each([
    ['a version before 4', { type: 'supportedProtocol', version: 3 }, 'ERR_MIX_GATEWAY_VERSION'],
    ['an error', { type: 'error', message: 'go away' }, 'ERR_MIX_GATEWAY_REFUSED'],
    ['a typed error', { type: 'typedError', error: { kind: 'ticket-replay' } }, 'ERR_MIX_GATEWAY_REFUSED'],
    ['a handshake nobody began', { type: 'handshakePayload', version: 6, data: key }, 'ERR_MIX_GATEWAY_MISBEHAVED'],
    [
      'an admission nobody asked for',
      { type: 'register', version: 6, status: true, upgradeMode: false },
      'ERR_MIX_GATEWAY_MISBEHAVED',
    ],
    [
      'bandwidth nobody asked for',
      { type: 'bandwidth', bandwidth: 1, upgradeMode: false },
      'ERR_MIX_GATEWAY_MISBEHAVED',
    ],
  ] as const)('fails on %s', (_, message, code) => {
    expect(session().text(encodeGatewayMessage(message), 0).failure?.error.code).toBe(code);
  });

  test.each([
    ['a status that is false', { status: false, version: 6 }, 'ERR_MIX_GATEWAY_REFUSED'],
    ['a version of the future', { status: true, version: 7 }, 'ERR_MIX_GATEWAY_VERSION'],
    ['a version of the past', { status: true, version: 3 }, 'ERR_MIX_GATEWAY_VERSION'],
  ])('fails on an authentication answered with %s', (_, answer, code) => {
    const asking = session(key);
    asking.text('{"type":"supportedProtocol","version":6}', 0);
    const message: GatewayMessage = { type: 'authenticate', bandwidth: 10 ** 10, upgradeMode: false, ...answer };
    expect(asking.text(encodeGatewayMessage(message), 0).failure?.error.code).toBe(code);
  });

  test('takes an answer without a version for the version asked for', () => {
    const asking = session(key);
    asking.text('{"type":"supportedProtocol","version":5}', 0);
    const answer = asking.text('{"type":"authenticate","status":true,"bandwidth_remaining":1000000000000}', 0);
    expect(answer).toEqual({ send: [], ready: true });
  });

  test('asks for no bandwidth where there is plenty, or where nothing is metered', () => {
    for (const answer of ['"bandwidth_remaining":200000000', '"bandwidth_remaining":40000001,"upgrade_mode":true']) {
      const asking = session(key);
      asking.text('{"type":"supportedProtocol","version":6}', 0);
      expect(asking.text(`{"type":"authenticate","protocol_version":6,"status":true,${answer}}`, 0).ready).toBe(true);
    }
  });

  test('keeps the reason of a refusal short and printable', () => {
    const { failure } = session().text(
      encodeGatewayMessage({ type: 'error', message: `\u001b[2J\n${'x'.repeat(9999)}` }),
      0,
    );
    expect(failure?.error.message).not.toContain('x');
    expect(failure?.error.cause).toMatchObject({ message: `?[2J?${'x'.repeat(195)}` });
  });

  test('fails where the gateway’s proof, or anything in it, is bent', () => {
    const handshake = beginHandshake(client, gateway.publicKey, random);
    const { answer } = answerHandshake(gateway, handshake.opening, random);
    expect(() => handshake.answer(answer)).not.toThrow();
    for (let at = 0; at < answer.length; at++) {
      const bent = Uint8Array.from(answer, (byte, index) => (index === at ? byte ^ 0x10 : byte));
      expect(() => handshake.answer(bent)).toThrow(MixnetError);
    }
    for (const length of [0, 31, 32, 123, 125]) {
      expect(() => handshake.answer(new Uint8Array(length))).toThrow(MixnetError);
    }
    // An ephemeral key of low order.
    expect(() => handshake.answer(new Uint8Array(124))).toThrow(MixnetError);
    for (const last of [[], [0], [2], [1, 1]]) expect(() => expectSuccess(Uint8Array.from(last))).toThrow(MixnetError);
  });

  test('comes to an end with our own gateway, whichever versions meet', () => {
    for (const newestVersion of [4, 5, 6, 7, 200]) {
      const answering = new GatewaySession({
        identity: gateway,
        clients: new GatewayClients(),
        random,
        now: 0,
        newestVersion,
      });
      const asking = session();
      let queue = [asking.opening];
      for (let round = 0; round < 10 && !asking.ready; round++) {
        const answers = queue.flatMap(text => answering.text(text, 0).send);
        queue = answers.flatMap(answer => (typeof answer === 'string' ? asking.text(answer, 0).send : []));
      }
      expect(asking.ready).toBe(true);
    }
  });
});

describe('any text whatever', () => {
  const sample = [
    '{"type":"supportedProtocol","version":6}',
    '{"type":"handshakePayload","protocol_version":6,"data":[1,2,3]}',
    '{"type":"register","protocol_version":6,"status":true,"upgrade_mode":false}',
    '{"type":"authenticate","protocol_version":6,"status":true,"bandwidth_remaining":0,"upgrade_mode":false}',
    '{"type":"typedError","error":{"out_of_bandwidth":{"required":2413,"available":17}}}',
    '{"type":"encryptedResponse","ciphertext":[1],"nonce":[1,2,3,4,5,6,7,8,9,10,11,12]}',
    '{"type":"authenticateV2","protocolVersion":6,"clientIdentity":[],"addressCiphertext":"","nonce":"","requestUnixTimestamp":1,"requestSignature":[]}',
    '{"type":"ecashCredential","enc_credential":[1],"iv":[1,2,3,4,5,6,7,8,9,10,11,12]}',
  ];
  const texts = fc.oneof(
    fc.string(),
    fc.jsonValue().map(value => JSON.stringify(value)),
    fc
      .tuple(fc.constantFrom(...sample), fc.nat(200), fc.string({ maxLength: 5 }), fc.nat(5))
      .map(([text, at, insert, cut]) => text.slice(0, at) + insert + text.slice(at + cut)),
    fc
      .record({
        type: fc.constantFrom(
          'supportedProtocol',
          'register',
          'authenticate',
          'send',
          'typedError',
          'handshakePayload',
        ),
        version: fc.jsonValue(),
        protocol_version: fc.jsonValue(),
        status: fc.jsonValue(),
        data: fc.jsonValue(),
        error: fc.jsonValue(),
        remaining_bandwidth: fc.jsonValue(),
      })
      .map(value => JSON.stringify(value)),
  );

  test('is read, or refused with our error', () => {
    fc.assert(
      fc.property(texts, text => {
        for (const parse of [parseClientMessage, parseGatewayMessage]) {
          try {
            expect(typeof parse(text).type).toBe('string');
          } catch (error) {
            expect(error).toBeInstanceOf(MixnetError);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('leads a session on, or ends it with our error', () => {
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 5 }), fc.boolean(), (sequence, known) => {
        const asking = session(known ? key : undefined);
        for (const text of sequence) {
          const { failure } = asking.text(text, 0);
          if (failure !== undefined) expect(failure.error).toBeInstanceOf(MixnetError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('does not throw a gateway', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(texts, fc.uint8Array({ maxLength: 200 })), { maxLength: 5 }), sequence => {
        const answering = new GatewaySession({ identity: gateway, clients: new GatewayClients(), random, now: 0 });
        for (const data of sequence) {
          const { send } = typeof data === 'string' ? answering.text(data, 0) : answering.frame(data, 0);
          expect(send.length).toBeLessThan(5);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('beyond 64 kB is not even looked at', () => {
    expect(() => parseGatewayMessage(`{"type":"error","message":"${'x'.repeat(65_536)}"}`)).toThrow(MixnetError);
  });
});

describe('frames', () => {
  test('come back as they were, and bent not at all', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array({ maxLength: 3_000 }), fc.nat(), (kind, plaintext, at) => {
        const frame = sealFrame({ kind, plaintext }, key, random);
        expect(openFrame(frame, key)).toEqual({ kind, plaintext: Uint8Array.from(plaintext) });
        const position = 1 + (at % (frame.length - 1));
        const bent = Uint8Array.from(frame, (byte, index) => (index === position ? byte ^ 1 : byte));
        expect(() => openFrame(bent, key)).toThrow(MixnetError);
      }),
    );
  });

  test('of any bytes whatever are refused with our error, and passed over by a session', () => {
    const listening = session(key);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), frame => {
        expect(() => openFrame(frame, key)).toThrow(MixnetError);
        expect(listening.frame(frame)).toBeUndefined();
      }),
    );
  });

  test('that are not encrypted are not accepted, whoever sends them', () => {
    const frame = new Uint8Array(14 + 21);
    frame[0] = 1;
    expect(session(key).frame(frame)).toBeUndefined();
  });

  test('of another kind than pushed messages are not for the client', () => {
    expect(session(key).frame(sealFrame({ kind: 2, plaintext: key }, key, random))).toBeUndefined();
    expect(session(key).frame(sealFrame({ kind: 1, plaintext: key }, key, random))).toEqual(key);
    expect(session().frame(sealFrame({ kind: 1, plaintext: key }, key, random))).toBeUndefined();
  });
});

function session(sharedKey?: Uint8Array): ClientSession {
  return new ClientSession({
    gatewayIdentity: gateway.publicKey,
    identity: client,
    sharedKey,
    timestamp: () => 1_777_636_800,
    random,
  });
}
