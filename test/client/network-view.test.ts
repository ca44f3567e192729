import { describe, expect, test } from 'vitest';
import { x25519PublicKey } from '#crypto';
import { NetworkView } from '../../src/client/network-view.ts';
import type { RotationView } from '../../src/client/rotation-view.ts';
import { RotationWatch } from '../../src/client/rotation-watch.ts';
import { newCounters } from '../../src/client/stats.ts';
import { MixnetError } from '../../src/errors.ts';
import { nodeKey, parseNodeAddress } from '../../src/sphinx/index.ts';
import { type GatewayNode, type KeyRotation, type MixNode, Topology } from '../../src/topology/index.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { VirtualPlatform } from '../support/virtual-platform.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const START = Date.UTC(2026, 4, 1, 12);

const random = seededRandom('nodes');
function node(nodeId: number): GatewayNode {
  const address = parseNodeAddress('10.0.0.1', nodeId);
  const key = nodeKey(x25519PublicKey(random(32)));
  return { nodeId, identity: random(32), address, key, performance: 100, ips: ['10.0.0.1'] };
}
const layers: readonly [MixNode[], MixNode[], MixNode[]] = [[node(1)], [node(2)], [node(3)]];
const [own, other] = [node(4), node(5)];

function topologyOf(epoch: number, gateways: readonly GatewayNode[] = [own, other], refreshedAt = 0): Topology {
  return new Topology({ epoch, rotationId: Math.floor(epoch / 24), refreshedAt, layers, gateways });
}

/** Epoch 47, the last of rotation 1, began half an hour before the start. */
const keyRotation: KeyRotation = {
  validityEpochs: 24,
  initialEpoch: 0,
  referenceEpoch: 47,
  referenceStart: START - HOUR / 2,
  epochDuration: HOUR,
};

/** A view of a network whose directory answers as the test says. */
function createView(first = topologyOf(47), rotationDown = false) {
  const platform = new VirtualPlatform({ wallTime: START });
  const directory = {
    asked: [] as number[],
    askedForRotation: 0,
    down: false,
    rotationDown,
    epochDuration: HOUR,
    gateways: [own, other] as readonly GatewayNode[],
    epoch: () => 47 + Math.floor((platform.wallTime() - keyRotation.referenceStart) / HOUR),
    async topology() {
      directory.asked.push(platform.now());
      if (directory.down) throw new MixnetError('ERR_MIX_DIRECTORY_UNREACHABLE');
      return topologyOf(directory.epoch(), directory.gateways);
    },
    async keyRotation() {
      directory.askedForRotation += 1;
      if (directory.rotationDown) throw new MixnetError('ERR_MIX_DIRECTORY_UNREACHABLE');
      return { ...keyRotation, epochDuration: directory.epochDuration };
    },
  };
  let changes = 0;
  const view = new NetworkView({
    platform,
    directory,
    gateway: own.identity,
    topology: first,
    counters: newCounters(),
    changed: () => {
      changes += 1;
    },
  });
  view.start();
  return { platform, directory, view, changes: () => changes };
}

describe('the topology', () => {
  test('is fetched anew every five minutes', async () => {
    const { platform, directory, view, changes } = createView();
    const before = view.current;
    await platform.advance(16 * MINUTE);
    expect(directory.asked).toEqual([5 * MINUTE, 10 * MINUTE, 15 * MINUTE]);
    expect(changes()).toBe(3);
    expect(view.current).not.toBe(before);
    view.stop();
    expect(platform.pendingTimers).toBe(0);
  });

  test('is kept while the directory is down for 50 minutes, asked for in growing pauses, then fetched again', async () => {
    const { platform, directory, view } = createView();
    const before = view.current;
    directory.down = true;
    await platform.advance(50 * MINUTE);
    expect(view.current).toBe(before);
    expect(directory.asked.length).toBeGreaterThan(10);
    expect(directory.asked.length).toBeLessThan(25);
    const pauses = directory.asked.slice(1).map((at, i) => at - (directory.asked[i] ?? 0));
    expect(pauses[0]).toBeLessThanOrEqual(15_000);
    expect(Math.max(...pauses)).toBeGreaterThan(2 * MINUTE);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(7.5 * MINUTE);
    directory.down = false;
    await platform.advance(8 * MINUTE);
    expect(view.current).not.toBe(before);
  });

  test('is used until nobody accepts its keys any more, and not a moment longer', async () => {
    const { platform, directory, view } = createView();
    directory.down = true;
    // Rotation 2 begins in half an hour; the keys of rotation 1 are accepted for an hour more.
    await platform.advance(89 * MINUTE);
    expect(view.current).toBeDefined();
    await platform.advance(2 * MINUTE);
    expect(view.current).toBeUndefined();
    expect(view.latest).toBeDefined();
    directory.down = false;
    await platform.advance(8 * MINUTE);
    expect(view.current?.rotationId).toBe(2);
  });

  test('of a machine that slept for two days is not used', async () => {
    const { platform, view } = createView();
    await platform.advance(1);
    platform.shiftWallTime(48 * HOUR);
    expect(view.current).toBeUndefined();
  });

  test('is trusted where the network is late with its epochs', async () => {
    const { platform, directory, view } = createView();
    directory.epoch = () => 47;
    await platform.advance(5 * HOUR);
    expect(view.current?.rotationId).toBe(1);
  });

  test.each([
    ['', false],
    [', nor while it is down', true],
  ])('is not asked for without pause where the directory says that epochs last a microsecond%s', async (_, down) => {
    const { platform, directory } = createView();
    directory.epochDuration = 0.001;
    await platform.advance(5 * MINUTE);
    const { length } = directory.asked;
    directory.down = down;
    await platform.advance(1000);
    expect(directory.asked.length - length).toBeLessThan(10);
  });

  test('without our own gateway keeps it, in the same rotation', async () => {
    const { platform, directory, view } = createView();
    directory.gateways = [other];
    await platform.advance(6 * MINUTE);
    expect(view.current?.findNode(own.identity)).toBe(own);
    expect(view.current?.gateways).toHaveLength(2);
    const before = view.current;
    await platform.advance(30 * MINUTE);
    expect(directory.epoch()).toBe(48);
    expect(view.current?.rotationId).toBe(1);
    expect(view.current?.epoch).toBe(before?.epoch);
  });
});

