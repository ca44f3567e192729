import { describe, expect, test } from 'vitest';
import { encodeFrame, encodeNodeAddress, parseNodeAddress } from '../../src/sphinx/index.ts';
import {
  expectedRotation,
  formatLooseTimestamp,
  type KeyRotation,
  keyLifetime,
  nextRotationEpoch,
  parseLooseTimestamp,
  parsePerformance,
  rotationIdOf,
} from '../../src/topology/index.ts';
import { parseSkimmedPage } from '../../src/topology/skimmed-nodes.ts';
import { hex } from '../support/bytes.ts';
import vectors from '../vectors/gateway-vectors.json';

const { source_tests: sourceTests, synthetic } = vectors;

describe('key rotation, by upstream’s own tests', () => {
  test.each(sourceTests.key_rotation_id)('ids of epochs, initial epoch $initial_epoch_id', group => {
    for (const [epoch = 0, id] of group.cases) expect(rotationIdOf(epoch, rotation(group))).toBe(id);
  });

  test.each(sourceTests.next_rotation_starting_epoch)('the next rotation, initial epoch $initial_epoch_id', group => {
    for (const [epoch = 0, next] of group.cases) expect(nextRotationEpoch(epoch, rotation(group))).toBe(next);
  });

  test('what the clock says should be the case', () => {
    const vector = sourceTests.expected_current_rotation;
    const schedule: KeyRotation = {
      ...rotation(vector),
      referenceEpoch: vector.reference_epoch,
      referenceStart: Date.parse(vector.reference_start),
      epochDuration: vector.epoch_duration_secs * 1_000,
    };
    for (const { now, epoch, rotation: id, rotation_start: start } of vector.cases) {
      expect(expectedRotation(Date.parse(now), schedule)).toEqual({
        epoch,
        rotationId: id,
        rotationStart: Date.parse(start),
        priorEpochStart: Date.parse(start) - 3_600_000,
        followingEpochStart: Date.parse(start) + 3_600_000,
      });
    }
    expect(keyLifetime(schedule)).toBe(11 * 3_600_000);
  });
});

describe('values in directory answers', () => {
  test.each(sourceTests.refreshed_at_parsing)('refreshed_at $in', ({ in: text, unix }) => {
    expect(Math.floor(parseLooseTimestamp(text) / 1_000)).toBe(unix);
  });

  test('refreshed_at is written as the directory does', () => {
    expect(formatLooseTimestamp(1)).toBe(sourceTests.refreshed_at_serialised_epoch_plus_1ms);
    expect(formatLooseTimestamp(0)).toBe('1970-01-01 00:00:00.0 +00:00:00');
    expect(parseLooseTimestamp(formatLooseTimestamp(1_777_636_800_123))).toBe(1_777_636_800_123);
  });

  test.each(sourceTests.performance_round_to_integer)('performance %s is %i percent', (text, percent) => {
    expect(parsePerformance(text)).toBe(percent);
  });

  test('a page of nodes', () => {
    const { items, total, metadata } = parseSkimmedPage(synthetic.skimmed_v2_bincode.json);
    expect(total).toBe(1);
    expect(metadata).toMatchObject({ epoch: 100, rotationId: 4, refreshedAt: Date.UTC(2026, 4, 1, 12, 10) });
    expect(items).toMatchObject([
      { nodeId: 4, ips: ['127.0.0.1'], mixPort: 17_894, performance: 100, entry: { wsPort: 19_000 } },
    ]);
    expect(hex(items[0]?.identity ?? new Uint8Array(0))).toBe(vectors.captured.gateway_identity.ed25519_public);
  });
});

describe('addresses and frames between nodes', () => {
  test('node addresses', () => {
    const { ipv4, ipv6 } = synthetic.node_address;
    expect(hex(encodeNodeAddress(parseNodeAddress('1.2.3.4', 1789)))).toBe(ipv4.bytes);
    expect(hex(encodeNodeAddress(parseNodeAddress('2001:db8::1', 1789)))).toBe(ipv6.bytes);
  });

  test('frame headers', () => {
    const header = (bytes: number, rotation: 0 | 1 | 2, version: 7 | 8) =>
      hex(encodeFrame({ packet: new Uint8Array(bytes), rotation, version })).slice(0, version === 7 ? 6 : 8);
    const vector = synthetic.tcp_frame_header;
    expect(header(2413, 0, 7)).toBe(vector.v7_regular_sphinx);
    expect(header(2413, 2, 8)).toBe(vector.v8_regular_sphinx_even_rotation);
    expect(header(386, 1, 8)).toBe(vector.v8_ack_odd_rotation);
  });
});

function rotation(group: { validity_epochs: number; initial_epoch_id: number }): KeyRotation {
  return {
    validityEpochs: group.validity_epochs,
    initialEpoch: group.initial_epoch_id,
    referenceEpoch: 0,
    referenceStart: 0,
    epochDuration: 3_600_000,
  };
}
