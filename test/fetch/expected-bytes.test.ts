import { expect, test } from 'vitest';
import { LoopbackExit } from '../support/loopback-streams.ts';
import { bed } from './bed.ts';

/**
 * Bytes of a body that came with its head were never counted down, so that the idle connection in the pool went on asking
 * for reply blocks; a paused download beside it used them up, and was ended for want of room.
 */
test('an exit is told what an answer will bring, and when it is complete, that nothing more is expected', async () => {
  const told: number[] = [];
  const exit = new LoopbackExit();
  const it = await bed({
    open: options => Object.assign(exit.openStream(options), { expect: (bytes: number) => void told.push(bytes) }),
  });
  await (await it.fetch(it.at('/bytes/70000'))).arrayBuffer();
  expect(Math.max(...told)).toBeGreaterThan(0);
  expect(told.at(-1)).toBe(0);
});
