/** The gateway's side alone: what it says to whom, in which order it checks, and what it never does. */

import { describe, expect, test } from 'vitest';
import { ed25519Sign } from '#crypto';
import {
  authenticateRequest,
  beginHandshake,
  type ClientMessage,
  encodeClientMessage,
  GatewayClients,
  GatewaySession,
  type GatewaySessionOptions,
  gatewayTexts,
  openFrame,
  openResponse,
  parseGatewayMessage,
  type SessionOutput,
  sealFrame,
  sealRequest,
  signedPlaintext,
} from '../../src/gateway/index.ts';
import { encodeMixPacket, type MixPacket } from '../../src/sphinx/index.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { identityOf } from './gateway-host.ts';

const gateway = identityOf('gateway');
const client = identityOf('client');
const random = seededRandom('gateway session');
const start = Date.UTC(2026, 4, 1, 12);
const seconds = start / 1_000;

describe('versions', () => {
  test('supportedProtocol is answered before and after the authentication, as often as one likes', () => {
    const { session, say } = world();
    for (let round = 0; round < 3; round++)
      expect(types(say({ type: 'supportedProtocol' }))).toEqual(['supportedProtocol']);
    register(session);
    expect(say({ type: 'supportedProtocol' }).send).toEqual(['{"type":"supportedProtocol","version":6}']);
  });

  test.each([0, 1, 2, 3, 4, 5, 6])('a registration with version %i is accepted, and the version echoed', version => {
    const { session } = world();
    const { answers } = register(session, version);
    for (const answer of answers) expect(answer).toMatchObject({ version });
  });

  test('a registration with a version of the future continues with the newest', () => {
    for (const answer of register(world().session, 9).answers) expect(answer).toMatchObject({ version: 6 });
  });

  test.each([4, 5, 6])('an authentication with version %i is accepted, and the version echoed', version => {
    const { say, sharedKey } = registered();
    const answer = say(authentication({ sharedKey, version }));
    expect(messages(answer)).toEqual([
      { type: 'authenticate', version, status: true, bandwidth: 0, upgradeMode: false },
    ]);
    expect(answer.authenticated).toEqual(client.publicKey);
  });

  test.each([3, 7])('an authentication with version %i is refused', version => {
    const { say, sharedKey } = registered();
    refusedTwice(say(authentication({ sharedKey, version })), gatewayTexts.incompatibleVersion(6, version));
  });
});

describe('registration', () => {
  test('of a client whose proof is another’s is refused', () => {
    const { session, say } = world();
    const handshake = beginHandshake({ ...client, seed: identityOf('other').seed }, gateway.publicKey, random);
    const opened = say({ type: 'handshakePayload', version: 6, data: handshake.opening });
    const [answer] = messages(opened);
    if (answer?.type !== 'handshakePayload') throw new Error('no answer');
    const refusal = say({ type: 'handshakePayload', version: 6, data: handshake.answer(answer.data).proof });
    expect(types(refusal)).toEqual(['handshakeError', 'error', 'error']);
    expect(refusal.drop).toBe(true);
    expect(session.client).toBeUndefined();
  });

  test.each([0, 1, 64, 79, 81, 200])('with an opening of %i bytes is refused', length => {
    const refusal = world().say({ type: 'handshakePayload', version: 6, data: new Uint8Array(length) });
    expect(messages(refusal)[0]).toEqual({ type: 'handshakeError', message: gatewayTexts.malformedHandshake });
    expect(refusal.drop).toBe(true);
  });

  test('is not disturbed by other texts and frames in between', () => {
    const { session } = world();
    expect(
      register(session, 6, () => {
        expect(session.text('{"type":"supportedProtocol"}', start)).toEqual({ send: [] });
        expect(session.text('nonsense', start)).toEqual({ send: [] });
        expect(session.frame(new Uint8Array(100), start)).toEqual({ send: [] });
      }).answers,
    ).toHaveLength(3);
  });

  test('of a client that is connected is refused; of one that is not, replaces the key and keeps the bandwidth', () => {
    const first = world();
    const { sharedKey } = register(first.session);
    first.say({ type: 'claimFreeTestnetBandwidth' });
    const second = first.another();
    const { opening } = beginHandshake(client, gateway.publicKey, random);
    refusedTwice(second.say({ type: 'handshakePayload', version: 6, data: opening }), gatewayTexts.alreadyOpen);
    first.session.closed();
    const third = first.another();
    expect(register(third.session).sharedKey).not.toEqual(sharedKey);
    expect(third.clients.bandwidth(client.publicKey, start)).toBe(64 * 1024 ** 3);
  });

  test('can be refused for want of room', () => {
    const { session, another } = world({}, new GatewayClients({ maxClients: 1 }));
    register(session);
    const stranger = identityOf('stranger');
    const { say } = another();
    const handshake = beginHandshake(stranger, gateway.publicKey, random);
    const [answer] = messages(say({ type: 'handshakePayload', version: 6, data: handshake.opening }));
    if (answer?.type !== 'handshakePayload') throw new Error('no answer');
    const { proof } = handshake.answer(answer.data);
    expect(types(say({ type: 'handshakePayload', version: 6, data: proof }))).toContain('handshakeError');
  });
});

