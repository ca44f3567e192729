/**
 * Versions of the gateway protocol (`nymtech/nym common/gateway-requests/src/lib.rs`), one unsigned byte:
 *
 * | version | what it brought |
 * |---|---|
 * | 3 | AES-256-GCM-SIV with random nonces |
 * | 4 | signed, timestamped authentication |
 * | 5 | the key rotation of a packet travels beside it |
 * | 6 | upgrade mode: a time in which gateways do not meter |
 */

import { MixnetError } from '../errors.ts';

export const OLDEST_VERSION = 4;
export const CURRENT_VERSION = 6;

/** The version a client speaks with a gateway that announces `announced`; the newer ones promise to read ours. */
export function versionFor(announced: number): number {
  return accepted(Math.min(announced, CURRENT_VERSION));
}

/**
 * The version after a gateway's answer, which may name another than was asked for; `undefined` where the answer names
 * none.
 */
export function versionAfter(answered: number | undefined, asked: number): number {
  return accepted(answered ?? asked);
}

/** The form of forwarded packets: 2 carries the key rotation, 1 does not. A gateway reads both. */
export function mixPacketVersion(version: number): 1 | 2 {
  return version >= 5 ? 2 : 1;
}

function accepted(version: number): number {
  if (version >= OLDEST_VERSION && version <= CURRENT_VERSION) return version;
  throw new MixnetError('ERR_MIX_GATEWAY_VERSION');
}
