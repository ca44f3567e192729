/** Every entry of the vectors, byte for byte. */

import { describe, expect, test } from 'vitest';
import { aes128Ctr, hkdfSha256, hmacSha256, lionessDecrypt, lionessEncrypt, x25519, x25519PublicKey } from '#crypto';
import {
  buildPacket,
  createSurb,
  decodeMixPacket,
  decodeNodeAddress,
  decodeSurb,
  encodeFrame,
  encodeMixPacket,
  encodeNodeAddress,
  encodeSurb,
  FrameDecoder,
  packetFromSurb,
  packetSizeOfTotal,
  parseNodeAddress,
  type RotationMarker,
  unwrapPacket,
} from '../../src/sphinx/index.ts';
import {
  deriveHopKeys,
  deriveNodeSideKeys,
  lionessKey,
  routingMac,
  routingStream,
} from '../../src/sphinx/key-schedule.ts';
import { encapsulate, recoverPlaintext } from '../../src/sphinx/payload.ts';
import { unhex as bytes, hex } from '../support/bytes.ts';
import { headerRequest, type PacketEntry, vectors } from './vectors.ts';

describe('primitives', () => {
  test('LIONESS encrypts and decrypts as the upstream crate does', () => {
    const { key, plaintext, ciphertext } = vectors.lioness;
    expect(hex(lionessEncrypt([bytes(key)], bytes(plaintext)))).toBe(ciphertext);
    expect(hex(lionessDecrypt(bytes(key), bytes(ciphertext)))).toBe(plaintext);
  });

  test('a shared secret expands to the keys of a hop', () => {
    const entry = vectors.expandSharedSecret;
    const field = (name: string): string => entry[name] ?? '';
    expect(hex(x25519PublicKey(bytes(field('privateKeyA'))))).toBe(field('publicKeyA'));
    const shared = x25519(bytes(field('privateKeyB')), bytes(field('publicKeyA')));
    expect(hex(shared)).toBe(field('sharedSecret'));
    const keys = deriveNodeSideKeys(shared);
    expect({
      streamCipherKey: hex(keys.stream),
      integrityMacKey: hex(keys.mac),
      blindingFactor: hex(keys.blinding),
      replayTag: hex(keys.replayTag),
      legacyPayloadKey: hex(keys.lionessKey(258)),
      payloadKeyFromSeed: hex(keys.lionessKey(259)),
    }).toEqual({
      streamCipherKey: field('streamCipherKey'),
      integrityMacKey: field('integrityMacKey'),
      blindingFactor: field('blindingFactor'),
      replayTag: field('replayTag'),
      legacyPayloadKey: field('legacyPayloadKey'),
      payloadKeyFromSeed: field('payloadKeyFromSeed'),
    });
    expect(hex(lionessKey(bytes(field('payloadKeySeed'))))).toBe(field('payloadKeyFromSeed'));
    const info = 'Dwste mou enan moxlo arketa makru kai ena upomoxlio gia na ton topothetisw kai tha kinisw thn gh.';
    expect(hex(hkdfSha256(shared, undefined, new TextEncoder().encode(info), 288))).toBe(field('expanded'));
  });

  test('the keystream and the MAC of the routing information', () => {
    const { key, keystream } = vectors.streamCipher;
    expect(hex(routingStream(bytes(key)))).toBe(keystream);
    expect(hex(aes128Ctr(bytes(key), new Uint8Array(16), new Uint8Array(360)))).toBe(keystream);
    const { mac } = vectors.integrityMac;
    expect(hex(routingMac(bytes(vectors.integrityMac.key), bytes(vectors.integrityMac.data)))).toBe(mac);
    expect(hex(hmacSha256(bytes(vectors.integrityMac.key), bytes(vectors.integrityMac.data)))).toContain(mac);
  });

  test('a plaintext is padded, and recovered', () => {
    const { message, payloadSize, padded } = vectors.payloadPadding;
    const size = packetSizeOfTotal(payloadSize + 348);
    if (size === undefined) throw new Error('no such size');
    expect(hex(encapsulate(bytes(message), [], size))).toBe(padded);
    expect(hex(recoverPlaintext(bytes(padded)))).toBe(message);
  });
});

describe('encodings', () => {
  test.each([vectors.nodeAddress.v4, vectors.nodeAddress.v6])('the node address $address', entry => {
    const [, ip = '', port = ''] = /^\[?(.+?)\]?:(\d+)$/.exec(entry.address) ?? [];
    const address = parseNodeAddress(ip, Number(port));
    expect(address).toEqual({ ip, port: Number(port) });
    expect(hex(encodeNodeAddress(address))).toBe(entry.unpadded);
    expect(hex(encodeNodeAddress(address, 32))).toBe(entry.padded32);
    const length = entry.unpadded.length / 2;
    expect(decodeNodeAddress(bytes(entry.unpadded))).toEqual({ address, length });
    expect(decodeNodeAddress(bytes(entry.padded32))).toEqual({ address, length });
  });

  test.each(vectors.framing.examples)('the frame $header: $meaning', ({ header, meaning }) => {
    const total = meaning.includes('386') ? 386 : 2413;
    const rotation: RotationMarker = meaning.includes('even') ? 2 : meaning.includes('odd') ? 1 : 0;
    const packet = new Uint8Array(total).fill(7);
    const frame = encodeFrame({ packet, rotation, version: meaning.startsWith('v8') ? 8 : 7 });
    expect(hex(frame.subarray(0, header.length / 2))).toBe(header);
    expect(new FrameDecoder().push(frame)).toEqual([
      { size: packetSizeOfTotal(total), packetType: 0, rotation, packet },
    ]);
  });

  test.each(vectors.framing.reject)('the frame header %s is refused', header => {
    const decoder = new FrameDecoder();
    expect(() => decoder.push(bytes(header))).toThrow(expect.objectContaining({ code: 'ERR_MIX_MIXNET_MALFORMED' }));
    expect(() => decoder.push(new Uint8Array(0))).toThrow(
      expect.objectContaining({ code: 'ERR_MIX_MIXNET_MALFORMED' }),
    );
  });

  test('a packet handed to a gateway', () => {
    for (const entry of vectors.packets.filter(entry => entry.mixPacketV2 !== undefined)) {
      const mixPacket = bytes(entry.mixPacketV2 ?? '');
      const decoded = decodeMixPacket(mixPacket, 2);
      expect(hex(decoded.packet)).toBe(entry.packet);
      expect(encodeNodeAddress(decoded.firstHop, 32)).toEqual(bytes(entry.route[0]?.address ?? ''));
      expect(hex(encodeMixPacket(decoded, 2))).toBe(entry.mixPacketV2);
    }
  });
});

