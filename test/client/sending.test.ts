import { describe, expect, test } from 'vitest';
import { fixedSecret } from '#crypto';
import { generateClientKeys } from '../../src/client/client-keys.ts';
import { Deliveries } from '../../src/client/deliveries.ts';
import { GENERAL_LANE, Lanes } from '../../src/client/lanes.ts';
import { OwnCover } from '../../src/client/own-cover.ts';
import { type OutgoingPacket, SphinxPacketBuilder } from '../../src/client/packet-builder.ts';
import { fragmentKey } from '../../src/client/pending-acks.ts';
import { ReadyPackets } from '../../src/client/ready-packets.ts';
import { newCounters } from '../../src/client/stats.ts';
import { completeTraffic, type Traffic } from '../../src/client/traffic.ts';
import { TrafficStreams } from '../../src/client/traffic-streams.ts';
import { type QueuedFragment, Transmissions } from '../../src/client/transmissions.ts';
import { MixnetError } from '../../src/errors.ts';
import { isCover, openAck, openFromSender, Reassembler, type Recipient } from '../../src/message/index.ts';
import { hex } from '../support/bytes.ts';
import { criticalDistance, distanceFromExponential } from '../support/kolmogorov-smirnov.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type Journey, TinyMixnet } from '../support/tiny-mixnet.ts';
import { VirtualPlatform } from '../support/virtual-platform.ts';

interface Seen extends Journey {
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly ack: Journey;
  readonly content: 'cover' | 'fragment';
}

/** The sending half of a client, with a mixnet that loses what the test wants lost. */
function createSender(wishes: Partial<Traffic> = {}) {
  const platform = new VirtualPlatform({ seed: 'sender' });
  const mixnet = new TinyMixnet(seededRandom('mixnet'));
  const traffic = completeTraffic(wishes);
  const keys = generateClientKeys(platform.randomBytes);
  const self = {
    identity: keys.identity.publicKey,
    encryption: keys.encryption.publicKey,
    gateway: mixnet.gateway,
  } as Recipient;
  const counters = newCounters();
  const ownCover = new OwnCover();
  const { ackKey } = keys;
  const builder = new SphinxPacketBuilder({ self, ackKey, traffic, random: platform.randomBytes, ownCover });
  const lanes = new Lanes<QueuedFragment>();
  const seen: Seen[] = [];
  const received: Uint8Array[] = [];
  const reassembler = new Reassembler({ maxBytes: 1e7, maxSets: 1e4 });
  /** When packets left. */
  const times: number[] = [];
  /** `blind`: packets are only counted, and go nowhere. */
  const link = { up: true, bufferedBytes: 0, blind: false, lost: (_content: Seen['content']) => false };

  const transmissions: Transmissions = new Transmissions({
    platform,
    traffic,
    counters,
    builder,
    lanes,
    routes: () => mixnet,
    queued: lane => {
      ready.makeWay(lane);
      streams.wake();
    },
    replyExpired: () => {},
    surbUnused: () => {},
  });
  const ready = new ReadyPackets(lanes, transmissions, platform.randomBytes);
  const streams = new TrafficStreams({
    platform,
    traffic,
    counters,
    ready,
    sent: (real, now) => transmissions.sent(real, now),
    wire: {
      send: (packet: OutgoingPacket) => carry(packet),
      get connected() {
        return link.up;
      },
      get bufferedBytes() {
        return link.bufferedBytes;
      },
    },
  });
  const deliveries = new Deliveries(
    () => platform.hold(),
    delivery => transmissions.drop(delivery),
  );

  function carry({ packet, firstHop }: OutgoingPacket): true {
    times.push(platform.now());
    if (link.blind) return true;
    const journey = mixnet.carry(packet, firstHop);
    const { pushed, ack } = mixnet.deliver(journey);
    const fragment = openFromSender(pushed, fixedSecret(keys.encryption.secretKey));
    const content = isCover(fragment) ? 'cover' : 'fragment';
    seen.push({ ...journey, at: platform.now(), bytes: packet, ack, content });
    if (link.lost(content)) return true;
    platform.setTimer(() => {
      const id = openAck(keys.ackKey, ack.final.plaintext);
      if (content === 'cover') expect(id).toBe('cover');
      else {
        const message = reassembler.insert(fragment, platform.now());
        if (message !== undefined) received.push(message);
      }
      if (id !== 'cover') transmissions.acked(fragmentKey(id));
    }, journey.delayMs + ack.delayMs);
    return true;
  }

  function send(message: Uint8Array, options: { lane?: string; limit?: number; signal?: AbortSignal } = {}) {
    const delivery = deliveries.open(options.lane ?? GENERAL_LANE, message.length, options.signal);
    const limit = options.limit ?? traffic.maximumNumberOfRetransmissions;
    transmissions.sendTo(self, message, delivery, limit);
    return delivery.done;
  }

  return {
    platform,
    mixnet,
    link,
    times,
    streams,
    transmissions,
    deliveries,
    lanes,
    counters,
    seen,
    received,
    ready,
    send,
  };
}

