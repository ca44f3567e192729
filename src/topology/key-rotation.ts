/**
 * When nodes change their Sphinx keys: `v1/epoch/key-rotation-info`
 * (`nymtech/nym common/cosmwasm-smart-contracts/mixnet-contract/src/key_rotation.rs`). A rotation lasts a number of
 * epochs; nodes accept the keys of the previous one for one epoch more. From one answer the schedule follows for good,
 * as long as the network's epochs keep their pace.
 *
 * @module
 */

import { duration, malformed, record, u32 } from './json.ts';
import { parseTimestamp } from './timestamps.ts';

export interface KeyRotation {
  /** Epochs in a rotation. */
  readonly validityEpochs: number;
  /** The epoch in which rotation 0 began. */
  readonly initialEpoch: number;
  /** An epoch, and the Unix time in ms at which it began: what the clock view counts from. */
  readonly referenceEpoch: number;
  readonly referenceStart: number;
  /** Milliseconds. */
  readonly epochDuration: number;
}

/** What should be the case at some time, if no epoch is late. Times are Unix times in ms. */
export interface ExpectedRotation {
  readonly epoch: number;
  readonly rotationId: number;
  readonly rotationStart: number;
  /** One epoch before the rotation, when its keys are announced: all that was made before is of the keys it replaced. */
  readonly priorEpochStart: number;
  /** One epoch after its start: from now on no node accepts the keys it replaced. */
  readonly followingEpochStart: number;
}

/** Throws ERR_MIX_DIRECTORY_MALFORMED; every field must be there. */
export function parseKeyRotation(answer: unknown): KeyRotation {
  const info = record(answer, 'key rotation');
  const state = record(info['key_rotation_state'], 'key_rotation_state');
  const progress = record(info['progress'], 'progress');
  for (const name of [
    'current_key_rotation_id',
    'current_rotation_starting_epoch',
    'current_rotation_ending_epoch',
  ] as const) {
    u32(progress[name], name);
  }
  const rotation: KeyRotation = {
    validityEpochs: u32(state['validity_epochs'], 'validity_epochs'),
    initialEpoch: u32(state['initial_epoch_id'], 'initial_epoch_id'),
    referenceEpoch: u32(info['current_absolute_epoch_id'], 'current_absolute_epoch_id'),
    referenceStart: parseTimestamp(info['current_epoch_start'], 'current_epoch_start'),
    epochDuration: duration(info['epoch_duration'], 'epoch_duration'),
  };
  if (rotation.validityEpochs === 0) throw malformed('validity_epochs');
  if (rotation.epochDuration === 0) throw malformed('epoch_duration');
  return rotation;
}

export function rotationIdOf(epoch: number, { initialEpoch, validityEpochs }: KeyRotation): number {
  return Math.floor(Math.max(0, epoch - initialEpoch) / validityEpochs);
}

/** The epoch in which the rotation after that of `epoch` begins. */
export function nextRotationEpoch(epoch: number, rotation: KeyRotation): number {
  return startingEpoch(rotationIdOf(epoch, rotation) + 1, rotation);
}

export function expectedEpoch(now: number, { referenceEpoch, referenceStart, epochDuration }: KeyRotation): number {
  return Math.max(0, referenceEpoch + Math.floor((now - referenceStart) / epochDuration));
}

export function expectedRotation(now: number, rotation: KeyRotation): ExpectedRotation {
  const epoch = expectedEpoch(now, rotation);
  const rotationId = rotationIdOf(epoch, rotation);
  const rotationStart = startOf(startingEpoch(rotationId, rotation), rotation);
  return {
    epoch,
    rotationId,
    rotationStart,
    priorEpochStart: rotationStart - rotation.epochDuration,
    followingEpochStart: rotationStart + rotation.epochDuration,
  };
}

/** How long a key may be in use, ms: its rotation, and the epoch of grace. */
export function keyLifetime({ validityEpochs, epochDuration }: KeyRotation): number {
  return (validityEpochs + 1) * epochDuration;
}

/** Unix time in ms at which an epoch begins. */
export function startOf(epoch: number, { referenceEpoch, referenceStart, epochDuration }: KeyRotation): number {
  return referenceStart + (epoch - referenceEpoch) * epochDuration;
}

function startingEpoch(rotationId: number, { initialEpoch, validityEpochs }: KeyRotation): number {
  return initialEpoch + validityEpochs * rotationId;
}
