/**
 * Byte for byte what published clients sent (captured from unmodified wasm builds), and what an implementation that they
 * accepted computed.
 */

import { describe, expect, test } from 'vitest';
import { blake3, ed25519PublicKey, ed25519Sign, gcmSivOpen, gcmSivSeal, hkdfBlake3, x25519 } from '#crypto';
import { concatBytes } from '../../src/crypto/bytes.ts';
import {
  answerHandshake,
  authenticateRequest,
  encodeClientMessage,
  encodeGatewayMessage,
  openFrame,
  openRequest,
  openResponse,
  parseClientMessage,
  parseGatewayMessage,
  refusalOf,
  sealFrame,
  sealRequest,
  sealResponse,
  signedPlaintext,
} from '../../src/gateway/index.ts';
import { decodeMixPacket, encodeMixPacket } from '../../src/sphinx/index.ts';
import { hex, unhex } from '../support/bytes.ts';
import { scripted } from '../support/scripted-random.ts';
import vectors from '../vectors/gateway-vectors.json';

const { captured, synthetic, source_tests: sourceTests } = vectors;

const gateway = {
  seed: unhex(captured.gateway_identity.ed25519_seed),
  publicKey: unhex(captured.gateway_identity.ed25519_public),
};

test('the identity of the gateway in the transcripts is what its seed gives', () => {
  expect(hex(ed25519PublicKey(gateway.seed))).toBe(captured.gateway_identity.ed25519_public);
});

describe.each([
  ['nym-client-wasm-node 1.4.1', captured.client_1_4_1, 1],
  ['mix-tunnel 0.2.1', captured.mix_tunnel_0_2_1, 2],
] as const)('the transcript of %s', (_, { messages_in_order: messages, handshake, ...rest }, forwardKind) => {
  const sharedKey = unhex(handshake.shared_key);
  const sentByClient = messages.filter(({ dir }) => dir === 'client->gateway').map(({ json }) => json);
  const sentByGateway = messages.filter(({ dir }) => dir === 'gateway->client').map(({ json }) => json);
  const payloads = messages.map(({ json }) => JSON.parse(json)).filter(({ type }) => type === 'handshakePayload');
  const [opening, answer, proof, final] = payloads.map(({ data }) => Uint8Array.from(data)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];

  test('has messages that we write with the same characters', () => {
    for (const json of sentByClient) expect(encodeClientMessage(parseClientMessage(json))).toBe(json);
    for (const json of sentByGateway) expect(encodeGatewayMessage(parseGatewayMessage(json))).toBe(json);
  });

  test('has a registration whose every byte our gateway computes too', () => {
    const random = scripted(unhex(handshake.gateway_ephemeral_private), answer.slice(-12));
    const ours = answerHandshake(gateway, opening, random);
    expect(hex(opening)).toBe(handshake.client_identity + handshake.client_ephemeral_public + handshake.salt);
    expect(hex(ours.answer)).toBe(hex(answer));
    expect(hex(ours.answer.subarray(0, 32))).toBe(handshake.gateway_ephemeral_public);
    expect(hex(ours.sharedKey)).toBe(handshake.shared_key);
    expect(hex(ours.clientIdentity)).toBe(handshake.client_identity);
    expect(ours.proves(proof)).toBe(true);
    expect(final).toEqual(Uint8Array.of(1));
  });

  test('has the key agreement and the signatures that the steps alone give', () => {
    const agreed = x25519(unhex(handshake.gateway_ephemeral_private), unhex(handshake.client_ephemeral_public));
    expect(hex(agreed)).toBe(handshake.x25519_shared);
    expect(hex(hkdfBlake3(agreed, unhex(handshake.salt), new Uint8Array(0), 32))).toBe(handshake.shared_key);
    expect(hex(ed25519Sign(unhex(handshake.gateway_signed_plaintext), gateway.seed))).toBe(handshake.gateway_signature);
    const nonce = proof.slice(-12);
    expect(hex(concatBytes(gcmSivSeal(sharedKey, nonce, unhex(handshake.client_signature)), nonce))).toBe(hex(proof));
    expect(handshake.client_signed_plaintext).toBe(
      handshake.client_ephemeral_public + handshake.gateway_ephemeral_public,
    );
  });

  test('has an authentication that our gateway accepts, and whose ciphertext it computes too', () => {
    const request = sentByClient.map(parseClientMessage).find(message => message.type === 'authenticateV2');
    if (request?.type !== 'authenticateV2') throw new Error('no authenticateV2 in the transcript');
    expect(hex(signedPlaintext(request))).toBe(rest.authenticate_v2.signed_plaintext);
    expect(hex(gcmSivSeal(sharedKey, request.nonce, request.identity))).toBe(hex(request.addressCiphertext));
    expect(hex(gcmSivOpen(sharedKey, request.nonce, request.addressCiphertext) ?? new Uint8Array(0))).toBe(
      rest.authenticate_v2.decrypted_address,
    );
    expect(refusalOf(request, { now: request.timestamp, sharedKey, lastTimestamp: undefined })).toBeUndefined();
  });

  test('has a forwarded packet that we read, and write again with the same bytes', () => {
    const frame = unhex(rest.forward_frame.binary);
    const { kind, plaintext } = openFrame(frame, sharedKey);
    expect(kind).toBe(forwardKind);
    expect(plaintext).toHaveLength(rest.forward_frame.plaintext_len);
    expect(hex(plaintext.subarray(0, 16))).toBe(rest.forward_frame.decrypted_plaintext_first_16);
    const packet = decodeMixPacket(plaintext, forwardKind);
    expect(packet).toMatchObject({ firstHop: { ip: '127.0.0.1' }, rotation: forwardKind === 2 ? 2 : 0 });
    expect(packet.packet).toHaveLength(2413);
    const again = encodeMixPacket(packet, forwardKind);
    expect(sealFrame({ kind, plaintext: again }, sharedKey, scripted(frame.slice(2, 14)))).toEqual(frame);
  });

  test('has a pushed acknowledgement that we read, and write again with the same bytes', () => {
    const frame = unhex(rest.pushed_frame.binary);
    const opened = openFrame(frame, sharedKey);
    expect({ ...opened, plaintext: hex(opened.plaintext) }).toEqual({
      kind: 1,
      plaintext: rest.pushed_frame.plaintext,
    });
    expect(sealFrame(opened, sharedKey, scripted(frame.slice(2, 14)))).toEqual(frame);
  });
});