describe('authentication checks, in this order', () => {
  test('version, clock, signature, registration, address, timestamp', () => {
    const { sharedKey, another } = registered();
    const wrongKey = new Uint8Array(32).fill(9);
    another().say(authentication({ sharedKey, timestamp: seconds }));
    const stranger = identityOf('stranger');
    const refusals = [
      authentication({ sharedKey, version: 3, timestamp: 0 }),
      { ...authentication({ sharedKey: wrongKey, timestamp: seconds - 121 }), signature: new Uint8Array(64) },
      { ...authentication({ sharedKey: wrongKey }), signature: new Uint8Array(64) },
      authentication({ sharedKey: wrongKey, identity: stranger }),
      authentication({ sharedKey: wrongKey, timestamp: seconds - 1 }),
      authentication({ sharedKey, timestamp: seconds }),
    ].map(request => messages(another().say(request))[0]);
    expect(refusals).toEqual(
      [
        gatewayTexts.incompatibleVersion(6, 3),
        gatewayTexts.skewedTimestamp(seconds - 121, seconds),
        gatewayTexts.badSignature,
        gatewayTexts.notRegistered,
        gatewayTexts.badAddress,
        gatewayTexts.usedTimestamp,
      ].map(message => ({ type: 'error', message })),
    );
  });

  test('clocks may be two minutes apart', () => {
    for (const skew of [-120, 120]) {
      const { say, sharedKey } = registered();
      expect(types(say(authentication({ sharedKey, timestamp: seconds + skew })))).toEqual(['authenticate']);
    }
  });

  test('every byte of what is signed counts', () => {
    const { sharedKey, another } = registered();
    const request = authentication({ sharedKey });
    if (request.type !== 'authenticateV2') throw new Error('not an authentication');
    for (const field of ['identity', 'addressCiphertext', 'nonce', 'signature'] as const) {
      const bent = Uint8Array.from(request[field], (byte, index) => (index === 3 ? byte ^ 1 : byte));
      refusedTwice(another().say({ ...request, [field]: bent }), gatewayTexts.badSignature);
    }
    refusedTwice(another().say({ ...request, timestamp: request.timestamp + 1 }), gatewayTexts.badSignature);
    const longer = { ...request, addressCiphertext: new Uint8Array(49) };
    const signature = ed25519Sign(signedPlaintext(longer), client.seed);
    refusedTwice(another().say({ ...longer, signature }), gatewayTexts.badAddress);
  });

  test('of a client that is connected elsewhere: the other must be older, and is pinged', () => {
    const first = world();
    const { sharedKey } = register(first.session, 6, () => {}, start + 500);
    const stale = first.another();
    refusedTwice(stale.say(authentication({ sharedKey, timestamp: seconds })), gatewayTexts.staleSession);
    const [alive, dead] = [first.another(), first.another()];
    expect(alive.say(authentication({ sharedKey, timestamp: seconds + 1 })).challenge).toBe(first.session);
    refusedTwice(alive.session.challenged(true, start), gatewayTexts.alreadyOpen);
    expect(first.session.client).toEqual(client.publicKey);
    expect(dead.say(authentication({ sharedKey, timestamp: seconds + 1 })).challenge).toBe(first.session);
    expect(dead.session.text('{"type":"supportedProtocol"}', start)).toEqual({ send: [] });
    const admitted = dead.session.challenged(false, start);
    expect(types(admitted)).toEqual(['authenticate']);
    expect(admitted.replaced).toBe(first.session);
    expect([first.session.client, dead.session.client]).toEqual([undefined, client.publicKey]);
    first.session.closed();
    expect(first.clients.active(client.publicKey)).toBe(dead.session);
    expect(dead.session.challenged(false, start)).toEqual({ send: [] });
  });
});

