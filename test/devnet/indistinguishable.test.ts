/**
 * What the nodes of a network see of clients at their usual pace. The test has the keys of the clients, and so knows of
 * every packet whether it is cover, new, sent again or an answer by a reply block; and it asks whether anything that a node
 * reads, or can count, differs from one kind to another.
 */

import { beforeAll, describe, expect, test } from 'vitest';
import { fixedSecret } from '#crypto';
import { assemble, type ClientParts } from '../../src/client/assemble.ts';
import { equipment } from '../../src/client/core.ts';
import { startUp } from '../../src/client/start-up.ts';
import { defaultTraffic } from '../../src/client/traffic.ts';
import type { NodeReading } from '../../src/devnet/mix-node.ts';
import { Network } from '../../src/devnet/network.ts';
import { completeOptions } from '../../src/devnet/options.ts';
import { withParts } from '../../src/devnet/platforms.ts';
import { VirtualPlatform } from '../../src/devnet/virtual-clock.ts';
import { isCover, openFromSender, splitAckBlock } from '../../src/message/index.ts';
import { packetSizeOfTotal } from '../../src/sphinx/index.ts';
import { Directory } from '../../src/topology/index.ts';
import { hex } from '../support/bytes.ts';
import { criticalChiSquare, differenceOfCounts, distanceFromUniform } from '../support/chi-square.ts';
import { criticalDistance, distanceFromExponential } from '../support/kolmogorov-smirnov.ts';

const kinds = ['cover', 'new', 'again', 'answer'] as const;
type Kind = (typeof kinds)[number];

/** What was read of a packet, at one node after the other. */
type Way = NodeReading[];

/** A packet that reached its gateway, and the acknowledgement that left it there, as far as that came. */
interface Seen {
  readonly kind: Kind;
  readonly data: Way;
  readonly ack: Way;
}

const NODES_PER_LAYER = 4;
const SECONDS = 10;
const ASK_EVERY_MS = 350;
/** Two packets, and five for the reply blocks. */
const QUESTION = new Uint8Array(3000);
const REPLY_BLOCKS = 18;
/** Ten packets. */
const ANSWER = new Uint8Array(15_000);
/** Of packets and of acknowledgements alike. */
const MEAN_DELAY_MS = 15;
/** Of a test that fails though nothing differs. */
const CHANCE = 1e-5;

const seen: Seen[] = [];
/** Identities and secrets of the client that asks, and of the one that answers. */
const clients: { identity: string; secret: Uint8Array }[] = [];

beforeAll(async () => {
  const clock = new VirtualPlatform({ seed: 'indistinguishable' });
  const options = { nodesPerLayer: NODES_PER_LAYER, gateways: 1, exits: 0, faults: { loss: 0.3 } };
  const network = await clock.until(
    Network.start(completeOptions({ ...options, platform: clock, transport: 'in-process' })),
  );
  const readings: NodeReading[] = [];
  network.readers.add(reading => readings.push(reading));
  const asking = await connect(network, clock);
  const answering = await connect(network, clock);
  answering.inbox.subscribe(message => {
    if (message.kind !== 'repliable') return;
    answering.replier.reply(message.senderTag, ANSWER, answering.deliveries.open('general', ANSWER.length), 10);
  });
  ask(asking, answering, clock);
  await clock.advance(SECONDS * 1000);
  await clock.until(Promise.all([asking.close(0), answering.close(0)]));
  await clock.until(network.close());
  seen.push(...packetsIn(readings));
}, 120_000);

