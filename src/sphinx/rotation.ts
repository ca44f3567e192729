/**
 * Nodes change their Sphinx key every rotation, and keep two at a time. A packet says by the parity of the rotation which
 * one it was made for. Upstream: `nymtech/nym common/nymsphinx/params/src/key_rotation.rs`.
 *
 * @module
 */

import { malformed } from './malformed.ts';

/** 0 unknown, 1 odd, 2 even. */
export type RotationMarker = 0 | 1 | 2;

/** What a topology has for a rotation that it does not know. */
const UNKNOWN_ROTATION = 0xffff_ffff;

/** The marker of a rotation's number; 0 and 2³²−1 stand for an unknown one. */
export function rotationMarker(rotationId: number): RotationMarker {
  if (rotationId === 0 || rotationId === UNKNOWN_ROTATION) return 0;
  return rotationId % 2 === 0 ? 2 : 1;
}

export function parseRotationMarker(byte: number): RotationMarker {
  if (byte !== 0 && byte !== 1 && byte !== 2) throw malformed('A key rotation is none of unknown, odd and even.');
  return byte;
}
