/**
 * The published client `@nymproject/nym-client-wasm-node`, unmodified, in our mixnet and in talks with our client: what it
 * makes must be readable to our nodes, and each client must understand the other. It keeps its own pace and delays.
 *
 * `INTEROP=long` makes it two minutes of cover traffic, a megabyte, and the usual pace for our client too.
 */

import { createHash } from 'node:crypto';
import { base58 } from '@scure/base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClientCore, type Pseudonym, type ReceivedMessage } from '../../src/client/index.ts';
import { type Devnet, type DevnetStats, startDevnet } from '../../src/devnet/index.ts';
import { formatRecipient, parseRecipient, type Recipient } from '../../src/message/index.ts';
import { createNodePlatform } from '../../src/platform/node.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { Arrivals } from './arrivals.ts';
import { Peer } from './peer.ts';

const long = process.env['INTEROP'] === 'long';
const COVER_SECONDS = long ? 120 : 8;
/** The published client's main stream and its loop cover, packets a second. */
const COVER_RATE = 50 + 5;
/** Our client sends at once and no cover in the short form, which shares two cores with other tests. */
const traffic = long ? {} : { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };
/** For whatever takes seconds on a machine that is not busy, ms. */
const WITHIN = long ? 180_000 : 60_000;
const TEST_TIMEOUT = 3 * WITHIN;

const startUp = [
  ...['> supportedProtocol', '< supportedProtocol'],
  ...['> handshakePayload', '< handshakePayload', '> handshakePayload', '< handshakePayload', '< register'],
  ...['> supportedProtocol', '< supportedProtocol', '> authenticateV2', '< authenticate'],
  ...['> claimFreeTestnetBandwidth', '< bandwidth'],
];

const random = seededRandom('interop');
let devnet: Devnet;
let theirGateway: string;
let ourGateway: string;

beforeAll(async () => {
  devnet = await startDevnet({ exits: 0 });
  [theirGateway = '', ourGateway = ''] = devnet.gateways.map(({ identity }) => identity);
}, WITHIN);

afterAll(() => devnet?.close());

describe('the published client alone in our mixnet', () => {
  let peer: Peer;

  beforeAll(async () => {
    peer = await Peer.start({ api: devnet.api, gateway: theirGateway });
  }, 2 * WITHIN);

  afterAll(() => peer?.leave());

  test('registers, comes back to authenticate, and claims bandwidth', () => {
    expect(peer.controls).toEqual(startUp);
  });

  test(`sends ${COVER_SECONDS} s of cover traffic, and stays connected`, { timeout: TEST_TIMEOUT }, async () => {
    const started = performance.now();
    await packetsFrom(peer, COVER_SECONDS * COVER_RATE);
    const seconds = (performance.now() - started) / 1000;
    expect(seconds).toBeGreaterThan(0.7 * COVER_SECONDS);
    expect(peer.controls).toEqual(startUp);
    // Its cover is of the older format, its messages are of the newer one.
    expect(Object.keys(versions(devnet.stats()))).toEqual(['258']);
  });

  test('reads its own message', { timeout: TEST_TIMEOUT }, async () => {
    const message = random(100);
    await peer.send(peer.address, message);
    expect(await peer.messages.next({ within: WITHIN })).toEqual({ data: message, tagged: false });
  });

  test('makes only packets and acknowledgements that each of four hops unwraps', {
    timeout: TEST_TIMEOUT,
  }, async () => {
    await peer.leave();
    await settled();
    expectAllUnwrapped(devnet.stats());
    const { entered } = devnet.stats().packets;
    expect(entered.data).toBeGreaterThan(COVER_SECONDS * COVER_RATE);
    expect(entered.acks).toBe(entered.data);
    expect(Object.keys(versions(devnet.stats()))).toEqual(['258', '259']);
  });
});