describe('strangers', () => {
  test.each([
    ['authenticate', gatewayTexts.legacyAuthentication],
    ['claimFreeTestnetBandwidth', gatewayTexts.unauthenticated],
    ['bandwidthCredential', gatewayTexts.unauthenticated],
  ] as const)('that send %s are refused and cut off', (type, message) => {
    const refusal = world().say({ type });
    expect(messages(refusal)).toEqual([{ type: 'error', message }]);
    expect(refusal.drop).toBe(true);
  });

  test('that send no JSON, or packets, are refused and cut off', () => {
    expect(world().session.text('{', start).drop).toBe(true);
    const refusal = world().session.frame(new Uint8Array(100), start);
    expect(messages(refusal)).toEqual([{ type: 'error', message: gatewayTexts.unauthenticatedPacket }]);
    expect(refusal.drop).toBe(true);
  });

  test('have ten seconds for a word, and five within a handshake', () => {
    const { session, say } = world();
    expect(session.expire(start + 9_999)).toEqual({ send: [] });
    session.text('{"type":"supportedProtocol"}', start + 9_999);
    expect(session.deadline).toBe(start + 19_999);
    const { opening } = beginHandshake(client, gateway.publicKey, random);
    say({ type: 'handshakePayload', version: 6, data: opening });
    expect(session.deadline).toBe(start + 5_000);
    expect(session.expire(start + 5_000).drop).toBe(true);
    expect(session.deadline).toBeUndefined();
    expect(session.text('{"type":"supportedProtocol"}', start)).toEqual({ send: [] });
  });
});