describe('cover, new, repeated and answering packets', () => {
  test('are all there, in numbers from which something follows', () => {
    for (const kind of kinds) expect([kind, of(kind).length > 50]).toEqual([kind, true]);
  });

  test('have the same sizes, version, number of hops and key rotation, and so have their acknowledgements', () => {
    for (const { data, ack } of seen) {
      expect(data).toHaveLength(4);
      for (const reading of data) expect(shapeOf(reading)).toEqual({ size: 'regular', version: 259, rotation: 2 });
      for (const reading of ack) expect(shapeOf(reading)).toEqual({ size: 'ack', version: 259, rotation: 2 });
    }
  });

  test('end with the same identifier and as much to read, each with the acknowledgement of who sent it', () => {
    const finals = seen.flatMap(({ data, ack }) => [data[3], ack[3]]);
    for (const reading of finals) {
      if (reading?.unwrapped.type !== 'final') continue;
      expect(hex(reading.unwrapped.identifier)).toBe('00'.repeat(16));
      expect(reading.unwrapped.plaintext).toHaveLength(shapeOf(reading).size === 'ack' ? 21 : 2048);
    }
    const owners = (kind: Kind) => new Set(of(kind).flatMap(({ ack }) => destinationOf(ack) ?? []));
    expect(owners('cover')).toEqual(new Set(clients.map(({ identity }) => identity)));
    expect(owners('new')).toEqual(new Set([clients[0]?.identity]));
    expect(owners('answer')).toEqual(new Set([clients[1]?.identity]));
  });

  test('ask every mix node for delays of the same distribution', () => {
    for (const kind of kinds) {
      for (const way of ['data', 'ack'] as const) {
        for (const hop of [0, 1, 2]) {
          const delays = of(kind).flatMap(packet => delayOf(packet[way][hop]) ?? []);
          expect(distanceFromExponential(delays, MEAN_DELAY_MS)).toBeLessThan(criticalDistance(delays.length, CHANCE));
        }
      }
    }
  });

  test('take every node of a layer equally often, each kind as often as the others', () => {
    for (const way of ['data', 'ack'] as const) {
      for (const hop of [0, 1, 2]) {
        const counts = kinds.map(kind => countsOf(of(kind).flatMap(packet => packet[way][hop]?.nodeId ?? [])));
        for (const count of counts) {
          expect(count).toHaveLength(NODES_PER_LAYER);
          expect(distanceFromUniform(count)).toBeLessThan(criticalChiSquare(NODES_PER_LAYER - 1));
        }
        const freedom = (kinds.length - 1) * (NODES_PER_LAYER - 1);
        expect(differenceOfCounts(counts)).toBeLessThan(criticalChiSquare(freedom));
      }
    }
  });

  test.each<[string, (packet: Seen) => (NodeReading | undefined)[]]>([
    ['the second hop whatever the first was', ({ data }) => [data[0], data[1]]],
    ['the third hop whatever the second was', ({ data }) => [data[1], data[2]]],
    ['the way back whatever the way there was', ({ data, ack }) => [data[0], ack[0]]],
  ])('take %s', (_, pairOf) => {
    const table = Array.from({ length: NODES_PER_LAYER }, () => new Array<number>(NODES_PER_LAYER).fill(0));
    for (const packet of seen) {
      const [from, to] = pairOf(packet);
      const row = table[(from?.nodeId ?? 0) % NODES_PER_LAYER];
      const column = (to?.nodeId ?? 0) % NODES_PER_LAYER;
      if (to !== undefined && row !== undefined) row[column] = (row[column] ?? 0) + 1;
    }
    expect(differenceOfCounts(table)).toBeLessThan(criticalChiSquare((NODES_PER_LAYER - 1) ** 2));
  });

  test('are as random as random bytes to every node on the way', () => {
    for (const kind of kinds) {
      for (const hop of [0, 1, 2, 3]) {
        const histogram = new Array<number>(256).fill(0);
        for (const { data } of of(kind)) {
          // The first 32 bytes are a point of the curve, whose last bit is always 0.
          for (const byte of data[hop]?.carried.packet.subarray(32) ?? []) histogram[byte] = (histogram[byte] ?? 0) + 1;
        }
        expect(distanceFromUniform(histogram)).toBeLessThan(criticalChiSquare(255));
      }
    }
  });
});