describe('the published client and ours', () => {
  let peer: Peer;
  let ours: ClientCore;
  let ourAddress: string;
  let theirAddress: Recipient;
  const toUs = new Arrivals<ReceivedMessage>();
  /** Messages that a test has waited for in vain. */
  const late = new Set<string>();

  beforeAll(async () => {
    [peer, ours] = await Promise.all([
      Peer.start({ api: devnet.api, gateway: theirGateway }),
      ClientCore.connect({ platform: createNodePlatform(), api: [devnet.api], gateway: ourGateway, traffic }),
    ]);
    ourAddress = formatRecipient(ours.address);
    theirAddress = parseRecipient(peer.address);
    ours.subscribe(message => toUs.push(message));
  }, 2 * WITHIN);

  afterAll(() => Promise.all([peer?.leave(), ours?.close()]));

  describe('plain messages arrive as they were sent, both ways', () => {
    test.each(sizes(1602))('%s', { timeout: TEST_TIMEOUT }, async (_, bytes) => {
      const [toThem, fromThem] = [random(bytes), random(bytes)];
      await Promise.all([
        ours.send(theirAddress, toThem),
        peer.send(ourAddress, fromThem),
        theyReceive(toThem),
        weReceive('plain', fromThem),
      ]);
    });
  });

  describe('anonymous messages with three reply blocks arrive as they were sent, both ways', () => {
    const theirTags = new Set<string>();

    test.each(sizes(201))('%s', { timeout: TEST_TIMEOUT }, async (_, bytes) => {
      const [toThem, fromThem] = [random(bytes), random(bytes)];
      const [question] = await Promise.all([
        weReceive('repliable', fromThem),
        peer.sendAnonymous(ourAddress, fromThem, 3),
        ask('sizes', toThem, 3),
      ]);
      theirTags.add(base58.encode(question.senderTag));
    });

    test('and theirs all came under one tag', () => {
      expect(theirTags.size).toBe(1);
    });
  });

  describe('they answer us', () => {
    test('at once, as often as we gave reply blocks beyond the ten that they keep', {
      timeout: TEST_TIMEOUT,
    }, async () => {
      const { surbsCreated } = ours.stats();
      const pseudonym = await ask('three answers', random(20), 10 + 3);
      for (let answer = 0; answer < 3; answer++) await theyAnswer(pseudonym, 1601);
      expect(ours.stats().surbsCreated - surbsCreated).toBe(13);
      expect(ours.surbsHeldBy(pseudonym)).toBe(10);
    });

    test('with ten reply blocks only after they asked for ten more', { timeout: TEST_TIMEOUT }, async () => {
      const { surbsCreated } = ours.stats();
      await theyAnswer(await ask('ten', random(20), 10), 1);
      expect(ours.stats().surbsCreated - surbsCreated).toBeGreaterThanOrEqual(20);
    });

    test('under the pseudonym that asked', { timeout: TEST_TIMEOUT }, async () => {
      const [one, other] = [await ask('one', random(20), 13), await ask('other', random(20), 13)];
      await theyAnswer(other, 100);
      await theyAnswer(one, 100);
    });

    test('at such length that they have to ask for more reply blocks, again and again', {
      timeout: TEST_TIMEOUT,
    }, async () => {
      const { surbsCreated } = ours.stats();
      await theyAnswer(await ask('long answer', random(20), 10), 100_000);
      expect(ours.stats().surbsCreated - surbsCreated).toBeGreaterThanOrEqual(10 + packetsOf(100_000));
    });
  });

  describe('we answer them', () => {
    let theirTag: Uint8Array;

    beforeAll(async () => {
      const message = random(10);
      await peer.sendAnonymous(ourAddress, message, 10);
      theirTag = (await weReceive('repliable', message)).senderTag;
    }, 2 * WITHIN);

    test.each(sizes(1601))('%s', { timeout: TEST_TIMEOUT }, async (_, bytes) => {
      const { surbsUsed } = ours.stats();
      await weAnswer(theirTag, bytes);
      expect(ours.stats().surbsUsed - surbsUsed).toBeGreaterThanOrEqual(packetsOf(bytes));
    });
  });

  describe('with a tenth of all packets lost, acknowledgements too', () => {
    beforeAll(() => {
      devnet.faults.loss = 0.1;
    });

    afterAll(() => {
      devnet.faults.loss = 0;
    });

    test('messages and their answers arrive as they were sent, both ways', { timeout: TEST_TIMEOUT }, async () => {
      const message = random(10_000);
      const [{ senderTag }] = await Promise.all([
        weReceive('repliable', message),
        peer.sendAnonymous(ourAddress, message, 20),
        ask('lossy', random(10_000), 20),
      ]);
      await Promise.all([weAnswer(senderTag, 20_000), theyAnswer(pseudonym('lossy'), 20_000)]);
      const { lost } = devnet.stats().packets;
      expect(lost.data).toBeGreaterThan(0);
      expect(lost.acks).toBeGreaterThan(0);
    });
  });

  test('nothing that either sent was unreadable to a node or to the other, and nobody had to reconnect', {
    timeout: TEST_TIMEOUT,
  }, async () => {
    expect(peer.controls).toEqual(startUp);
    expect(ours.state).toBe('connected');
    expect(ours.stats()).toMatchObject({ packetsDropped: 0, messagesFailed: 0 });
    await Promise.all([peer.leave(), ours.close()]);
    await settled();
    expectAllUnwrapped(devnet.stats());
  });

  function pseudonym(isolation: string): Pseudonym {
    return ours.pseudonym(theirAddress, isolation);
  }

  /** Asks the peer anonymously, and waits until it has it. */
  async function ask(isolation: string, data: Uint8Array, replySurbs: number): Promise<Pseudonym> {
    const whom = pseudonym(isolation);
    await Promise.all([ours.sendAnonymous(whom, data, { replySurbs }), theyReceive(data, { tagged: true })]);
    return whom;
  }

  async function theyAnswer(whom: Pseudonym, bytes: number): Promise<void> {
    const data = random(bytes);
    const [answer] = await Promise.all([weReceive('reply', data), peer.reply(base58.encode(whom.tag), data)]);
    expect(answer.pseudonym === whom).toBe(true);
  }

  async function weAnswer(theirTag: Uint8Array, bytes: number): Promise<void> {
    const data = random(bytes);
    await Promise.all([theyReceive(data), ours.reply(theirTag, data)]);
  }

  async function theyReceive(data: Uint8Array, { tagged } = { tagged: false }): Promise<void> {
    const message = await awaited(peer.messages, data);
    expect({ ...message, data: described(message.data) }).toEqual({ tagged, data: described(data) });
  }

  async function weReceive<Kind extends ReceivedMessage['kind']>(kind: Kind, data: Uint8Array) {
    const message = await awaited(toUs, data);
    expect({ kind: message.kind, data: described(message.data) }).toEqual({ kind, data: described(data) });
    return message as Extract<ReceivedMessage, { kind: Kind }>;
  }

  /** The next message; what came too late for the test that waited for it fails no other. */
  async function awaited<M extends { readonly data: Uint8Array }>(messages: Arrivals<M>, data: Uint8Array): Promise<M> {
    try {
      let message = await messages.next({ within: WITHIN });
      while (late.delete(described(message.data))) message = await messages.next({ within: WITHIN });
      return message;
    } catch (error) {
      late.add(described(data));
      throw error;
    }
  }
});