describe('packets', () => {
  const packet: MixPacket = {
    packet: new Uint8Array(2413).fill(5),
    firstHop: { ip: '10.0.0.1', port: 1789 },
    rotation: 1,
    packetType: 0,
  };

  test('are forwarded in both forms and charged by their own length', () => {
    const { session, say, sharedKey } = connected();
    say({ type: 'claimFreeTestnetBandwidth' });
    const total = 64 * 1024 ** 3;
    for (const [kind, rotation] of [
      [1, 0],
      [2, 1],
    ] as const) {
      const output = session.frame(forward(packet, kind, sharedKey), start);
      expect(output.forward).toEqual({ ...packet, rotation });
      expect(messages(output)).toEqual([{ type: 'send', bandwidth: total - kind * 2413, upgradeMode: false }]);
    }
  });

  test('beyond the bandwidth are refused one by one', () => {
    const { session, sharedKey, say } = connected(new GatewayClients({ freeBandwidth: 2430 }));
    say({ type: 'claimFreeTestnetBandwidth' });
    expect(session.frame(forward(packet, 2, sharedKey), start).forward).toBeDefined();
    const refusal = session.frame(forward(packet, 2, sharedKey), start);
    expect(refusal.send).toEqual([
      '{"type":"typedError","error":{"out_of_bandwidth":{"required":2413,"available":17}}}',
    ]);
    expect(refusal.forward).toBeUndefined();
  });

  test('that cannot be read do not end the connection', () => {
    const { session, say, sharedKey } = connected();
    say({ type: 'claimFreeTestnetBandwidth' });
    const unencrypted = forward(packet, 2, sharedKey);
    unencrypted[1] = 0;
    for (const frame of [new Uint8Array(0), new Uint8Array(14), unencrypted, forward(packet, 2, new Uint8Array(32))]) {
      expect(types(session.frame(frame, start))).toEqual(['error']);
    }
    const unknown = sealFrame({ kind: 3, plaintext: new Uint8Array(9) }, sharedKey, random);
    expect(messages(session.frame(unknown, start))).toEqual([{ type: 'error', message: gatewayTexts.unknownBinary }]);
    const short = sealFrame({ kind: 2, plaintext: Uint8Array.of(0, 1, 4) }, sharedKey, random);
    expect(types(session.frame(short, start))).toEqual(['error']);
    expect(session.frame(forward(packet, 2, sharedKey), start).forward).toBeDefined();
  });

  test('are pushed to clients that are connected, and kept for others for a day', () => {
    const { session, sharedKey, clients, another } = connected();
    const frame = session.push(Uint8Array.of(1, 2, 3));
    expect(openFrame(frame ?? new Uint8Array(0), sharedKey)).toEqual({ kind: 1, plaintext: Uint8Array.of(1, 2, 3) });
    session.closed();
    expect(session.push(Uint8Array.of(1))).toBeUndefined();
    clients.store(client.publicKey, Uint8Array.of(1), start - 25 * 3_600_000);
    clients.store(client.publicKey, Uint8Array.of(2), start - 3_600_000);
    clients.store(client.publicKey, Uint8Array.of(3), start);
    const { send } = another().say(authentication({ sharedKey, timestamp: seconds + 2 }));
    const pushed = send
      .slice(0, -1)
      .map(data => (typeof data === 'string' ? data : openFrame(data, sharedKey).plaintext));
    expect(pushed).toEqual([Uint8Array.of(2), Uint8Array.of(3)]);
    expect(types({ send: send.slice(-1) })).toEqual(['authenticate']);
  });

  test('that are kept are limited in bytes', () => {
    const clients = new GatewayClients({ maxStoredBytes: 10 });
    expect(clients.store(client.publicKey, new Uint8Array(8), start)).toBe(true);
    expect(clients.store(gateway.publicKey, new Uint8Array(3), start)).toBe(false);
    expect(clients.takeStored(client.publicKey, start)).toHaveLength(1);
    expect(clients.store(gateway.publicKey, new Uint8Array(3), start)).toBe(true);
  });
});

describe('requests of a connected client', () => {
  test('bandwidth is granted until the end of the UTC day', () => {
    const { say, clients } = connected();
    expect(say({ type: 'claimFreeTestnetBandwidth' }).send).toEqual([
      '{"type":"bandwidth","available_total":68719476736,"upgrade_mode":false}',
    ]);
    const midnight = Date.UTC(2026, 4, 2);
    expect(clients.bandwidth(client.publicKey, midnight - 1)).toBe(64 * 1024 ** 3);
    expect(clients.bandwidth(client.publicKey, midnight)).toBe(0);
  });

  test('bandwidth is not granted by a gateway that demands tickets', () => {
    const { say } = connected(new GatewayClients(), { requireTickets: true });
    expect(messages(say({ type: 'claimFreeTestnetBandwidth' }))).toEqual([
      { type: 'error', message: gatewayTexts.ticketsOnly },
    ]);
  });

  test('a client can ask to be forgotten', () => {
    const { say, sharedKey, clients } = connected();
    const asked = sealRequest({ type: 'forget-me', client: true, stats: false }, sharedKey, random);
    const [answer] = messages(say({ type: 'encryptedRequest', ...asked }));
    if (answer?.type !== 'encryptedResponse') throw new Error('not an encrypted response');
    expect(openResponse(answer, sharedKey)).toBe('forget-me-ack');
    expect(clients.sharedKey(client.publicKey)).toBeUndefined();
    const remembered = sealRequest({ type: 'remember-me', session: 'Wasm' }, sharedKey, random);
    expect(types(say({ type: 'encryptedRequest', ...remembered }))).toEqual(['encryptedResponse']);
    expect(messages(say({ type: 'encryptedRequest', ...asked, nonce: new Uint8Array(12) }))).toEqual([
      { type: 'error', message: gatewayTexts.undecryptableText },
    ]);
  });

  test.each([
    [{ type: 'upgradeModeJWT', token: 'x' }, gatewayTexts.wrongContext('upgradeModeJWT')],
    [{ type: 'handshakePayload', version: 6, data: new Uint8Array(80) }, gatewayTexts.wrongContext('handshakePayload')],
    [{ type: 'authenticate' }, gatewayTexts.unknownText],
  ] as const)('%j gets an error, and the connection stays', (message, text) => {
    const { say } = connected();
    const output = say(message);
    expect(messages(output)).toEqual([{ type: 'error', message: text }]);
    expect(output.drop).toBeUndefined();
  });
});

