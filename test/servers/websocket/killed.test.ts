/** A service is killed in the middle of a conversation, and comes back as who it was. */

import { expect, test } from 'vitest';
import { startDevnet } from '../../../src/devnet/index.ts';
import { exchange } from './exchange.ts';

test('nothing comes twice, every message settles, and what is lost was on its way into the dying process', async () => {
  await using devnet = await startDevnet({ exits: 0, faults: { loss: 0.1 } });
  const options = { messages: 60, maxBytes: 3_000, pause: 100, pace: 'quiet' } as const;
  const { toKilled, fromKilled, ...report } = await exchange({ api: devnet.api, ...options });
  expect(report).toMatchObject({ sameAddress: true, pending: 0 });
  expect(report.retransmissions).toBeGreaterThan(0);
  for (const way of [toKilled, fromKilled]) {
    expect(way).toMatchObject({ handedOver: 30, receivedTwice: 0, wrong: 0 });
    expect(Object.keys(way.settled)).toEqual(['done']);
  }
  expect(toKilled).toMatchObject({ settled: { done: 30 }, diedWithIt: 0, received: 30 - toKilled.lost });
  expect(toKilled.lostUnderWay).toBe(toKilled.lost);
  expect(fromKilled.lost).toBe(0);
  expect(fromKilled.received).toBe((fromKilled.settled['done'] ?? 0) + fromKilled.cameAllTheSame);
});