/** As good as the content itself, and shorter where a test fails. */
function described(data: Uint8Array): string {
  return `${data.length} bytes, SHA-256 ${createHash('sha256').update(data).digest('hex')}`;
}

/** One byte, one packet filled to the last byte, one byte more, and many packets. */
function sizes(onePacket: number): [string, number][] {
  return [
    ['a single byte', 1],
    ['exactly one packet', onePacket],
    ['one packet and one byte', onePacket + 1],
    ['100 KB', 100_000],
    ...(long ? ([['1 MB', 1_000_000]] satisfies [string, number][]) : []),
  ];
}

/** Packets of a message, at the least. */
function packetsOf(bytes: number): number {
  return Math.ceil(bytes / 1604);
}

/** Resolves when the peer has sent so many. */
function packetsFrom({ identity }: Peer, count: number): Promise<void> {
  return new Promise(resolve => {
    let sent = 0;
    const unobserve = devnet.observe(({ client, kind, direction }) => {
      if (client !== identity || kind !== 'packet' || direction !== 'from-client') return;
      sent += 1;
      if (sent < count) return;
      unobserve();
      resolve();
    });
  });
}

/** No packet is under way any more. */
async function settled(): Promise<void> {
  const underWay = () => {
    const { entered, lost, delivered } = devnet.stats().packets;
    return { data: entered.data - lost.data - delivered.data, acks: entered.acks - lost.acks - delivered.acks };
  };
  await expect.poll(underWay, { timeout: WITHIN }).toEqual({ data: 0, acks: 0 });
}

function expectAllUnwrapped(stats: DevnetStats): void {
  for (const node of stats.nodes) expect(node).toMatchObject({ unreadable: 0, replayed: 0, unroutable: 0 });
  const { entered, lost } = stats.packets;
  const unwrapped = Object.values(versions(stats)).reduce((sum, count) => sum + count, 0);
  expect(unwrapped).toBe(4 * (entered.data + entered.acks - lost.data - lost.acks));
}

/** Packets unwrapped, by the version of their format. */
function versions({ nodes }: DevnetStats): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const node of nodes) {
    for (const [version, count] of Object.entries(node.versions)) sums[version] = (sums[version] ?? 0) + count;
  }
  return sums;
}