describe('computed vectors', () => {
  test('HKDF over HMAC-BLAKE3', () => {
    const { ikm_x25519_output: ikm, salt, length, okm } = synthetic.hkdf_blake3;
    expect(hex(hkdfBlake3(unhex(ikm), unhex(salt), new Uint8Array(0), length))).toBe(okm);
  });

  test('AES-256-GCM-SIV', () => {
    const { key, nonce, plaintext, ciphertext_and_tag: sealed } = synthetic.aes256_gcm_siv;
    expect(hex(gcmSivSeal(unhex(key), unhex(nonce), unhex(plaintext)))).toBe(sealed);
    expect(hex(gcmSivOpen(unhex(key), unhex(nonce), unhex(sealed)) ?? new Uint8Array(0))).toBe(plaintext);
  });

  test('BLAKE3 of a shared key', () => {
    const { key, digest } = synthetic.shared_key_digest_blake3;
    expect(hex(blake3(unhex(key)))).toBe(digest);
  });

  test('an authentication, to the last character of its JSON', () => {
    const vector = synthetic.authenticate_v2;
    const seed = unhex(vector.identity_seed);
    const request = authenticateRequest({
      identity: { seed, publicKey: ed25519PublicKey(seed) },
      sharedKey: unhex(vector.shared_key),
      version: vector.protocol_version,
      timestamp: vector.request_unix_timestamp,
      random: scripted(unhex(vector.nonce)),
    });
    expect(hex(request.identity)).toBe(vector.identity_public);
    expect(hex(signedPlaintext(request))).toBe(vector.signed_plaintext);
    expect(hex(request.signature)).toBe(vector.signature);
    expect(encodeClientMessage({ type: 'authenticateV2', ...request })).toBe(vector.json);
    expect(parseClientMessage(vector.json)).toEqual({ type: 'authenticateV2', ...request });
  });

  test('a pushed mix message', () => {
    const { shared_key: key, plaintext, frame } = synthetic.pushed_mix_message;
    const random = scripted(unhex(frame).slice(2, 14));
    expect(hex(sealFrame({ kind: 1, plaintext: unhex(plaintext) }, unhex(key), random))).toBe(frame);
  });

  test('an encrypted request to be forgotten, and its answer', () => {
    const asked = synthetic.encrypted_request_forget_me;
    const answered = synthetic.encrypted_response_forget_me_ack;
    const key = unhex(asked.shared_key);
    const request = parseClientMessage(asked.json);
    if (request.type !== 'encryptedRequest') throw new Error('not an encrypted request');
    expect(openRequest(request, key)).toEqual({ type: 'forget-me', client: true, stats: false });
    const again = sealRequest({ type: 'forget-me', client: true, stats: false }, key, scripted(request.nonce));
    expect(encodeClientMessage({ type: 'encryptedRequest', ...again })).toBe(asked.json);
    const response = parseGatewayMessage(answered.json);
    if (response.type !== 'encryptedResponse') throw new Error('not an encrypted response');
    expect(openResponse(response, key)).toBe('forget-me-ack');
    const sealed = sealResponse('forget-me-ack', key, scripted(response.nonce));
    expect(encodeGatewayMessage({ type: 'encryptedResponse', ...sealed })).toBe(answered.json);
  });

  test('a packet to forward, with and without its rotation', () => {
    const vector = synthetic.mix_packet;
    const packet = new Uint8Array(386).fill(0xee);
    const firstHop = { ip: '1.2.3.4', port: 1789 };
    const v1 = hex(encodeMixPacket({ packet, firstHop, rotation: 2 }, 1));
    const v2 = hex(encodeMixPacket({ packet, firstHop, rotation: 2 }, 2));
    expect([v1, v1.length / 2]).toEqual([vector.v1_prefix_hex + 'ee'.repeat(386), vector.v1_length]);
    expect([v2, v2.length / 2]).toEqual([vector.v2_prefix_hex + 'ee'.repeat(386), vector.v2_length]);
  });
});

describe('expectations of upstream’s own tests', () => {
  test('answers of gateways before upgrade mode are read', () => {
    const { bandwidth_without_upgrade_mode: bandwidth, send_without_upgrade_mode: send } =
      sourceTests.server_response_compat;
    expect(parseGatewayMessage(bandwidth)).toEqual({ type: 'bandwidth', bandwidth: 100, upgradeMode: false });
    expect(parseGatewayMessage(send)).toEqual({ type: 'send', bandwidth: 100, upgradeMode: false });
  });

  test('the first handshake message has two names', () => {
    const expected = { type: 'handshakePayload', version: 42, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    for (const type of ['handshakePayload', 'registerHandshakeInitRequest']) {
      expect(parseClientMessage(`{"type":"${type}","protocol_version":42,"data":[1,2,3,4,5,6]}`)).toEqual(expected);
    }
  });
});
