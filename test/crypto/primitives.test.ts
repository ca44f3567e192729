/** Each implementation against published vectors. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../src/crypto/bytes.ts';
import { latin1 as ascii, unhex as bytes, hex } from '../support/bytes.ts';
import { implementations } from './implementations.ts';

const none = new Uint8Array(0);

describe.each(implementations)('%s, published vectors', (_, primitives) => {
  test('X25519: RFC 7748 §5.2 and §6.1', () => {
    const scalar = bytes('4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d');
    const u = bytes('e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493');
    expect(hex(primitives.x25519(scalar, u))).toBe('95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957');
    const bob = bytes('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
    const alicesPublicKey = bytes('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    expect(hex(primitives.x25519(bob, alicesPublicKey))).toBe(
      '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
    );
    expect(hex(primitives.x25519PublicKey(bob))).toBe(
      'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
    );
  });

  test('Ed25519: RFC 8032 §7.1, the third', () => {
    const seed = bytes('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7');
    const publicKey = bytes('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025');
    const message = bytes('af82');
    const signature = bytes(
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
        '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    );
    expect(primitives.ed25519PublicKey(seed)).toEqual(publicKey);
    expect(primitives.ed25519Sign(message, seed)).toEqual(signature);
    expect(primitives.ed25519Verify(signature, message, publicKey)).toBe(true);
    expect(primitives.ed25519Verify(signature, bytes('af83'), publicKey)).toBe(false);
  });

  test('AES-128-CTR: NIST SP 800-38A F.5.1', () => {
    const key = bytes('2b7e151628aed2a6abf7158809cf4f3c');
    const counter = bytes('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff');
    const plaintext = bytes('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51');
    const ciphertext = '874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff';
    expect(hex(primitives.aes128Ctr(key, counter, plaintext))).toBe(ciphertext);
  });

  test('AES-256-GCM-SIV: RFC 8452 appendix C.2', () => {
    const key = bytes(`01${'00'.repeat(31)}`);
    const nonce = bytes(`03${'00'.repeat(11)}`);
    const plaintext = bytes('0100000000000000');
    expect(hex(primitives.gcmSivSeal(key, nonce, none))).toBe('07f5f4169bbf55a8400cd47ea6fd400f');
    const sealed = primitives.gcmSivSeal(key, nonce, plaintext);
    expect(hex(sealed)).toBe('c2ef328e5c71c83b843122130f7364b761e0b97427e3df28');
    expect(primitives.gcmSivOpen(key, nonce, sealed)).toEqual(plaintext);
  });

  test('SHA-256 and HMAC-SHA256: FIPS 180-2 B.1 and RFC 4231 §4.3', () => {
    expect(hex(primitives.sha256(ascii('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(hex(primitives.hmacSha256(ascii('Jefe'), ascii('what do ya want for nothing?')))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  test('HKDF-SHA256: RFC 5869 A.1 and A.3', () => {
    const ikm = bytes('0b'.repeat(22));
    const salt = bytes('000102030405060708090a0b0c');
    const info = bytes('f0f1f2f3f4f5f6f7f8f9');
    expect(hex(primitives.hkdfSha256(ikm, salt, info, 42))).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
    expect(hex(primitives.hkdfSha256(ikm, undefined, none, 42))).toBe(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    );
  });

  test('BLAKE3: the empty input of the official vectors', () => {
    expect(hex(primitives.blake3(none))).toBe('af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262');
  });
});

describe.each(implementations)('%s', (_, primitives) => {
  test('HKDF-BLAKE3 is RFC 5869 spelled out with HMAC-BLAKE3', () => {
    const block = 64;
    const hmacBlake3 = (key: Uint8Array, data: Uint8Array): Uint8Array => {
      const padded = (pad: number) => Uint8Array.from({ length: block }, (_, i) => (key[i] ?? 0) ^ pad);
      const inner = primitives.blake3(concatBytes(padded(0x36), data));
      return primitives.blake3(concatBytes(padded(0x5c), inner));
    };
    const ikm = ascii('input');
    const info = ascii('info');
    const prk = hmacBlake3(new Uint8Array(32), ikm);
    const first = hmacBlake3(prk, concatBytes(info, bytes('01')));
    const second = hmacBlake3(prk, concatBytes(first, info, bytes('02')));
    expect(hex(primitives.hkdfBlake3(ikm, undefined, info, 48))).toBe(hex(concatBytes(first, second)).slice(0, 96));
  });

  test('a public key of low order is an error, not a shared secret', () => {
    for (const publicKey of lowOrderKeys) {
      expect(() => primitives.x25519(new Uint8Array(32).fill(3), bytes(publicKey))).toThrow(
        expect.objectContaining({ code: 'ERR_MIX_MIXNET_MALFORMED' }),
      );
      expect(() => primitives.fixedSecret(new Uint8Array(32).fill(3)).agree(bytes(publicKey))).toThrow(
        expect.objectContaining({ code: 'ERR_MIX_MIXNET_MALFORMED' }),
      );
      expect(primitives.fixedPoint(bytes(publicKey))).toBeUndefined();
    }
  });

  test('keys, nonces and seeds of a wrong length are the programmer’s error', () => {
    const short = new Uint8Array(31);
    const key = new Uint8Array(32);
    const calls = [
      () => primitives.x25519(short, key),
      () => primitives.x25519(key, short),
      () => primitives.x25519PublicKey(short),
      () => primitives.fixedPoint(short),
      () => primitives.fixedSecret(short),
      () => primitives.fixedSecret(key).agree(short),
      () => primitives.ed25519PublicKey(short),
      () => primitives.ed25519Sign(none, short),
      () => primitives.aes128Ctr(key, new Uint8Array(16), none),
      () => primitives.aes128Ctr(new Uint8Array(16), new Uint8Array(12), none),
      () => primitives.gcmSivSeal(short, new Uint8Array(12), none),
      () => primitives.gcmSivOpen(key, new Uint8Array(16), none),
      () => primitives.lionessEncrypt([key], new Uint8Array(33)),
      () => primitives.lionessDecrypt(key, new Uint8Array(33)),
    ];
    for (const call of calls) expect(call).toThrow(RangeError);
  });

  test('verifying never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 40 }), (signature, publicKey) => {
        expect(primitives.ed25519Verify(signature, none, publicKey)).toBe(false);
      }),
    );
    fc.assert(
      fc.property(sized(64), sized(32), (signature, publicKey) => {
        expect(primitives.ed25519Verify(signature, none, publicKey)).toBe(false);
        expect(typeof primitives.isEd25519Point(publicKey)).toBe('boolean');
      }),
      { numRuns: 20 },
    );
    expect(primitives.isEd25519Point(none)).toBe(false);
    expect(primitives.isEd25519Point(primitives.ed25519PublicKey(new Uint8Array(32)))).toBe(true);
  });

  test('a sealed text with any bit flipped does not open', () => {
    fc.assert(
      fc.property(sized(32), sized(12), fc.uint8Array({ maxLength: 100 }), fc.nat(), (key, nonce, plaintext, at) => {
        const sealed = primitives.gcmSivSeal(key, nonce, plaintext);
        const bit = at % (sealed.length * 8);
        const flipped = sealed.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        expect(primitives.gcmSivOpen(key, nonce, sealed)).toEqual(plaintext);
        expect(primitives.gcmSivOpen(key, nonce, flipped)).toBeUndefined();
        expect(primitives.gcmSivOpen(key, nonce, sealed.subarray(0, 15))).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });
});

/** All u-coordinates of order up to 8, on the curve and on the twist, and their encodings of p and more. */
const lowOrderKeys = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(31)}`,
];

function sized(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}