interface World {
  readonly session: GatewaySession;
  readonly clients: GatewayClients<GatewaySession>;
  say(message: ClientMessage): SessionOutput;
  /** Another connection to the same gateway. */
  another(): World;
}

function world(options: Partial<GatewaySessionOptions> = {}, clients = new GatewayClients<GatewaySession>()): World {
  const session = new GatewaySession({ identity: gateway, clients, random, now: start, ...options });
  return {
    session,
    clients,
    say: message => session.text(encodeClientMessage(message), start),
    another: () => world(options, clients),
  };
}

/** A client that has registered, and the session after that one. */
function registered(clients?: GatewayClients<GatewaySession>, options: Partial<GatewaySessionOptions> = {}) {
  const first = world(options, clients);
  const { sharedKey } = register(first.session);
  first.session.closed();
  return { ...first.another(), another: first.another, sharedKey };
}

function connected(clients?: GatewayClients<GatewaySession>, options: Partial<GatewaySessionOptions> = {}) {
  const next = registered(clients, options);
  next.say(authentication({ sharedKey: next.sharedKey }));
  return next;
}

function register(session: GatewaySession, version = 6, inBetween = () => {}, now = start) {
  const handshake = beginHandshake(client, gateway.publicKey, random);
  const say = (data: Uint8Array) =>
    messages(session.text(encodeClientMessage({ type: 'handshakePayload', version, data }), now));
  const [answer] = say(handshake.opening);
  if (answer?.type !== 'handshakePayload') throw new Error('no handshake payload');
  const { proof, sharedKey } = handshake.answer(answer.data);
  inBetween();
  const rest = say(proof);
  expect(rest.map(({ type }) => type)).toEqual(['handshakePayload', 'register']);
  return { answers: [answer, ...rest], sharedKey };
}

function authentication(options: {
  sharedKey: Uint8Array;
  version?: number;
  timestamp?: number;
  identity?: typeof client;
}): ClientMessage {
  const request = authenticateRequest({ identity: client, version: 6, timestamp: seconds + 1, random, ...options });
  return { type: 'authenticateV2', ...request };
}

function forward(packet: MixPacket, kind: 1 | 2, sharedKey: Uint8Array): Uint8Array {
  return sealFrame({ kind, plaintext: encodeMixPacket(packet, kind) }, sharedKey, random);
}

function messages({ send }: SessionOutput) {
  return send.flatMap(data => (typeof data === 'string' ? [parseGatewayMessage(data)] : []));
}

function types(output: SessionOutput) {
  return messages(output).map(({ type }) => type);
}

function refusedTwice(output: SessionOutput, message: string) {
  expect(messages(output)).toEqual([
    { type: 'error', message },
    { type: 'error', message },
  ]);
  expect(output.drop).toBe(true);
}