/** For tests of reliability: fewer packets to build and unwrap. */
const slow = { messageSendingAverageDelayMs: 100, disableLoopCoverTrafficStream: true };

const gaps = (times: readonly number[]) => times.slice(1).map((time, i) => time - (times[i] ?? 0));
const settled = (promise: Promise<void>) =>
  promise.then(
    () => 'delivered',
    (error: unknown) => error,
  );

describe('what leaves the client', () => {
  test('is the same stream of packets, idle or busy, and every slot of a busy one carries something real', async () => {
    const [idle, busy] = [createSender(), createSender()];
    for (const { link, streams } of [idle, busy]) {
      link.blind = true;
      streams.start();
    }
    const delivered = busy.send(new Uint8Array(1600 * 700));
    await idle.platform.advance(10_000);
    await busy.platform.advance(10_000);
    for (const { times } of [idle, busy]) {
      const found = gaps(times);
      expect(found.length).toBeGreaterThan(480);
      expect(found.length).toBeLessThan(620);
      expect(distanceFromExponential(found, 1000 / 55)).toBeLessThan(criticalDistance(found.length));
    }
    expect(idle.counters).toMatchObject({ realSent: 0, coverSent: idle.times.length });
    expect(busy.counters.coverSent).toBeGreaterThan(30);
    expect(busy.counters.coverSent).toBeLessThan(75);
    expect(busy.counters.realSent).toBe(busy.times.length - busy.counters.coverSent);
    busy.deliveries.failAll(new Error('enough'));
    await expect(delivered).rejects.toThrow('enough');
  });

  test('looks the same in every packet: size, version, hops, acknowledgement', async () => {
    const sender = createSender();
    sender.link.lost = content => content === 'fragment' && sender.seen.length % 3 === 0;
    sender.streams.start();
    void sender.send(new Uint8Array(100_000));
    await sender.platform.advance(4000);
    expect(sender.counters.retransmissions).toBeGreaterThan(10);
    for (const { size, versions, hops, ack, delayMs } of sender.seen) {
      expect(size.name).toBe('regular');
      expect(versions).toEqual([259, 259, 259, 259]);
      expect(ack.versions).toEqual([259, 259, 259, 259]);
      expect(ack.size.name).toBe('ack');
      expect(hops.map(port => Math.floor((port - 1001) / 3))).toEqual([0, 1, 2, 3]);
      expect(delayMs).toBeGreaterThan(0);
    }
    for (const kind of ['cover', 'fragment'] as const) {
      const delays = sender.seen.filter(({ content }) => content === kind).map(({ delayMs }) => delayMs);
      const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
      expect(mean).toBeGreaterThan(36);
      expect(mean).toBeLessThan(54);
    }
  });

  test('without the main distribution is what there is to send, at once, and nothing else', async () => {
    const sender = createSender({ disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true });
    sender.streams.start();
    await sender.platform.advance(10_000);
    expect(sender.seen).toEqual([]);
    const delivered = sender.send(new Uint8Array(50_000));
    await sender.platform.advance(10);
    expect(sender.seen).toHaveLength(32);
    await sender.platform.advance(1000);
    await delivered;
    expect(sender.platform.pendingTimers).toBe(0);
  });
});

