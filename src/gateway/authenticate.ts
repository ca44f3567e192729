/**
 * Authentication of a registered client, version 4 and later
 * (`nymtech/nym common/gateway-requests/src/types/text_request/authenticate.rs`). The client signs, without further
 * separation:
 *
 * | offset | bytes | |
 * |---|---|---|
 * | 0 | 1 | protocol version |
 * | 1 | 32 | client identity |
 * | 33 | 48 | client identity, sealed under the shared key |
 * | 81 | 12 | nonce of that |
 * | 93 | 8 | seconds since 1970, u64 |
 *
 * @module
 */

import { ed25519Sign, ed25519Verify, gcmSivSeal } from '#crypto';
import { concatBytes, equalBytes } from '../crypto/bytes.ts';
import type { RandomBytes } from '../platform/platform.ts';
import type { AuthenticateRequest } from './control-messages.ts';
import * as gatewayTexts from './error-texts.ts';
import { NONCE_BYTES } from './frames.ts';
import type { Identity } from './identity.ts';
import { CURRENT_VERSION, OLDEST_VERSION } from './version.ts';

/** How far the clocks of client and gateway may be apart, seconds: the default of the reference. */
const MAX_CLOCK_SKEW = 120;

export function authenticateRequest(options: {
  readonly identity: Identity;
  readonly sharedKey: Uint8Array;
  readonly version: number;
  /** Seconds since 1970; greater than in any earlier request of this client. */
  readonly timestamp: number;
  readonly random: RandomBytes;
}): AuthenticateRequest {
  const { identity, sharedKey, version, timestamp, random } = options;
  const nonce = random(NONCE_BYTES);
  const unsigned = {
    version,
    identity: identity.publicKey,
    addressCiphertext: gcmSivSeal(sharedKey, nonce, identity.publicKey),
    nonce,
    timestamp,
  };
  return { ...unsigned, signature: ed25519Sign(signedPlaintext(unsigned), identity.seed) };
}

export function signedPlaintext(request: Omit<AuthenticateRequest, 'signature'>): Uint8Array {
  const timestamp = new Uint8Array(8);
  new DataView(timestamp.buffer).setBigUint64(0, BigInt(request.timestamp));
  return concatBytes(
    Uint8Array.of(request.version),
    request.identity,
    request.addressCiphertext,
    request.nonce,
    timestamp,
  );
}

/** What a gateway knows when it judges a request. */
export interface AuthenticationRecord {
  /** Seconds since 1970. */
  readonly now: number;
  readonly sharedKey: Uint8Array | undefined;
  /** Of the last authentication that succeeded. */
  readonly lastTimestamp: number | undefined;
  /** The newest version this gateway speaks. Default 6. */
  readonly newestVersion?: number;
}

/** Why the request must be refused, in the gateway's words, or `undefined`; the checks are in the order of the reference. */
export function refusalOf(request: AuthenticateRequest, record: AuthenticationRecord): string | undefined {
  const { now, sharedKey, lastTimestamp, newestVersion = CURRENT_VERSION } = record;
  if (request.version < OLDEST_VERSION || request.version > newestVersion) {
    return gatewayTexts.incompatibleVersion(newestVersion, request.version);
  }
  if (Math.abs(now - request.timestamp) > MAX_CLOCK_SKEW) return gatewayTexts.skewedTimestamp(request.timestamp, now);
  if (!ed25519Verify(request.signature, signedPlaintext(request), request.identity)) return gatewayTexts.badSignature;
  if (sharedKey === undefined) return gatewayTexts.notRegistered;
  // GCM-SIV is deterministic: the gateway seals the address itself and compares.
  if (!equalBytes(gcmSivSeal(sharedKey, request.nonce, request.identity), request.addressCiphertext)) {
    return gatewayTexts.badAddress;
  }
  if (lastTimestamp !== undefined && request.timestamp <= lastTimestamp) return gatewayTexts.usedTimestamp;
  return undefined;
}
