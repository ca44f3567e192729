/**
 * Whole clients for hours, under a virtual clock and without cryptography: what they owe their users, whatever happens.
 */

import { describe, expect, test } from 'vitest';
import type { Traffic } from '../../src/client/index.ts';
import { uniformUnit } from '../../src/crypto/sampling.ts';
import type { Milliseconds } from '../../src/platform/platform.ts';
import {
  criticalDistance,
  criticalDistanceBetween,
  distanceBetween,
  distanceFromExponential,
} from '../support/kolmogorov-smirnov.ts';
import { gapsBetween } from '../traffic/examination.ts';
import { converse, inOrder, numbered, numberIn, numbers, replyWithoutEnd, Work } from './conversation.ts';
import { PlainClient } from './plain-client.ts';
import { PlainMixnet, type PlainMixnetOptions } from './plain-mixnet.ts';

const minute: Milliseconds = 60_000;
const hour = 60 * minute;
/** A tenth of the usual packets: where the pace is not the point. */
const slow: Partial<Traffic> = { messageSendingAverageDelayMs: 200, loopCoverTrafficAverageDelayMs: 2_000 };

describe('the traffic of a client', { timeout: 240_000 }, () => {
  test('is that of an idle one whatever it has to do: the same rate, the same exponential gaps', async () => {
    const { mixnet, alice, bob } = couple({}, {});
    await mixnet.platform.advance(5 * minute);
    const idle = alice.link.times.splice(0);
    const work = keepBusy(alice, bob);
    await mixnet.platform.advance(5 * minute);
    work.stop();
    const busy = alice.link.times.splice(0);
    const [idleGaps, busyGaps] = [gapsBetween(idle), gapsBetween(busy)];
    for (const gaps of [idleGaps, busyGaps]) {
      expect(Math.abs(gaps.length - 16_500)).toBeLessThan(600);
      expect(distanceFromExponential(gaps, 1000 / 55)).toBeLessThan(criticalDistance(gaps.length));
    }
    const critical = criticalDistanceBetween(idleGaps.length, busyGaps.length);
    expect(distanceBetween(idleGaps, busyGaps)).toBeLessThan(critical);
    const { realSent, coverSent } = alice.core.stats();
    // The main stream carried nothing but real packets while there was work.
    expect(realSent).toBeGreaterThan(0.97 * (50 / 55) * busy.length);
    expect(realSent + coverSent).toBe(idle.length + busy.length);
    await mixnet.platform.advance(minute);
    expect(work.outcomes).toEqual({ done: work.sent });
  });
});

describe('hours of', { timeout: 240_000 }, () => {
  test('idleness leave a client as they found it', async () => {
    const { mixnet, alice } = couple({}, slowest);
    await mixnet.platform.advance(minute);
    const timers = mixnet.platform.pendingTimers;
    const [asked, sent] = [mixnet.directoryRequests, alice.core.stats().coverSent];
    await mixnet.platform.advance(6 * hour);
    expect(Math.abs(mixnet.platform.pendingTimers - timers)).toBeLessThan(20); // packets that are on their way
    expect(alice.held).toEqual(nothing);
    const { retransmissions, slotsMissed, coverSent, coverReceived, packetsDropped } = alice.core.stats();
    expect({ retransmissions, slotsMissed, packetsDropped }).toEqual({
      retransmissions: 0,
      slotsMissed: 0,
      packetsDropped: 0,
    });
    expect(Math.abs(coverSent - sent - 6 * 3600 * 1.5)).toBeLessThan(800);
    expect(coverSent - coverReceived).toBeLessThan(20);
    // Both clients ask for topology and epochs every five minutes.
    expect(mixnet.directoryRequests - asked).toBeLessThanOrEqual(2 * 2 * 73);
    await end(mixnet, alice);
  });

  test('conversation with a fifth of all packets lost deliver every message once', async () => {
    const { mixnet, alice, bob } = couple();
    mixnet.loss = 0.2;
    const talk = converse(mixnet.platform, alice, bob, { every: 4_000, until: hour });
    await mixnet.platform.advance(hour + 5 * minute);
    expect(talk.outcomes).toEqual({ done: talk.sent });
    expect(talk.sent).toBeGreaterThan(1_300);
    expect(numbers(bob.received)).toEqual(talk.numbers);
    expect(numbers(alice.received)).toEqual(inOrder(talk.replies));
    expect(mixnet.lost.packets).toBeGreaterThan(5_000);
    expect(alice.core.stats().retransmissions).toBeGreaterThan(1_000);
    expect([alice.held, bob.held]).toEqual([nothing, nothing]);
    await end(mixnet, alice, bob);
  });

  test('gateways that go away and forget settle every message, and lose only what they had acknowledged', async () => {
    const { mixnet, alice, bob } = couple({}, { ...slow, maximumNumberOfRetransmissions: 10 });
    const talk = converse(mixnet.platform, alice, bob, { every: 4_000, until: hour });
    breakGateways(mixnet, hour);
    await mixnet.platform.advance(hour + 10 * minute);
    expect(talk.pending).toBe(0);
    expect(Object.keys(talk.outcomes).sort()).toEqual(['ERR_MIX_GATEWAY_CLOSED', 'ERR_MIX_MIXNET_UNDELIVERED', 'done']);
    expect(talk.outcomes['done']).toBeGreaterThan(0.8 * talk.sent);
    for (const { to, acknowledged } of [
      { to: bob, acknowledged: talk.acknowledged.messages },
      { to: alice, acknowledged: talk.acknowledged.replies },
    ]) {
      const arrived = numbers(to.received);
      expect(new Set(arrived).size).toBe(arrived.length);
      const missing = acknowledged.filter(number => !arrived.includes(number));
      const explained = mixnet.explained.map(message => ('data' in message ? numberIn(message) : -1));
      expect(missing.filter(number => !explained.includes(number))).toEqual([]);
    }
    expect(mixnet.losses.length).toBeGreaterThan(5);
    expect([alice.link.state, bob.link.state]).toEqual(['connected', 'connected']);
    await mixnet.platform.advance(35 * minute); // for which unfinished messages are kept
    expect([alice.held, bob.held]).toEqual([nothing, nothing]);
    await end(mixnet, alice, bob);
  });

  test('conversation do not notice that the directory is away for 50 minutes, even with new keys meanwhile', async () => {
    const { mixnet, alice, bob } = couple({ rotationEpochs: 2, firstEpoch: 2981 }, slowest);
    const { startedAt, lastEpochOfRotation, epoch } = mixnet.epochs.current;
    const rotation = startedAt + (lastEpochOfRotation - epoch + 1) * hour - mixnet.platform.wallTime();
    const talk = converse(mixnet.platform, alice, bob, { every: 20_000, until: rotation + hour });
    await mixnet.platform.advance(rotation - 5 * minute);
    mixnet.directoryUp = false;
    await mixnet.platform.advance(50 * minute);
    expect(alice.core.topology.rotationId).toBe(mixnet.epochs.current.rotation - 1);
    mixnet.directoryUp = true;
    await mixnet.platform.advance(20 * minute);
    expect(alice.core.topology.rotationId).toBe(mixnet.epochs.current.rotation);
    expect(talk.pending).toBe(0);
    expect(talk.outcomes).toEqual({ done: talk.sent });
    expect(numbers(bob.received)).toEqual(talk.numbers);
    expect(numbers(alice.received)).toEqual(inOrder(talk.replies));
    expect(alice.core.stats().slotsMissed).toBe(0);
    await end(mixnet, alice, bob);
  });

  test('one download go on through two changes of the keys', async () => {
    const { mixnet, alice, bob } = couple({ epochMs: 3 * minute, rotationEpochs: 2 }, fasterThanSlow);
    const first = mixnet.epochs.current.rotation;
    const download = replyWithoutEnd(alice, bob);
    await mixnet.platform.advance(14 * minute);
    expect(mixnet.epochs.current.rotation - first).toBeGreaterThanOrEqual(2);
    download.stop();
    await mixnet.platform.advance(2 * minute);
    expect(download.outcomes).toEqual({ done: download.sent });
    expect(download.sent).toBeGreaterThan(200);
    expect(numbers(alice.received)).toEqual(download.numbers);
    // Reply blocks that were on their way when their keys went.
    expect(mixnet.expired).toBeLessThan(20);
    expect(alice.kept['replyKeys']).toBeLessThan(2_000);
    expect([alice.held, bob.held]).toEqual([nothing, nothing]);
    await end(mixnet, alice, bob);
  });
});

