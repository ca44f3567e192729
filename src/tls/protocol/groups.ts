/** Key agreement: RFC 8446, section 4.2.8.2 and 7.4.2 for the NIST curves, RFC 7748 for X25519. */

import { x25519, x25519PublicKey } from '#crypto';
import type { RandomBytes } from '../../platform/platform.ts';
import { type CurveParameters, curves, generateAgreement } from '../keys/nist-curves.ts';
import { TlsError } from './alert.ts';

export interface Group {
  readonly id: number;
  /** A fresh key pair. */
  generate(randomBytes: RandomBytes): KeyExchange;
}

/** One key pair, used for one handshake. */
export interface KeyExchange {
  readonly group: number;
  readonly publicKey: Uint8Array;
  /** @throws TlsError illegal_parameter for what is no key of the group, or one of low order. */
  agree(peer: Uint8Array): Uint8Array;
}

/** In the order of preference. The first one's key goes with the ClientHello; for another the server asks again. */
export const groups: readonly [Group, ...Group[]] = [
  {
    id: 0x001d,
    generate(randomBytes) {
      const secret = randomBytes(32);
      return {
        group: 0x001d,
        publicKey: x25519PublicKey(secret),
        agree(peer) {
          try {
            // RFC 7748, section 6.1: an all-zero result is refused.
            return x25519(secret, peer);
          } catch {
            throw notAKey();
          }
        },
      };
    },
  },
  nistGroup(0x0017, curves['P-256']),
  nistGroup(0x0018, curves['P-384']),
];

/** RFC 8446, section 4.2.8.2: the uncompressed form alone. */
function nistGroup(id: number, curve: CurveParameters): Group {
  return {
    id,
    generate(randomBytes) {
      const { publicKey, agree } = generateAgreement(curve, randomBytes);
      return {
        group: id,
        publicKey,
        agree(peer) {
          const shared = agree(peer);
          if (shared === undefined) throw notAKey();
          return shared;
        },
      };
    },
  };
}

function notAKey(): TlsError {
  return new TlsError('illegal_parameter', 'the key share of the server is not a point of its group');
}