describe('key rotation', () => {
  test('is learned in the background, and asked for again where that fails', async () => {
    const { platform, directory, view } = createView();
    expect(view.expected).toBeUndefined();
    await platform.advance(1);
    expect(view.expected).toMatchObject({ epoch: 47, rotationId: 1 });

    const failing = createView(topologyOf(47), true);
    await failing.platform.advance(2 * MINUTE);
    expect(failing.directory.askedForRotation).toBeGreaterThan(2);
    failing.directory.rotationDown = false;
    await failing.platform.advance(5 * MINUTE);
    expect(failing.view.expected).toMatchObject({ rotationId: 1 });
    expect(directory.askedForRotation).toBe(1);
  });

  test('keeps the topology of the last one for packets that must be of it, for one epoch', async () => {
    const { platform, view } = createView();
    await platform.advance(29 * MINUTE);
    const last = view.current;
    expect(last?.rotation).toBe(1);
    await platform.advance(10 * MINUTE);
    expect(view.current?.rotation).toBe(2);
    expect(view.ofRotation(1)).toBe(last);
    expect(view.ofRotation(2)).toBe(view.current);
    expect(view.ofRotation(0)).toBe(view.current);
    await platform.advance(65 * MINUTE);
    expect(view.ofRotation(1)).toBe(view.current);
  });

  test('goes by the directory where the clock of the machine is days off', async () => {
    const { platform, view } = createView(topologyOf(47, undefined, START));
    platform.shiftWallTime(-72 * HOUR);
    const { platform: shifted } = createView();
    expect(shifted.wallTime()).toBe(START);
    await platform.advance(1);
    expect(view.networkTime()).toBeLessThan(START);

    const wrong = new VirtualPlatform({ wallTime: START - 72 * HOUR });
    const late = new NetworkView({
      platform: wrong,
      directory: { topology: async () => topologyOf(47), keyRotation: async () => keyRotation },
      gateway: own.identity,
      topology: topologyOf(47, undefined, START),
      counters: newCounters(),
      changed: () => {},
    });
    late.start();
    await wrong.advance(1);
    expect(late.expected).toMatchObject({ epoch: 47, rotationId: 1 });
    late.stop();
  });

  test('is told to those who keep reply blocks, at once and again when the last one is over', async () => {
    const { platform, view } = createView();
    const told: (RotationView & { at: number })[] = [];
    const watch = new RotationWatch({
      platform,
      network: view,
      rotate: seen => {
        const before = told.at(-1);
        if (before?.rotation === seen.rotation && before.previousAccepted === seen.previousAccepted) return;
        told.push({ ...seen, at: Math.round(platform.now() / MINUTE) });
      },
    });
    await platform.advance(1);
    watch.look();
    for (let minute = 0; minute < 120; minute += 5) {
      await platform.advance(5 * MINUTE);
      watch.look();
    }
    expect(told).toEqual([
      { rotation: 1, previousAccepted: false, at: 0 },
      { rotation: 2, previousAccepted: true, at: 30 },
      { rotation: 2, previousAccepted: false, at: 90 },
    ]);
    watch.stop();
    view.stop();
    expect(platform.pendingTimers).toBe(0);
  });
});

test('where epochs last seconds, as in tests, the topology is fetched several times an epoch', async () => {
  const platform = new VirtualPlatform({ wallTime: START });
  let asked = 0;
  const view = new NetworkView({
    platform,
    directory: {
      async topology() {
        asked += 1;
        return topologyOf(47);
      },
      keyRotation: async () => ({ ...keyRotation, epochDuration: 20_000 }),
    },
    gateway: own.identity,
    topology: topologyOf(47),
    counters: newCounters(),
    changed: () => {},
  });
  view.start();
  await platform.advance(MINUTE);
  expect(asked).toBe(12);
  view.stop();
});