describe('a message', () => {
  test('arrives whole, and its promise resolves when the last fragment is acknowledged', async () => {
    const sender = createSender();
    sender.streams.start();
    const message = seededRandom('message')(40_000);
    const result = settled(sender.send(message));
    expect(sender.deliveries.unacknowledged(GENERAL_LANE)).toEqual({ messages: 1, bytes: 40_000 });
    await sender.platform.advance(3000);
    expect(await result).toBe('delivered');
    expect(sender.received).toEqual([message]);
    expect(sender.deliveries.unacknowledged(GENERAL_LANE)).toEqual({ messages: 0, bytes: 0 });
    expect(sender.transmissions.pending).toBe(0);
  });

  test('whose sending takes a quarter of an hour arrives whole', async () => {
    const sender = createSender({ messageSendingAverageDelayMs: 30_000, disableLoopCoverTrafficStream: true });
    sender.streams.start();
    const message = seededRandom('long')(1600 * 45);
    const start = sender.platform.now();
    const delivered = settled(sender.send(message));
    while (sender.lanes.length(GENERAL_LANE) > 0) await sender.platform.advance(60_000);
    expect(sender.platform.now() - start).toBeGreaterThan(11 * 60_000);
    await sender.platform.advance(300_000);
    expect(await delivered).toBe('delivered');
    expect(sender.received).toEqual([message]);
  });

  test('arrives under heavy loss, once, with other bytes and another route at each attempt', async () => {
    const sender = createSender(slow);
    const random = seededRandom('loss');
    sender.link.lost = () => (random(1)[0] ?? 0) < 100;
    sender.streams.start();
    const message = seededRandom('message')(20_000);
    const result = settled(sender.send(message));
    await sender.platform.advance(30_000);
    expect(await result).toBe('delivered');
    expect(sender.received).toEqual([message]);
    const sent = sender.seen.map(({ bytes }) => hex(bytes.subarray(0, 32)));
    expect(new Set(sent).size).toBe(sent.length);
    expect(sender.transmissions.pending).toBe(0);
  });

  test.each([0, 1, 4])('that nobody acknowledges is sent 1 + %i times, then rejected', async limit => {
    const sender = createSender(slow);
    sender.link.lost = () => true;
    sender.streams.start();
    const result = settled(sender.send(new Uint8Array(10), { limit }));
    await sender.platform.advance((limit + 1) * 2000);
    const error = await result;
    expect(error).toBeInstanceOf(MixnetError);
    expect(error).toMatchObject({ code: 'ERR_MIX_MIXNET_UNDELIVERED' });
    const times = sender.seen.filter(({ content }) => content === 'fragment').map(({ at }) => at);
    expect(times).toHaveLength(limit + 1);
    for (const gap of gaps(times)) expect(gap).toBeGreaterThan(1500);
    expect(sender.transmissions.pending).toBe(0);
  });

  test('whose signal aborts is neither sent nor sent again, and leaves nothing behind', async () => {
    const sender = createSender(slow);
    sender.link.lost = () => true;
    sender.streams.start();
    const controller = new AbortController();
    const result = settled(sender.send(new Uint8Array(200_000), { signal: controller.signal }));
    const other = settled(sender.send(new Uint8Array(10), { lane: 'other', limit: 0 }));
    await sender.platform.advance(1000);
    controller.abort('enough');
    expect(await result).toBe('enough');
    expect([sender.lanes.total, sender.transmissions.pending]).toEqual([0, 1]);
    const before = sender.counters.realSent;
    await sender.platform.advance(5000);
    expect(await other).toMatchObject({ code: 'ERR_MIX_MIXNET_UNDELIVERED' });
    expect(sender.counters.realSent).toBe(before);
    expect(() => sender.send(new Uint8Array(1), { signal: controller.signal })).toThrow('enough');
  });

  test('of a dropped lane takes its fragments along, sent or not, and no others', async () => {
    const sender = createSender(slow);
    sender.link.lost = () => sender.seen.length < 20;
    sender.streams.start();
    const dropped = settled(sender.send(new Uint8Array(100_000), { lane: 'connection:1' }));
    const kept = settled(sender.send(new Uint8Array(20_000), { lane: 'connection:2' }));
    await sender.platform.advance(1500);
    sender.deliveries.failLane('connection:1', 'dropped');
    expect(sender.deliveries.unacknowledged('connection:1')).toEqual({ messages: 0, bytes: 0 });
    expect(sender.lanes.length('connection:1')).toBe(0);
    await sender.platform.advance(10_000);
    expect(await Promise.all([dropped, kept])).toEqual(['dropped', 'delivered']);
    expect(sender.received).toHaveLength(1);
    expect([sender.lanes.total, sender.transmissions.pending]).toEqual([0, 0]);
  });

  test('is refused where there is no route', async () => {
    const sender = createSender(slow);
    sender.mixnet.reachable = false;
    expect(await settled(sender.send(new Uint8Array(10)))).toEqual(new Error('no route'));
    expect(sender.lanes.empty).toBe(true);
  });

  test('whose route is lost waits for another, and fails with the reason when there is none for long', async () => {
    const sender = createSender(slow);
    sender.streams.start();
    const short = settled(sender.send(new Uint8Array(10)));
    const long = settled(sender.send(new Uint8Array(10), { limit: 1 }));
    sender.mixnet.reachable = false;
    await sender.platform.advance(5000);
    expect(sender.seen.filter(({ content }) => content === 'fragment')).toEqual([]);
    expect(await long).toMatchObject({ code: 'ERR_MIX_MIXNET_UNDELIVERED', cause: new Error('no route') });
    sender.mixnet.reachable = true;
    await sender.platform.advance(5000);
    expect(await short).toBe('delivered');
  });
});

