import { base58 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { type ObservedPacket, startDevnet } from '../../src/devnet/index.ts';
import { eventually, PacketSender, virtualWorld } from './world.ts';

const kinds = (data: number, acks: number) => ({ data, acks });

describe('a packet', () => {
  test.each([259, 258] as const)(
    'of version %i goes through three mix nodes to its gateway, and its acknowledgement comes back',
    async version => {
      const { clock, devnet, platform } = await virtualWorld();
      const [alice, bob] = await clock.until(
        Promise.all([PacketSender.connect(devnet, platform, 0), PacketSender.connect(devnet, platform, 1)]),
      );
      const seen: ObservedPacket[] = [];
      devnet.observeNodes(packet => seen.push(packet));
      const { id, content } = alice.send({ to: bob, version });
      await clock.advance(0);
      const [atAlice, atBob] = [alice, bob].map(({ identity }) => base58.encode(identity.publicKey));
      expect(seen.map(({ bytes, destination }) => ({ bytes, destination }))).toEqual([
        ...[undefined, undefined, undefined, atBob].map(destination => ({ bytes: 2413, destination })),
        ...[undefined, undefined, undefined, atAlice].map(destination => ({ bytes: 386, destination })),
      ]);
      const [entry, exit] = devnet.gateways.map(({ nodeId }) => nodeId);
      for (const [packets, start] of [
        [seen.slice(0, 4), entry],
        [seen.slice(4), exit],
      ] as const) {
        const nodes = [start, ...packets.map(({ nodeId }) => nodeId)];
        expect(packets.map(({ way }) => way)).toEqual(packets.map((_, i) => nodes.slice(0, i + 2)));
      }
      expect(seen.slice(0, 4).map(packet => packet.version)).toEqual(Array(4).fill(version));
      expect(bob.received).toEqual([content]);
      expect(alice.acknowledged).toEqual([id]);
      const { packets, nodes } = devnet.stats();
      expect(packets).toMatchObject({ entered: kinds(1, 1), delivered: kinds(1, 1), lost: kinds(0, 0) });
      const [mixes, gateways] = [nodes.slice(0, 6), nodes.slice(6)];
      for (const layer of [0, 2, 4]) {
        expect(mixes.slice(layer, layer + 2).reduce((sum, node) => sum + node.received.data, 0)).toBe(1);
        expect(mixes.slice(layer, layer + 2).reduce((sum, node) => sum + node.forwarded, 0)).toBe(2);
      }
      expect(gateways.map(node => node.final)).toEqual([1, 1]);
      expect(gateways[1]?.versions).toEqual({ [version]: 1 });
    },
  );

  test('waits at each node as long as it asks, but never longer than ten seconds', async () => {
    const { clock, devnet, platform } = await virtualWorld();
    const sender = await clock.until(PacketSender.connect(devnet, platform));
    sender.send({ delayMs: 100 });
    await clock.advance(299);
    expect(sender.received).toHaveLength(0);
    await clock.advance(1);
    expect(sender.received).toHaveLength(1);
    sender.send({ delayMs: 3_600_000 });
    await clock.advance(29_999);
    expect(sender.received).toHaveLength(1);
    await clock.advance(1);
    expect(sender.received).toHaveLength(2);
  });

  test('is not held where the scale of delays is zero', async () => {
    const { clock, devnet, platform } = await virtualWorld({ delayScale: 0 });
    const sender = await clock.until(PacketSender.connect(devnet, platform));
    const { id } = sender.send({ delayMs: 1_000 });
    await clock.advance(0);
    expect(sender.acknowledged).toEqual([id]);
  });

  test('that comes a second time is dropped by the first node', async () => {
    const { clock, devnet, platform } = await virtualWorld();
    const sender = await clock.until(PacketSender.connect(devnet, platform));
    const { packet } = sender.send();
    sender.link.send(packet);
    await clock.advance(0);
    expect(sender.received).toHaveLength(1);
    expect(devnet.stats().nodes.reduce((sum, node) => sum + node.replayed, 0)).toBe(1);
  });

  test('that was changed on the way, or is for nobody, goes no further', async () => {
    const { clock, devnet, platform } = await virtualWorld();
    const sender = await clock.until(PacketSender.connect(devnet, platform));
    const { built } = sender.build();
    built.bytes[40] = (built.bytes[40] ?? 0) ^ 1;
    sender.link.send({ packet: built.bytes, firstHop: built.firstHop, rotation: 0 });
    sender.send({ firstHop: { ip: '127.0.0.1', port: 9 } });
    await clock.advance(0);
    const { nodes } = devnet.stats();
    expect(nodes.reduce((sum, node) => sum + node.unreadable, 0)).toBe(1);
    expect(nodes.reduce((sum, node) => sum + node.unroutable, 0)).toBe(1);
    expect(sender.received).toEqual([]);
  });

  test('for a client that is away waits for it at its gateway', async () => {
    const { clock, devnet, platform } = await virtualWorld();
    const [alice, bob] = await clock.until(
      Promise.all([PacketSender.connect(devnet, platform), PacketSender.connect(devnet, platform, 1)]),
    );
    devnet.gateways[1]?.disconnectClients();
    await clock.advance(0);
    const { id, content } = alice.send({ to: bob });
    await clock.advance(1);
    expect(alice.acknowledged).toEqual([id]);
    expect(devnet.stats().packets.stored).toEqual(kinds(1, 0));
    expect(bob.received).toEqual([]);
    await clock.advance(20_000);
    expect(bob.states.at(-1)).toBe('connected');
    expect(bob.received).toEqual([content]);
  });
});

describe('key rotation', () => {
  const day = { epochMs: 60_000, rotationEpochs: 3, firstEpoch: 30 };

  test('a packet for the last rotation is still unwrapped in the first epoch of the next, and not after it', async () => {
    const { clock, devnet, platform } = await virtualWorld(day);
    const sender = await clock.until(PacketSender.connect(devnet, platform));
    expect(sender.topology).toMatchObject({ epoch: 30, rotationId: 10, rotation: 2 });
    const [early, late] = [sender.build(), sender.build()];
    const send = (packet: typeof early) =>
      sender.link.send({ packet: packet.built.bytes, firstHop: packet.built.firstHop, rotation: 2 });
    await clock.advance(3 * 60_000);
    send(early);
    await clock.advance(0);
    expect(sender.acknowledged).toEqual([early.id]);
    await clock.advance(60_000);
    send(late);
    await clock.advance(0);
    expect(sender.acknowledged).toEqual([early.id]);
    expect(devnet.stats().nodes.reduce((sum, node) => sum + node.unreadable, 0)).toBe(1);
  });

  test('a packet for the next rotation is unwrapped by a node whose directory view is behind', async () => {
    const { clock, devnet, platform } = await virtualWorld(day);
    const sender = await clock.until(PacketSender.connect(devnet, platform));
    await clock.advance(2 * 60_000);
    clock.shiftWallTime(60_000);
    await clock.until(PacketSender.connect(devnet, platform)).then(next => {
      sender.topology = next.topology;
    });
    expect(sender.topology.rotationId).toBe(11);
    clock.shiftWallTime(-60_000);
    const { id } = sender.send();
    await clock.advance(0);
    expect(sender.acknowledged).toEqual([id]);
  });
});

describe('faults', () => {
  test('the loss asked for is the share of packets that do not arrive, acknowledgements included', async () => {
    const { clock, devnet, platform } = await virtualWorld({ faults: { loss: 0.3 } });
    const sender = await clock.until(PacketSender.connect(devnet, platform));
    for (let i = 0; i < 255; i++) sender.send();
    await clock.advance(0);
    const { entered, lost, delivered } = devnet.stats().packets;
    expect(entered).toEqual(kinds(255, delivered.data));
    expect(delivered).toEqual(kinds(entered.data - lost.data, entered.acks - lost.acks));
    expect(lost.data / entered.data).toBeGreaterThan(0.2);
    expect(lost.data / entered.data).toBeLessThan(0.4);
    expect(lost.acks / entered.acks).toBeGreaterThan(0.2);
    expect(lost.acks / entered.acks).toBeLessThan(0.4);
    devnet.faults.loss = 0;
    const { id } = sender.send();
    await clock.advance(0);
    expect(sender.acknowledged.at(-1)).toEqual(id);
  });

  test('latency counts once for each way', async () => {
    const { clock, devnet, platform } = await virtualWorld({ faults: { latencyMs: 1_000 } });
    const sender = await clock.until(PacketSender.connect(devnet, platform));
    sender.send();
    await clock.advance(1_000);
    expect([sender.received.length, sender.acknowledged.length]).toEqual([1, 0]);
    await clock.advance(999);
    expect(sender.acknowledged).toHaveLength(0);
    await clock.advance(1);
    expect(sender.acknowledged).toHaveLength(1);
  });

  test('reordered packets are overtaken by later ones', async () => {
    const { clock, devnet, platform } = await virtualWorld({ faults: { reordering: 0.5, heldBackMs: 50 } });
    const sender = await clock.until(PacketSender.connect(devnet, platform));
    const sent = Array.from({ length: 20 }, () => sender.send().content);
    await clock.advance(50);
    expect(sender.received).toHaveLength(20);
    expect(sender.received).not.toEqual(sent);
    expect(new Set(sender.received)).toEqual(new Set(sent));
  });

  test('duplicates are delivered twice, although nodes drop replays', async () => {
    const { clock, devnet, platform } = await virtualWorld({ faults: { duplicates: 1 } });
    const sender = await clock.until(PacketSender.connect(devnet, platform));
    const { id, content } = sender.send();
    await clock.advance(0);
    expect(sender.received).toEqual([content, content]);
    expect(sender.acknowledged).toEqual([id, id]);
    expect(devnet.stats().packets.duplicated).toEqual(kinds(1, 1));
  });

  test.each([
    ['loss', -0.1],
    ['loss', 1.1],
    ['duplicates', Number.NaN],
    ['latencyMs', Number.POSITIVE_INFINITY],
  ] as const)('%s of %d is refused', async (name, value) => {
    await expect(startDevnet({ faults: { [name]: value } })).rejects.toThrow(RangeError);
  });
});

describe('a part that fails', () => {
  test('a dead mix node loses what is sent to it, and mixes again when it is revived', async () => {
    const { clock, devnet, platform } = await virtualWorld({ nodesPerLayer: 1 });
    const sender = await clock.until(PacketSender.connect(devnet, platform));
    const [node] = devnet.mixNodes;
    await node?.kill();
    sender.send();
    await clock.advance(60_000);
    expect([node?.state, sender.received.length]).toEqual(['dead', 0]);
    await node?.revive();
    sender.send();
    await clock.advance(0);
    expect([node?.state, sender.received.length]).toEqual(['up', 1]);
  });

  test('a stalled mix node keeps what is sent to it until it goes on', async () => {
    const { clock, devnet, platform } = await virtualWorld({ nodesPerLayer: 1 });
    const sender = await clock.until(PacketSender.connect(devnet, platform));
    devnet.mixNodes[1]?.stall();
    const { id } = sender.send();
    await clock.advance(60_000);
    expect(sender.acknowledged).toEqual([]);
    await devnet.mixNodes[1]?.revive();
    await clock.advance(0);
    expect(sender.acknowledged).toEqual([id]);
  });

  test('a dead gateway cuts its clients off, and takes them back when it is revived', async () => {
    const { clock, devnet, platform } = await virtualWorld();
    const sender = await clock.until(PacketSender.connect(devnet, platform));
    await devnet.gateways[0]?.kill();
    await clock.advance(5_000);
    expect(sender.states.at(-1)).toBe('reconnecting');
    await devnet.gateways[0]?.revive();
    await clock.advance(60_000);
    expect(sender.states.at(-1)).toBe('connected');
    const { id } = sender.send();
    await clock.advance(0);
    expect(sender.acknowledged).toEqual([id]);
  });

  test('a stalled gateway answers nobody, and does all of it when it goes on', async () => {
    const { clock, devnet, platform } = await virtualWorld();
    const sender = await clock.until(PacketSender.connect(devnet, platform));
    devnet.gateways[0]?.stall();
    const { id } = sender.send();
    const late = PacketSender.connect(devnet, platform);
    await clock.advance(10_000);
    expect(sender.acknowledged).toEqual([]);
    await devnet.gateways[0]?.revive();
    await clock.until(late);
    expect(sender.acknowledged).toEqual([id]);
  });
});

describe('over sockets', () => {
  test.each([7, 8] as const)('nodes speak frames of version %i', async frameVersion => {
    await using devnet = await startDevnet({ exits: 0, frameVersion });
    const sender = await PacketSender.connect(devnet, devnet.clientPlatform());
    const { id, content } = sender.send({ delayMs: 2 });
    await eventually(() => sender.acknowledged.length > 0);
    expect(sender.received).toEqual([content]);
    expect(sender.acknowledged).toEqual([id]);
    sender.link.close();
  });

  test('a node that dies closes its port, and opens the same again', async () => {
    await using devnet = await startDevnet({ exits: 0, nodesPerLayer: 1 });
    const sender = await PacketSender.connect(devnet, devnet.clientPlatform());
    const first = sender.send();
    await eventually(() => sender.acknowledged.length === 1);
    for (const node of devnet.mixNodes) await node.kill();
    sender.send();
    for (const node of devnet.mixNodes) await node.revive();
    await eventually(() => {
      if (sender.acknowledged.length === 1) sender.send();
      return sender.acknowledged.length > 1;
    });
    expect(sender.acknowledged[0]).toEqual(first.id);
    sender.link.close();
  });

  test('with TLS, a gateway is reached by wss, and only by who trusts its authority', async () => {
    await using devnet = await startDevnet({ exits: 0, tls: true });
    expect(devnet.api).toMatch(/^https:/);
    expect(devnet.gateways.map(({ url }) => url)).toEqual([
      expect.stringMatching(/^wss:/),
      expect.stringMatching(/^wss:/),
    ]);
    const sender = await PacketSender.connect(devnet, devnet.clientPlatform());
    const { id } = sender.send();
    await eventually(() => sender.acknowledged.length > 0);
    expect(sender.acknowledged).toEqual([id]);
    sender.link.close();
  });
});