/** A client with the usual traffic, whose keys the test knows. */
async function connect(network: Network, clock: VirtualPlatform): Promise<ClientParts> {
  const { directory: server, openWebSocket } = network;
  const platform = withParts(clock, { directoryFetch: server.fetch, openWebSocket });
  const directory = new Directory({ urls: [server.url], platform });
  let parts: ClientParts | undefined;
  const on = { push: (bytes: Uint8Array) => parts?.inbox.push(bytes), state() {}, admitted() {} };
  const options = { platform, directory, gateway: undefined, secure: false, kept: undefined, on };
  const entering = startUp({ ...options, presentUrl: () => undefined }, new AbortController().signal);
  const entrance = await clock.until(entering);
  const { identity, encryption } = entrance.keys;
  clients.push({ identity: hex(identity.publicKey), secret: encryption.secretKey });
  const equipped = equipment(entrance, defaultTraffic, platform);
  parts = assemble({ platform, traffic: defaultTraffic, directory, strictReserve: false, ...equipped });
  parts.start();
  return parts;
}

function ask(asking: ClientParts, answering: ClientParts, clock: VirtualPlatform): void {
  const pseudonym = asking.anonymousSender.pseudonym(answering.self, 'questions');
  const delivery = asking.deliveries.open('general', QUESTION.length);
  const question = { content: 'data', data: QUESTION, surbs: REPLY_BLOCKS, maxRetransmissions: 30 } as const;
  asking.anonymousSender.send(delivery, pseudonym, question);
  clock.setTimer(() => ask(asking, answering, clock), ASK_EVERY_MS);
}

/** Packets that reached their gateway, put together from what each node read. */
function packetsIn(readings: readonly NodeReading[]): Seen[] {
  /** By what a packet begins with when it leaves a node, the way that it has come. */
  const underWay = new Map<string, Way>();
  const acks = new Map<string, Way>();
  const packets: Seen[] = [];
  const fragments = new Set<string>();
  for (const reading of readings) {
    const begins = beginningOf(reading.carried.packet);
    const way = underWay.get(begins) ?? acks.get(begins) ?? [];
    underWay.delete(begins);
    way.push(reading);
    if (reading.unwrapped.type === 'forward') underWay.set(beginningOf(reading.unwrapped.packet), way);
    else if (shapeOf(reading).size !== 'ack') {
      const { ackPacket, message } = splitAckBlock(reading.unwrapped.plaintext);
      const ack: Way = [];
      acks.set(beginningOf(ackPacket), ack);
      packets.push({ kind: kindOf(message, hex(reading.unwrapped.destination), fragments), data: way, ack });
    }
  }
  return packets;
}

/** Only the first client asks, and only the second answers, which it does by reply blocks. */
function kindOf(message: Uint8Array, destination: string, fragments: Set<string>): Kind {
  const secret = clients.find(({ identity }) => identity === destination)?.secret ?? new Uint8Array(32);
  const fragment = openFromSender(message, fixedSecret(secret));
  if (isCover(fragment)) return 'cover';
  if (destination === clients[0]?.identity) return 'answer';
  const id = hex(fragment.subarray(0, 7));
  const kind = fragments.has(id) ? 'again' : 'new';
  fragments.add(id);
  return kind;
}

function of(kind: Kind): Seen[] {
  return seen.filter(packet => packet.kind === kind);
}

function beginningOf(packet: Uint8Array): string {
  return hex(packet.subarray(0, 32));
}

function shapeOf({ carried, unwrapped }: NodeReading) {
  const size = packetSizeOfTotal(carried.packet.length)?.name;
  return { size, version: unwrapped.version, rotation: carried.rotation };
}

function delayOf(reading: NodeReading | undefined): number | undefined {
  return reading?.unwrapped.type === 'forward' ? Number(reading.unwrapped.delayNs) / 1e6 : undefined;
}

function destinationOf(way: Way): string | undefined {
  const last = way[3]?.unwrapped;
  return last?.type === 'final' ? hex(last.destination) : undefined;
}

function countsOf(values: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => a - b).map(([, count]) => count);
}