describe('a link', () => {
  test('that is down for 30 seconds costs no attempts, and no burst when it is back', async () => {
    const sender = createSender();
    sender.streams.start();
    await sender.platform.advance(1000);
    sender.link.up = false;
    const before = sender.seen.length;
    const result = settled(sender.send(new Uint8Array(30_000), { limit: 0 }));
    await sender.platform.advance(30_000);
    expect(sender.seen).toHaveLength(before);
    sender.link.up = true;
    await sender.platform.advance(3000);
    expect(await result).toBe('delivered');
    const found = gaps(sender.seen.slice(before).map(({ at }) => at));
    expect(distanceFromExponential(found, 1000 / 55)).toBeLessThan(criticalDistance(found.length));
  });

  test('whose socket is full gets no packet, loses no message, and slows the main stream for a while', async () => {
    const sender = createSender({ disableLoopCoverTrafficStream: true });
    sender.streams.start();
    sender.link.bufferedBytes = 200_000;
    const result = settled(sender.send(new Uint8Array(10)));
    await sender.platform.advance(4000);
    expect(sender.seen).toEqual([]);
    sender.link.bufferedBytes = 0;
    await sender.platform.advance(2000);
    expect(await result).toBe('delivered');
    expect(sender.times.length).toBeLessThan(50);
    sender.link.blind = true;
    await sender.platform.advance(10_000);
    const before = sender.times.length;
    await sender.platform.advance(2000);
    expect(sender.times.length - before).toBeGreaterThan(75);
  });
});

test('a stopped sender leaves no timer behind', async () => {
  const sender = createSender();
  sender.link.lost = () => true;
  sender.streams.start();
  const result = settled(sender.send(new Uint8Array(10_000)));
  await sender.platform.advance(1000);
  sender.streams.stop();
  sender.deliveries.failAll('closed');
  expect(await result).toBe('closed');
  expect(sender.platform.pendingTimers).toBe(0);
});
