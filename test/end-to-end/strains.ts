/**
 * What `test/client/long-run.test.ts` shows without packets, with them: two clients in conversation over a whole mixnet
 * that misbehaves, on a virtual clock. Each strain takes a length, so that a short form belongs to every test run.
 */

import { expect } from 'vitest';
import type { ClientCore, Traffic } from '../../src/client/index.ts';
import type { DevnetOptions } from '../../src/devnet/index.ts';
import { converse, inOrder, numbers, replyWithoutEnd, type Talker } from '../client/conversation.ts';
import { collect, Loopback } from '../client/loopback.ts';

const minute = 60_000;
/** A packet costs milliseconds to make and to carry: few of them. */
const slow: Partial<Traffic> = { messageSendingAverageDelayMs: 250, disableLoopCoverTrafficStream: true };
/** Only packets that carry something, for long times. */
const silent: Partial<Traffic> = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };

/** A fifth of all packets is lost: every message arrives, once. */
export async function losses(minutes: number): Promise<void> {
  const { world, alice, bob } = await couple({ faults: { loss: 0.2 } }, slow);
  const talk = converse(world.platform, alice, bob, { every: 6_000, until: world.platform.now() + minutes * minute });
  await world.platform.advance((minutes + 1) * minute);
  expect(talk.outcomes).toEqual({ done: talk.sent });
  expect(numbers(bob.received)).toEqual(talk.numbers);
  expect(numbers(alice.received)).toEqual(inOrder(talk.replies));
  expect(world.devnet.stats().packets.lost.data).toBeGreaterThan(10 * minutes);
  await end(world, alice, bob);
}

/** Gateways restart: every message is settled, none comes twice, and both clients are back. */
export async function outages(minutes: number): Promise<void> {
  const { world, alice, bob } = await couple({}, slow);
  const { platform, devnet } = world;
  const talk = converse(platform, alice, bob, { every: 6_000, until: platform.now() + minutes * minute });
  for (let n = 0; n < 2 * minutes; n++) {
    await platform.advance(20_000);
    await platform.until(devnet.gateways[n % 2]?.kill() ?? Promise.resolve());
    expect([alice, bob][n % 2]?.core.state).toBe('reconnecting');
    await platform.advance(10_000);
    await platform.until(devnet.gateways[n % 2]?.revive() ?? Promise.resolve());
  }
  await platform.advance(minute);
  expect([alice.core.state, bob.core.state]).toEqual(['connected', 'connected']);
  expect(talk.pending).toBe(0);
  expect(talk.outcomes).toEqual({ done: talk.sent });
  for (const { received } of [alice, bob]) expect(new Set(numbers(received)).size).toBe(received.length);
  // What a gateway had acknowledged and was about to push went with its connections.
  expect(talk.numbers.length - bob.received.length).toBeLessThanOrEqual(2 * minutes);
  await end(world, alice, bob);
}

/** Nobody answers for the directory: its last answers serve on. */
export async function absentDirectory(minutes: number): Promise<void> {
  const { world, alice, bob } = await couple({}, silent);
  const { platform, devnet } = world;
  await platform.advance(minute);
  await platform.until(devnet.directory.kill());
  const until = platform.now() + minutes * minute;
  const last = alice.core.topology;
  const talk = converse(platform, alice, bob, { every: minute, until });
  await platform.advance(minutes * minute);
  expect(alice.core.topology).toBe(last);
  await platform.until(devnet.directory.revive());
  await platform.advance(10 * minute);
  expect(talk.outcomes).toEqual({ done: talk.sent });
  expect(numbers(bob.received)).toEqual(talk.numbers);
  expect(alice.core.topology).not.toBe(last);
  await end(world, alice, bob);
}

/** Sphinx keys change, again and again, within one download. */
export async function rotations(count: number): Promise<void> {
  const epochMs = 20_000;
  const { world, alice, bob } = await couple({ epochMs, rotationEpochs: 2 }, slow);
  const before = alice.core.topology.rotationId;
  const download = replyWithoutEnd(alice, bob);
  await world.platform.advance((count + 0.5) * 2 * epochMs);
  expect(alice.core.topology.rotationId - before).toBeGreaterThanOrEqual(count);
  download.stop();
  await world.platform.advance(minute / 2);
  expect(download.outcomes).toEqual({ done: download.sent });
  expect(download.sent).toBeGreaterThan(4);
  expect(numbers(alice.received)).toEqual(download.numbers);
  await end(world, alice, bob);
}

async function couple(options: DevnetOptions, traffic: Partial<Traffic>) {
  const world = await Loopback.start({ gateways: 2, ...options });
  const [near, far] = world.devnet.gateways;
  const talker = (core: ClientCore): Talker => ({ core, received: collect(core) });
  return {
    world,
    alice: talker(await world.connect({ gateway: near?.identity ?? '', traffic })),
    bob: talker(await world.connect({ gateway: far?.identity ?? '', traffic })),
  };
}

async function end(world: Loopback, ...talkers: readonly Talker[]): Promise<void> {
  await world.platform.until(Promise.all(talkers.map(({ core }) => core.close())));
  await world.leftNothing();
  await world.platform.until(world.devnet.close());
}
