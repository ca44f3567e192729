import fc from 'fast-check';
import { expect } from 'vitest';
import type { AuthenticatedCipher } from '../../src/crypto/aead.ts';

/** What any authenticated cipher must refuse: what it has sealed, with another bit, cut short, or with other data beside it. */
export function expectChangedSealsRefused({ seal, open }: AuthenticatedCipher, keys: fc.Arbitrary<Uint8Array>): void {
  const nonces = fc.uint8Array({ minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(keys, nonces, fc.uint8Array({ maxLength: 60, size: 'max' }), fc.nat(), (key, nonce, plain, at) => {
      const associated = nonce.subarray(0, 5);
      const sealed = seal(key, nonce, associated, plain);
      const bit = at % (8 * sealed.length);
      const flipped = sealed.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(open(key, nonce, associated, flipped)).toBeUndefined();
      expect(open(key, nonce, associated, sealed.subarray(0, at % sealed.length))).toBeUndefined();
      expect(open(key, nonce, nonce.subarray(0, 4), sealed)).toBeUndefined();
    }),
    { numRuns: 60 },
  );
}
