import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import { type ClientRecord, decodeClientRecord, encodeClientRecord } from '../../src/storage/index.ts';
import { hex, latin1, latin1Of } from '../support/bytes.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const time = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const url = fc
  .tuple(fc.constantFrom('ws', 'wss'), fc.domain(), fc.integer({ min: 1, max: 65_535 }))
  .map(([scheme, host, port]) => `${scheme}://${host}:${port}/`);
const record: fc.Arbitrary<ClientRecord> = fc.record({
  identitySeed: bytes(32),
  encryptionSecret: bytes(32),
  ackKey: bytes(16),
  gateway: fc.record({ identity: bytes(32), url, urlSeenAt: time }),
  sharedKey: bytes(32),
  lastTimestamp: time,
});

const sample: ClientRecord = {
  identitySeed: new Uint8Array(32).fill(1),
  encryptionSecret: new Uint8Array(32).fill(2),
  ackKey: new Uint8Array(16).fill(3),
  gateway: { identity: new Uint8Array(32).fill(4), url: 'wss://gateway.test:9001/', urlSeenAt: 1_777_636_800_000 },
  sharedKey: new Uint8Array(32).fill(5),
  lastTimestamp: 1_777_636_800,
};

function codeOf(encoded: Uint8Array): string {
  try {
    decodeClientRecord(encoded);
    return 'none';
  } catch (error) {
    if (!(error instanceof MixnetError)) throw error;
    return error.code;
  }
}

describe('the record of a client', () => {
  test('comes back as it was written', () => {
    fc.assert(
      fc.property(record, given => {
        expect(decodeClientRecord(encodeClientRecord(given))).toEqual(given);
      }),
    );
  });

  test('keeps its format: what an older version wrote is still read', () => {
    const encoded = encodeClientRecord(sample);
    expect(encoded.length).toBe(4 + 1 + 32 + 32 + 16 + 32 + 32 + 8 + 8 + 2 + 24 + 8);
    expect(latin1Of(encoded.subarray(0, 5))).toBe('mixc\x01');
    expect(hex(encoded.subarray(149))).toBe(
      `0000000069f495c00000019de368f6000018${hex(latin1('wss://gateway.test:9001/'))}${hex(encoded.subarray(-8))}`,
    );
  });

  test('any bit that flips, and any byte that is missing or added, is noticed', () => {
    const encoded = encodeClientRecord(sample);
    for (let bit = 0; bit < encoded.length * 8; bit++) {
      const damaged = encoded.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(codeOf(damaged)).toBe('ERR_MIX_STORAGE_UNREADABLE');
    }
    for (let length = 0; length < encoded.length; length++) {
      expect(codeOf(encoded.subarray(0, length))).toBe('ERR_MIX_STORAGE_UNREADABLE');
    }
    expect(codeOf(Uint8Array.from([...encoded, 0]))).toBe('ERR_MIX_STORAGE_UNREADABLE');
  });

  test('whatever is no record is an error of ours', () => {
    const prefix = fc.constantFrom([], [...'mixc'].map(ascii), [...[...'mixc'].map(ascii), 1], [...'seal'].map(ascii));
    fc.assert(
      fc.property(prefix, fc.uint8Array({ maxLength: 300 }), (start, rest) => {
        expect(codeOf(Uint8Array.from([...start, ...rest]))).toMatch(/^ERR_MIX_STORAGE_/);
      }),
      { numRuns: 2000 },
    );
  });

  test('one of a newer version says so', () => {
    const newer = encodeClientRecord(sample);
    newer[4] = 2;
    expect(() => decodeClientRecord(newer)).toThrow(/newer version/);
  });

  test('what does not fit is not written', () => {
    const gateway = (url: string) => ({ ...sample, gateway: { ...sample.gateway, url } });
    for (const bad of ['http://gateway.test/', 'ws://', 'ws://gäteway.test/', `ws://${'x'.repeat(600)}.test/`]) {
      expect(() => encodeClientRecord(gateway(bad))).toThrow(RangeError);
    }
    expect(() => encodeClientRecord({ ...sample, ackKey: new Uint8Array(32) })).toThrow(RangeError);
    expect(() => encodeClientRecord({ ...sample, lastTimestamp: -1 })).toThrow(RangeError);
    expect(() => encodeClientRecord({ ...sample, lastTimestamp: 1.5 })).toThrow(RangeError);
  });
});

function ascii(character: string): number {
  return character.charCodeAt(0);
}
