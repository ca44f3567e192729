/** Key agreement: RFC 8446, section 4.2.8.2 and 7.4.2 for the NIST curves, RFC 7748 for X25519. */

import { x25519 } from '@noble/curves/ed25519.js';
import { p256, p384 } from '@noble/curves/nist.js';
import type { RandomBytes } from '../../platform/platform.ts';
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
        publicKey: x25519.getPublicKey(secret),
        // RFC 7748, section 6.1: an all-zero result is refused, by noble.
        agree: peer => agreed(() => x25519.getSharedSecret(secret, peer)),
      };
    },
  },
  nistGroup(0x0017, p256, 65),
  nistGroup(0x0018, p384, 97),
];

/** `pointBytes`: RFC 8446, section 4.2.8.2, the uncompressed form alone. */
function nistGroup(id: number, curve: typeof p256, pointBytes: number): Group {
  return {
    id,
    generate(randomBytes) {
      const secret = curve.utils.randomSecretKey(randomBytes(curve.lengths.seed ?? 0));
      return {
        group: id,
        publicKey: curve.getPublicKey(secret, false),
        agree(peer) {
          if (peer.length !== pointBytes || peer[0] !== 4) throw notAKey();
          // The x-coordinate, behind the byte of the compressed form. That the point is on the curve, noble checks.
          return agreed(() => curve.getSharedSecret(secret, peer).subarray(1));
        },
      };
    },
  };
}

function agreed(agree: () => Uint8Array): Uint8Array {
  try {
    return agree();
  } catch {
    throw notAKey();
  }
}

function notAKey(): TlsError {
  return new TlsError('illegal_parameter', 'the key share of the server is not a point of its group');
}
