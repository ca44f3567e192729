/**
 * The published client `@nymproject/nym-client-wasm-node`, unmodified, in our mixnet and in talks with our client: what it
 * makes must be readable to our nodes, and each client must understand the other. It keeps its own pace and delays.
 *
 * `INTEROP=long` makes it two minutes of cover traffic, a megabyte, and the usual pace for our client too.
 */

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
/** For whatever takes seconds at most on a machine that is not busy, ms. */
const WITHIN = 60_000;
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

  test(`sends ${COVER_SECONDS} s of cover traffic, and stays connected`, { timeout: 3 * 120_000 }, async () => {
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
      const both = [ours.send(theirAddress, toThem), peer.send(ourAddress, fromThem)];
      expect(await theirs()).toEqual({ data: toThem, tagged: false });
      expect(await toUs.next({ within: WITHIN })).toEqual({ kind: 'plain', data: fromThem });
      await Promise.all(both);
    });
  });

  describe('anonymous messages with three reply blocks arrive as they were sent, both ways', () => {
    const theirTags = new Set<string>();

    test.each(sizes(201))('%s', { timeout: TEST_TIMEOUT }, async (_, bytes) => {
      const [toThem, fromThem] = [random(bytes), random(bytes)];
      const both = [ask('sizes', toThem, 3), peer.sendAnonymous(ourAddress, fromThem, 3)];
      expect(await theirs()).toEqual({ data: toThem, tagged: true });
      theirTags.add(base58.encode(await question(fromThem)));
      await Promise.all(both);
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
      const pseudonym = await asked('three answers', 10 + 3);
      for (let answer = 0; answer < 3; answer++) await theyAnswer(pseudonym, 1601);
      expect(ours.stats().surbsCreated - surbsCreated).toBe(13);
      expect(ours.surbsHeldBy(pseudonym)).toBe(10);
    });

    test('with ten reply blocks only after they asked for ten more', { timeout: TEST_TIMEOUT }, async () => {
      const { surbsCreated } = ours.stats();
      await theyAnswer(await asked('ten', 10), 1);
      expect(ours.stats().surbsCreated - surbsCreated).toBeGreaterThanOrEqual(20);
    });

    test('under the pseudonym that asked', { timeout: TEST_TIMEOUT }, async () => {
      const [one, other] = [await asked('one', 13), await asked('other', 13)];
      await theyAnswer(other, 100);
      await theyAnswer(one, 100);
    });

    test('at such length that they have to ask for more reply blocks, again and again', {
      timeout: TEST_TIMEOUT,
    }, async () => {
      const { surbsCreated } = ours.stats();
      await theyAnswer(await asked('long answer', 10), 100_000);
      expect(ours.stats().surbsCreated - surbsCreated).toBeGreaterThanOrEqual(10 + packetsOf(100_000));
    });
  });

  describe('we answer them', () => {
    let theirTag: Uint8Array;

    beforeAll(async () => {
      const message = random(10);
      await peer.sendAnonymous(ourAddress, message, 10);
      theirTag = await question(message);
    }, WITHIN);

    test.each(sizes(1601))('%s', { timeout: TEST_TIMEOUT }, async (_, bytes) => {
      const { surbsUsed } = ours.stats();
      const answer = random(bytes);
      const acknowledged = ours.reply(theirTag, answer);
      expect(await theirs()).toEqual({ data: answer, tagged: false });
      await acknowledged;
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
      const [toThem, fromThem] = [random(20_000), random(20_000)];
      const both = [ask('lossy', toThem, 20), peer.sendAnonymous(ourAddress, fromThem, 20)];
      expect(await theirs()).toEqual({ data: toThem, tagged: true });
      const theirTag = await question(fromThem);
      await Promise.all(both);

      const answer = random(30_000);
      const acknowledged = ours.reply(theirTag, answer);
      await theyAnswer(pseudonym('lossy'), 30_000);
      expect(await theirs()).toEqual({ data: answer, tagged: false });
      await acknowledged;
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

  function ask(isolation: string, data: Uint8Array, replySurbs: number): Promise<void> {
    return ours.sendAnonymous(pseudonym(isolation), data, { replySurbs });
  }

  /** Asks the peer something short, and waits until it has it. */
  async function asked(isolation: string, replySurbs: number): Promise<Pseudonym> {
    const data = random(20);
    const acknowledged = ask(isolation, data, replySurbs);
    expect(await theirs()).toEqual({ data, tagged: true });
    await acknowledged;
    return pseudonym(isolation);
  }

  async function theyAnswer(whom: Pseudonym, bytes: number): Promise<void> {
    const data = random(bytes);
    await peer.reply(base58.encode(whom.tag), data);
    const received = await toUs.next({ within: WITHIN });
    expect(received).toEqual({ kind: 'reply', data, pseudonym: whom });
    expect(received.kind === 'reply' && received.pseudonym).toBe(whom);
  }

  /** The tag of their anonymous message, which has to be the next to come. */
  async function question(data: Uint8Array): Promise<Uint8Array> {
    const received = await toUs.next({ within: WITHIN });
    if (received.kind !== 'repliable') throw new Error(`not an anonymous message, but ${received.kind}`);
    expect(received.data).toEqual(data);
    return received.senderTag;
  }

  function theirs() {
    return peer.messages.next({ within: WITHIN });
  }
});

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