const nothing = { deliveries: 0, pending: 0, shipments: 0, lanes: 0, unfinished: 0 };
const slowest: Partial<Traffic> = { messageSendingAverageDelayMs: 1_000, loopCoverTrafficAverageDelayMs: 2_000 };
const fasterThanSlow: Partial<Traffic> = { messageSendingAverageDelayMs: 50, loopCoverTrafficAverageDelayMs: 2_000 };

function couple(options: PlainMixnetOptions = {}, traffic: Partial<Traffic> = slow) {
  const mixnet = new PlainMixnet(options);
  const [near, far] = mixnet.gateways;
  if (near === undefined || far === undefined) throw new Error('there are too few gateways');
  return {
    mixnet,
    alice: new PlainClient(mixnet, { gateway: near, traffic }),
    bob: new PlainClient(mixnet, { gateway: far, traffic: Object.keys(traffic).length === 0 ? slow : traffic }),
  };
}

/** Closes them, and expects that nothing of them is left. */
async function end(mixnet: PlainMixnet, ...clients: PlainClient[]): Promise<void> {
  await Promise.all(clients.map(({ core }) => core.close()));
  expect(clients.map(({ held }) => held)).toEqual(clients.map(() => nothing));
  expect(mixnet.platform.holders).toBe(0);
}

/** More to send than there are slots. */
function keepBusy(from: PlainClient, to: PlainClient) {
  const work = new Work();
  let going = true;
  const customer = async () => {
    while (going) await work.count(from.core.send(to.address, numbered(work.sent, 30_000)));
  };
  for (let i = 0; i < 4; i++) void customer();
  return Object.assign(work, {
    stop() {
      going = false;
    },
  });
}

/**
 * One or the other, at intervals of minutes: away for seconds, away for longer than any message waits, or with dead
 * connections that nobody notices for half a minute.
 */
function breakGateways({ platform, gateways }: PlainMixnet, until: Milliseconds): void {
  const uniform = (from: number, to: number) => from + (to - from) * uniformUnit(platform.randomBytes);
  const after = (delay: Milliseconds, then: () => void) => void platform.setTimer(then, delay);
  let outages = 0;
  const next = () => {
    after(uniform(1, 4) * minute, () => {
      const gateway = gateways[outages % 2];
      if (gateway === undefined || platform.now() > until) return;
      outages += 1;
      if (outages % 3 === 0) {
        gateway.mute = true;
        after(30_000, () => {
          gateway.mute = false;
          gateway.cut();
          next();
        });
      } else {
        gateway.kill();
        after(outages % 3 === 1 ? uniform(1_000, 40_000) : uniform(6, 8) * minute, () => {
          gateway.up = true;
          next();
        });
      }
    });
  };
  next();
}
