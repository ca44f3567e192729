import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import { decodeReceivedRecord, encodeReceivedRecord, MAX_RECEIVED_SETS } from '../../src/storage/index.ts';

const sets = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 100 });

function codeOf(encoded: Uint8Array): string {
  try {
    decodeReceivedRecord(encoded);
    return 'none';
  } catch (error) {
    if (!(error instanceof MixnetError)) throw error;
    return error.code;
  }
}

describe('the record of what has come', () => {
  test('comes back as it was written', () => {
    fc.assert(
      fc.property(sets, given => {
        expect(decodeReceivedRecord(encodeReceivedRecord(given))).toEqual(given);
      }),
    );
    const most = Array.from({ length: MAX_RECEIVED_SETS }, (_, i) => i);
    expect(decodeReceivedRecord(encodeReceivedRecord(most))).toEqual(most);
  });

  test('keeps its format: what an older version wrote is still read', () => {
    const encoded = encodeReceivedRecord([1, -2]);
    expect(Buffer.from(encoded.subarray(0, -8)).toString('hex')).toBe('6d69787201' + '00000001' + 'fffffffe');
  });

  test('is refused when it is damaged, cut short, of a newer version, or something else', () => {
    const encoded = encodeReceivedRecord([1, 2, 3]);
    for (let i = 0; i < encoded.length; i++) {
      const damaged = encoded.slice();
      damaged[i] = (damaged[i] ?? 0) ^ 0x40;
      expect(codeOf(damaged)).toBe('ERR_MIX_STORAGE_UNREADABLE');
      expect(codeOf(encoded.subarray(0, i))).toBe('ERR_MIX_STORAGE_UNREADABLE');
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        expect(codeOf(bytes)).toBe('ERR_MIX_STORAGE_UNREADABLE');
      }),
    );
  });
});
