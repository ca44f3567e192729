/** A service is killed in the middle of a conversation, and comes back as who it was. */

import { expect, test } from 'vitest';
import { startDevnet } from '../../../src/devnet/index.ts';
import { exchange, expectAccounted } from './exchange.ts';

test('nothing comes twice, every message settles, and what is lost was on its way into the dying process', async () => {
  await using devnet = await startDevnet({ exits: 0, faults: { loss: 0.1 } });
  const options = { messages: 60, maxBytes: 3_000, pause: 100, pace: 'quiet' } as const;
  const report = await exchange({ api: devnet.api, ...options });
  expectAccounted(report, 30);
  expect(report.retransmissions).toBeGreaterThan(0);
});
