import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import {
  decodeRecipient,
  encodeRecipient,
  formatRecipient,
  parseRecipient,
  sameRecipient,
} from '../../src/message/index.ts';
import { fromHex, hex, someRecipient, vectors } from './support.ts';

const text = vectors.upstream_run.surb_recipient;

describe('client addresses', () => {
  test.each(vectors.source_test_fixtures.recipients.map((vector, i) => [i, vector] as const))(
    'text and bytes of the reference agree (%i)',
    (_, vector) => {
      const written = vector.base58 ?? vector.base58_derived ?? '';
      const bytes = vector.bytes ?? vector.bytes_derived ?? '';
      expect(hex(encodeRecipient(parseRecipient(written)))).toBe(bytes);
      expect(formatRecipient(decodeRecipient(fromHex(bytes)))).toBe(written);
    },
  );

  test('two copies of an address are the same; another key makes another address', () => {
    expect(sameRecipient(someRecipient, parseRecipient(text))).toBe(true);
    expect(sameRecipient(someRecipient, { ...someRecipient, gateway: someRecipient.identity })).toBe(false);
    expect(sameRecipient(someRecipient, { ...someRecipient, identity: someRecipient.gateway })).toBe(false);
  });

  test('text that is no address says so', () => {
    const [identity = '', encryption = '', gateway = ''] = text.split(/[.@]/);
    const wrong = [
      '',
      `${text}@`,
      ` ${text}`,
      `${text}\n`,
      text.replace('@', '.'),
      text.replace('.', '@'),
      `${identity}.${encryption}`,
      `${identity}..${encryption}@${gateway}`,
      `${identity}.${encryption}@${gateway.slice(2)}`,
      `${identity}.${encryption}1@${gateway}`,
      `${identity}.${encryption}@${'1'.repeat(100_000)}`,
      `${identity}.0${encryption.slice(1)}@${gateway}`,
      // 2 is no y-coordinate of the curve
      `${identity}.${encryption}@8opHzTAnfzRpPEx21XtnrVTX28YQuCpAjcn1PczScKh`,
    ];
    for (const address of wrong)
      expect(() => parseRecipient(address), address.slice(0, 200)).toThrow(codeOf('ERR_MIX_USAGE_OPTION'));
  });

  test('bytes that are no address say so, and nothing else is thrown', () => {
    expect(() => decodeRecipient(new Uint8Array(95))).toThrow(codeOf('ERR_MIX_MIXNET_MALFORMED'));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 96, maxLength: 96 }), bytes => {
        try {
          expect(encodeRecipient(decodeRecipient(bytes))).toEqual(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MixnetError);
        }
      }),
    );
  });
});

function codeOf(code: string) {
  return expect.objectContaining({ code });
}
