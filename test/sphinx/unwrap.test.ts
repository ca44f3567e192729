/** Packets with a right MAC and a wrong inside, such as only a sender can make. */

import { describe, expect, test } from 'vitest';
import { lionessEncrypt, x25519, x25519PublicKey } from '#crypto';
import { concatBytes, xorInto } from '../../src/crypto/bytes.ts';
import { encodeNodeAddress, unwrapPacket } from '../../src/sphinx/index.ts';
import { deriveNodeSideKeys, routingMac, routingStream } from '../../src/sphinx/key-schedule.ts';
import { encodeFinalBlock, encodeForwardBlock } from '../../src/sphinx/routing.ts';
import { seededRandom } from '../support/seeded-random.ts';

const random = seededRandom('unwrap');
const secretKey = random(32);
const malformed = expect.objectContaining({ code: 'ERR_MIX_MIXNET_MALFORMED' });
const empty = padded(new Uint8Array(0));
const forward = encodeForwardBlock(259, { ip: '1.2.3.4', port: 5 }, 6, random(16));
const final = encodeFinalBlock(259, random(32), random(16));

describe('unwrapping', () => {
  test('takes any version from 258 on, and reads the payload of all but 258 by its seed', () => {
    for (const version of [258, 259, 260, 256, 0xffff]) {
      const block = encodeFinalBlock(version, random(32), random(16));
      expect(unwrapPacket(sealed(block, padded(Uint8Array.of(1, 2, 3)), version), secretKey)).toMatchObject({
        type: 'final',
        version,
        plaintext: Uint8Array.of(1, 2, 3),
      });
    }
  });

  test('refuses the versions of old, which blind another way', () => {
    for (const version of [1, 257]) {
      const block = encodeFinalBlock(version, random(32), random(16));
      expect(() => unwrapPacket(sealed(block, empty), secretKey)).toThrow(malformed);
    }
  });

  test('refuses flags that are neither forward nor final', () => {
    for (const flag of [0, 3, 255]) {
      expect(() => unwrapPacket(sealed(forward.with(0, flag), empty), secretKey)).toThrow(malformed);
    }
  });

  test('refuses a next hop that is no address', () => {
    expect(unwrapPacket(sealed(forward, empty), secretKey).type).toBe('forward');
    expect(() => unwrapPacket(sealed(forward.with(4, 5), empty), secretKey)).toThrow(malformed);
  });

  test('gives the delay as it was written, up to the last bit', () => {
    const block = forward.slice();
    block.fill(0xff, 36, 44);
    expect(unwrapPacket(sealed(block, empty), secretKey)).toMatchObject({ delayNs: 2n ** 64n - 1n });
  });

  test('refuses a payload that cannot be a block of the cipher', () => {
    for (const length of [17, 32])
      expect(() => unwrapPacket(sealed(final, new Uint8Array(length), 0), secretKey)).toThrow(malformed);
  });

  test('ends the plaintext at the last marker, and refuses one without marker or zeros', () => {
    const plaintextOf = (payload: Uint8Array) => unwrapPacket(sealed(final, payload), secretKey);
    expect(plaintextOf(padded(Uint8Array.of(9, 1, 1)))).toMatchObject({ plaintext: Uint8Array.of(9, 1, 1) });
    expect(plaintextOf(empty.with(37, 1))).toMatchObject({ plaintext: Uint8Array.of(1, ...new Uint8Array(20)) });
    expect(plaintextOf(empty.with(37, 2))).toMatchObject({ plaintext: new Uint8Array(0) });
    expect(() => plaintextOf(new Uint8Array(38))).toThrow(malformed);
    expect(() => plaintextOf(empty.with(15, 1))).toThrow(malformed);
    expect(() => plaintextOf(empty.with(0, 128))).toThrow(malformed);
  });

  test('returns the address of the next hop in its canonical form', () => {
    const address = { ip: '2001:db8::5', port: 443 };
    const block = encodeForwardBlock(259, address, 0, random(16));
    expect(block.subarray(4, 36)).toEqual(encodeNodeAddress(address, 32));
    expect(unwrapPacket(sealed(block, empty), secretKey)).toMatchObject({ nextHop: address });
  });
});

function padded(plaintext: Uint8Array): Uint8Array {
  const payload = new Uint8Array(38);
  payload.set(plaintext, 16);
  payload[16 + plaintext.length] = 1;
  return payload;
}

/** A packet for `secretKey` with any routing block and any payload; of version 0, a payload that is not encrypted. */
function sealed(block: Uint8Array, payload: Uint8Array, version = 259): Uint8Array {
  const ephemeral = random(32);
  const keys = deriveNodeSideKeys(x25519(ephemeral, x25519PublicKey(secretKey)));
  const routing = new Uint8Array(300);
  routing.set(block);
  xorInto(routing, routingStream(keys.stream).subarray(0, 300));
  const encrypted = version === 0 ? payload : lionessEncrypt([keys.lionessKey(version)], payload);
  return concatBytes(x25519PublicKey(ephemeral), routingMac(keys.mac, routing), routing, encrypted);
}