describe.each(vectors.packets)('$name', entry => {
  test('is rebuilt from what its maker put in', () => {
    expect(hex(rebuilt(entry))).toBe(entry.packet);
  });

  test('unwraps at every hop', () => {
    let packet = bytes(entry.packet);
    for (const [i, node] of entry.route.entries()) {
      const unwrapped = unwrapPacket(packet, bytes(node.nodePrivateKey));
      expect(unwrapped.version).toBe(entry.version);
      expect(hex(unwrapped.replayTag)).toBe(entry.replayTags[i]);
      const output = entry.outputs?.[i];
      if (unwrapped.type === 'final') {
        expect(i).toBe(entry.route.length - 1);
        expect(hex(unwrapped.destination)).toBe(entry.destinationAddress);
        expect(hex(unwrapped.identifier)).toBe(entry.surbIdentifier);
        expect(hex(unwrapped.plaintext)).toBe(entry.plaintext);
        return;
      }
      expect(unwrapped.delayNs).toBe(BigInt(entry.delaysNs[i] ?? -1));
      expect(hex(encodeNodeAddress(unwrapped.nextHop, 32))).toBe(entry.route[i + 1]?.address);
      if (output !== undefined) expect(hex(unwrapped.packet)).toBe(output.packet);
      packet = unwrapped.packet;
    }
    expect.unreachable('the last hop is the final one');
  });
});

describe.each(vectors.packets.filter(entry => entry.trace !== undefined))('the trace of: $name', entry => {
  test('each hop has the keys that its node derives', () => {
    const request = headerRequest(entry);
    const hops = deriveHopKeys(
      request.route.map(hop => hop.key),
      bytes(entry.initialSecret),
      entry.version,
    );
    for (const [i, expected] of (entry.trace?.hops ?? []).entries()) {
      const hop = hops[i];
      expect(hop && { stream: hex(hop.stream), mac: hex(hop.mac), payloadKey: hex(lionessKey(hop.payload)) }).toEqual({
        stream: expected.streamCipherKey,
        mac: expected.integrityMacKey,
        payloadKey: expected.payloadKey,
      });
      const shared = x25519(bytes(entry.route[i]?.nodePrivateKey ?? ''), bytes(expected.alpha));
      expect(hex(shared)).toBe(expected.sharedSecret);
      expect(hex(deriveNodeSideKeys(shared).blinding)).toBe(expected.blindingFactor);
    }
  });

  test('each hop sees the routing information and the MAC of its layer', () => {
    let packet = bytes(entry.packet);
    for (const [i, layer] of (entry.trace?.layersOuterToInner ?? []).entries()) {
      expect(hex(packet.subarray(32, 48))).toBe(layer.mac);
      expect(hex(packet.subarray(48, 348))).toBe(layer.encryptedRoutingInfo);
      const unwrapped = unwrapPacket(packet, bytes(entry.route[i]?.nodePrivateKey ?? ''));
      if (unwrapped.type === 'forward') packet = unwrapped.packet;
    }
    expect(hex(packet.subarray(48 + 120, 348))).toBe(entry.trace?.filler);
  });
});

describe.each(vectors.surbs)('$name', entry => {
  test('is rebuilt from what its maker put in', () => {
    const surb = createSurb(headerRequest(entry));
    expect(surb.keys.kind).toBe(entry.version === 259 ? 'seeds' : 'full');
    expect(hex(encodeSurb(surb))).toBe(entry.surb);
    expect(decodeSurb(bytes(entry.surb))).toEqual(surb);
  });

  test('makes the packet that the compiled client made of it, and arrives', () => {
    const plaintext = bytes(entry.plaintext ?? '00'.repeat(2048));
    const size = packetSizeOfTotal(2413);
    if (size === undefined) throw new Error('no such size');
    const { bytes: packet, firstHop } = packetFromSurb(decodeSurb(bytes(entry.surb)), plaintext, size);
    if (entry.packet !== undefined) expect(hex(packet)).toBe(entry.packet);
    expect(hex(encodeNodeAddress(firstHop, 32))).toBe(entry.route[0]?.address);
    let travelling = packet;
    for (const node of entry.route) {
      const unwrapped = unwrapPacket(travelling, bytes(node.nodePrivateKey));
      if (unwrapped.type === 'forward') travelling = unwrapped.packet;
      else expect(unwrapped.plaintext).toEqual(plaintext);
    }
    expect.assertions(entry.packet === undefined ? 2 : 3);
  });
});

function rebuilt(entry: PacketEntry): Uint8Array {
  const size = packetSizeOfTotal(entry.payloadSize + 348);
  if (size === undefined) throw new Error('no such size');
  return buildPacket({ ...headerRequest(entry), plaintext: bytes(entry.plaintext), size }).bytes;
}
