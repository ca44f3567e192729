/** A client that comes back: what it keeps, and that it never turns to another gateway for it. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base58 } from '@scure/base';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ClientCore } from '../../src/client/index.ts';
import { concatBytes } from '../../src/crypto/bytes.ts';
import { Diagnostics } from '../../src/diagnostics/index.ts';
import { MixnetError } from '../../src/errors.ts';
import { formatRecipient } from '../../src/message/index.ts';
import type { Platform } from '../../src/platform/platform.ts';
import {
  CLIENT_RECORD,
  type ClientRecord,
  type ClientStorage,
  decodeClientRecord,
  encodeClientRecord,
  memoryStorage,
  withPassphrase,
} from '../../src/storage/index.ts';
import { fileStorage } from '../../src/storage/node.ts';
import { Loopback, outcome, quiet } from './loopback.ts';

const addressOf = (core: ClientCore) => formatRecipient(core.address);
const hello = new TextEncoder().encode('hello');

async function recordIn(storage: ClientStorage): Promise<ClientRecord> {
  const bytes = await storage.load(CLIENT_RECORD);
  if (bytes === undefined) throw new Error('nothing is kept');
  return decodeClientRecord(bytes);
}

async function changeRecord(storage: ClientStorage, change: Partial<ClientRecord>): Promise<void> {
  await storage.store(CLIENT_RECORD, encodeClientRecord({ ...(await recordIn(storage)), ...change }));
}

/** What clients sent to their gateways to get in, in order. */
function watchedPlatform(net: Loopback): { platform: Platform; said: string[]; urls: string[]; requests: string[] } {
  const base = net.devnet.clientPlatform();
  const [said, urls, requests]: [string[], string[], string[]] = [[], [], []];
  const platform: Platform = {
    ...base,
    openWebSocket(url, handlers) {
      urls.push(url);
      const socket = base.openWebSocket(url, handlers);
      return {
        send(data) {
          if (typeof data === 'string') said.push(JSON.parse(data).type);
          socket.send(data);
        },
        get bufferedBytes() {
          return socket.bufferedBytes;
        },
        close: () => socket.close(),
      };
    },
    directoryFetch(url, init) {
      requests.push(url);
      return base.directoryFetch(url, init);
    },
  };
  return { platform, said, urls, requests };
}

/** A storage whose next calls fail, or never end. */
function faulty(storage: ClientStorage): ClientStorage & { fault: 'full' | 'silent' | undefined; writes: number } {
  return {
    ...storage,
    fault: undefined,
    writes: 0,
    async store(name, bytes) {
      this.writes += 1;
      if (this.fault === 'full') throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      if (this.fault === 'silent') await new Promise(() => {});
      await storage.store(name, bytes);
    },
  };
}

describe('with a storage', () => {
  test.each([
    ['in memory', async () => memoryStorage()],
    ['under a passphrase', async () => withPassphrase(memoryStorage(), 'passphrase', { logN: 10 })],
    [
      'in files',
      async () => {
        const directory = await mkdtemp(join(tmpdir(), 'mixfetch-'));
        onTestFinished(() => rm(directory, { recursive: true }));
        return fileStorage(directory);
      },
    ],
  ])('%s a client has the same address every time, registers once, and reads what came meanwhile', async (_, place) => {
    const net = await Loopback.start({ gateways: 4 });
    const storage = seenBy(net, await place());
    const friend = await net.connect({ traffic: quiet });
    const { platform, said } = watchedPlatform(net);
    const first = await net.connect({ platform, storage, traffic: quiet });
    await first.close();
    for (let restart = 0; restart < 3; restart++) {
      await net.platform.until(friend.send(first.address, Uint8Array.of(restart)));
      await net.platform.advance(1_000);
      const again = await net.connect({ platform, storage, traffic: quiet });
      expect(addressOf(again)).toBe(addressOf(first));
      const received: unknown[] = [];
      again.subscribe(({ data }) => received.push(data));
      again.readWaiting();
      again.readWaiting();
      await net.platform.until(friend.send(again.address, hello));
      await net.platform.advance(1_000);
      expect(received).toEqual([Uint8Array.of(restart), hello]);
      await net.platform.until(again.close());
    }
    expect(said.filter(type => type === 'handshakePayload')).toHaveLength(2);
    expect(said.filter(type => type === 'authenticateV2')).toHaveLength(3);
    await friend.close();
    await net.leftNothing();
  });

  test('a message comes once, though its acknowledgement was lost and the client started anew', async () => {
    const net = await Loopback.start({ gateways: 4 });
    const storage = memoryStorage();
    const [friend, first] = [await net.connect({ traffic: quiet }), await net.connect({ storage, traffic: quiet })];
    const received: unknown[] = [];
    first.subscribe(({ data }) => received.push(data));
    const own = base58.encode(first.address.identity);
    net.devnet.observe(({ direction, client }) => {
      // The acknowledgement enters the network when the gateway has pushed the message.
      if (direction === 'to-client' && client === own && received.length === 0) net.devnet.faults.loss = 1;
    });
    const sent = friend.send(first.address, hello);
    await net.platform.advance(500);
    expect(received).toEqual([hello]);
    await first.close();
    net.devnet.faults.loss = 0;
    const again = await net.connect({ storage, traffic: quiet });
    again.subscribe(({ data }) => received.push(data));
    again.readWaiting();
    await net.platform.until(sent);
    expect(friend.stats().retransmissions).toBeGreaterThan(0);
    await net.platform.until(friend.send(first.address, hello));
    await net.platform.advance(1_000);
    expect(received).toEqual([hello, hello]);
    await Promise.all([friend.close(), again.close()]);
    await net.leftNothing();
  });

  test('the next client is there with two requests less, and the directory does not learn its gateway', async () => {
    const net = await Loopback.start({ gateways: 4 });
    const storage = memoryStorage();
    await (await net.connect({ storage, traffic: quiet })).close();
    const { platform, requests } = watchedPlatform(net);
    await (await net.connect({ platform, storage, traffic: quiet })).close();
    expect(requests.filter(url => url.includes('entry-gateways'))).toHaveLength(1);
    await net.leftNothing();
  });

  test('only the one that was taken is kept, with keys that no other gateway has seen', async () => {
    const net = await Loopback.start({ gateways: 3 });
    await net.devnet.gateways[0]?.kill();
    net.devnet.gateways[1]?.stall();
    for (let client = 0; client < 4; client++) {
      const storage = memoryStorage();
      const core = await net.connect({ storage, traffic: quiet });
      const { gateway } = await recordIn(storage);
      expect(base58.encode(gateway.identity)).toBe(net.devnet.gateways[2]?.identity);
      await core.close();
    }
    const storage = memoryStorage();
    await net.devnet.gateways[2]?.kill();
    expect(await outcome(net.connect({ storage }))).toMatchObject({ code: 'ERR_MIX_GATEWAY_UNREACHABLE' });
    expect(await storage.load(CLIENT_RECORD)).toBeUndefined();
    await net.leftNothing();
  });

  test('another client, with the same storage at the same time, is refused, and comes in when the first is gone', async () => {
    const net = await Loopback.start();
    const storage = memoryStorage();
    const first = await net.connect({ storage, traffic: quiet });
    expect(await outcome(net.connect({ storage }))).toMatchObject({ code: 'ERR_MIX_STORAGE_LOCKED' });
    const waiting = net.connecting({ storage, traffic: quiet });
    await net.platform.advance(1_000);
    void first.close();
    const second = await net.platform.until(waiting);
    expect(addressOf(second)).toBe(addressOf(first));
    await second.close();
    await (await storage.lock()).release();
    await net.leftNothing();
  });
});

describe('a gateway', () => {
  test('that has forgotten the client gets it registered anew, with the same address, and that is kept', async () => {
    const net = await Loopback.start();
    const storage = memoryStorage();
    const first = await net.connect({ storage, traffic: quiet });
    await first.close();
    const before = await recordIn(storage);
    net.devnet.gateways[0]?.forgetClients();
    const { platform, said } = watchedPlatform(net);
    const second = await net.connect({ platform, storage, traffic: quiet });
    expect(addressOf(second)).toBe(addressOf(first));
    await net.platform.until(second.send(second.address, hello));
    await second.close();
    const after = await recordIn(storage);
    expect(after.sharedKey).not.toEqual(before.sharedKey);
    expect(after.identitySeed).toEqual(before.identitySeed);
    said.length = 0;
    await (await net.connect({ platform, storage, traffic: quiet })).close();
    expect(said).not.toContain('handshakePayload');
    await net.leftNothing();
  });

  test('that forgets the client while that is connected too', async () => {
    const net = await Loopback.start();
    const storage = memoryStorage();
    const core = await net.connect({ storage, traffic: quiet });
    const before = await recordIn(storage);
    net.devnet.gateways[0]?.forgetClients();
    net.devnet.gateways[0]?.disconnectClients();
    await net.platform.advance(10_000);
    expect(core.state).toBe('connected');
    const after = await recordIn(storage);
    expect(after.sharedKey).not.toEqual(before.sharedKey);
    expect(after.lastTimestamp).toBeGreaterThan(before.lastTimestamp);
    await core.close();
    await net.leftNothing();
  });

  test('gets the client registered anew also where that stopped before it could write down its registration', async () => {
    const net = await Loopback.start();
    const storage = memoryStorage();
    const first = await net.connect({ storage, traffic: quiet });
    await first.close();
    await changeRecord(storage, { sharedKey: new Uint8Array(32).fill(1) });
    const second = await net.connect({ storage, traffic: quiet });
    expect(addressOf(second)).toBe(addressOf(first));
    await second.close();
    await net.leftNothing();
  });

  test('accepts each time once: a client that comes back with an older clock uses a later one', async () => {
    const net = await Loopback.start();
    const storage = memoryStorage();
    await (await net.connect({ storage, traffic: quiet })).close();
    const { lastTimestamp } = await recordIn(storage);
    net.platform.shiftWallTime(-100_000);
    await (await net.connect({ storage, traffic: quiet })).close();
    expect((await recordIn(storage)).lastTimestamp).toBe(lastTimestamp + 1);
    await net.leftNothing();
  });

  test.each([
    ['dead', 'ERR_MIX_GATEWAY_UNREACHABLE', ({ devnet }: Loopback) => devnet.gateways[0]?.kill()],
    ['silent', 'ERR_MIX_GATEWAY_UNREACHABLE', ({ devnet }: Loopback) => devnet.gateways[0]?.stall()],
  ])('that is %s is an error, not a reason to go to another', async (_, code, fault) => {
    const net = await Loopback.start({ gateways: 3 });
    const storage = memoryStorage();
    const gateway = net.devnet.gateways[0]?.identity ?? '';
    const first = await net.connect({ storage, gateway, traffic: quiet });
    await first.close();
    await fault(net);
    const { platform, urls } = watchedPlatform(net);
    expect(await outcome(net.connect({ platform, storage }))).toMatchObject({ code });
    expect(new Set(urls)).toEqual(new Set([net.devnet.gateways[0]?.url]));
    await net.devnet.gateways[0]?.revive();
    const second = await net.connect({ storage, traffic: quiet });
    expect(addressOf(second)).toBe(addressOf(first));
    await second.close();
    await net.leftNothing();
  });

  test('that the directory does not list any more is such an error too, and what is kept stays', async () => {
    const net = await Loopback.start({ gateways: 2 });
    const storage = memoryStorage();
    const [own] = net.devnet.gateways;
    await (await net.connect({ storage, gateway: own?.identity ?? '', traffic: quiet })).close();
    const before = await storage.load(CLIENT_RECORD);
    const platform = withNodes(net, nodes => nodes.filter(node => node['ed25519_identity_pubkey'] !== own?.identity));
    const reachable = await outcome(net.connect({ platform, storage }));
    expect(reachable).toMatchObject({ code: 'ERR_MIX_GATEWAY_UNKNOWN' });
    await own?.kill();
    const gone = await outcome(net.connect({ platform, storage }));
    expect(gone).toMatchObject({ code: 'ERR_MIX_GATEWAY_UNKNOWN' });
    expect((await recordIn(storage)).gateway).toEqual(decodeClientRecord(before ?? new Uint8Array(0)).gateway);
    await net.leftNothing();
  });

  test('that performs badly keeps its clients', async () => {
    const net = await Loopback.start({ gateways: 2 });
    const storage = memoryStorage();
    const gateway = net.devnet.gateways[0]?.identity ?? '';
    const first = await net.connect({ storage, gateway, traffic: quiet });
    await first.close();
    const platform = withNodes(net, nodes =>
      nodes.map(node => (node['ed25519_identity_pubkey'] === gateway ? { ...node, performance: '0.1' } : node)),
    );
    const second = await net.connect({ platform, storage, traffic: quiet });
    expect(addressOf(second)).toBe(addressOf(first));
    await net.platform.until(second.send(second.address, hello));
    await second.close();
    await net.leftNothing();
  });

  test('other than the one of the stored client cannot be asked for', async () => {
    const net = await Loopback.start({ gateways: 2 });
    const [one, other] = net.devnet.gateways;
    const storage = memoryStorage();
    await (await net.connect({ storage, gateway: one?.identity ?? '', traffic: quiet })).close();
    const contrary = await outcome(net.connect({ storage, gateway: other?.identity ?? '' }));
    expect(contrary).toMatchObject({ code: 'ERR_MIX_USAGE_OPTION' });
    await (await net.connect({ storage, gateway: one?.identity ?? '', traffic: quiet })).close();
    await storage.remove(CLIENT_RECORD);
    await (await net.connect({ storage, gateway: other?.identity ?? '', traffic: quiet })).close();
    await net.leftNothing();
  });
});

describe('the URL of the gateway', () => {
  const stale = 'ws://moved.test:9000/';

  test('is looked up again where it does not work', async () => {
    const net = await Loopback.start({ gateways: 2 });
    const storage = memoryStorage();
    const first = await net.connect({ storage, traffic: quiet });
    await first.close();
    const { gateway } = await recordIn(storage);
    await changeRecord(storage, { gateway: { ...gateway, url: stale } });
    const { platform, urls } = watchedPlatform(net);
    const second = await net.connect({ platform, storage, traffic: quiet });
    expect(addressOf(second)).toBe(addressOf(first));
    expect(urls).toEqual([stale, gateway.url]);
    await second.close();
    expect((await recordIn(storage)).gateway.url).toBe(gateway.url);
    await net.leftNothing();
  });

  test('is not tried after a week before the directory has been asked, and then is noted anew', async () => {
    const net = await Loopback.start({ gateways: 2 });
    const storage = memoryStorage();
    await (await net.connect({ storage, traffic: quiet })).close();
    const { gateway } = await recordIn(storage);
    const weekAgo = net.platform.wallTime() - 8 * 86_400_000;
    await changeRecord(storage, { gateway: { ...gateway, url: stale, urlSeenAt: weekAgo } });
    const { platform, urls } = watchedPlatform(net);
    await (await net.connect({ platform, storage, traffic: quiet })).close();
    expect(urls).toEqual([gateway.url]);
    await changeRecord(storage, { gateway: { ...gateway, urlSeenAt: weekAgo } });
    await (await net.connect({ storage, traffic: quiet })).close();
    expect((await recordIn(storage)).gateway.urlSeenAt).toBeGreaterThan(weekAgo + 7 * 86_400_000);
    await net.leftNothing();
  });

  test('without TLS is not used where TLS is wanted', async () => {
    const net = await Loopback.start({ tls: true });
    const storage = memoryStorage();
    await (await net.connect({ storage, traffic: quiet })).close();
    const { gateway } = await recordIn(storage);
    await changeRecord(storage, { gateway: { ...gateway, url: 'ws://127.0.0.1:9000/' } });
    const { platform, urls } = watchedPlatform(net);
    await (await net.connect({ platform, storage, secure: true, traffic: quiet })).close();
    expect(urls).toEqual([gateway.url]);
    expect(gateway.url).toMatch(/^wss:/);
    await net.leftNothing();
  });

  test('is looked up by a running client too, with a storage or without', async () => {
    const net = await Loopback.start();
    const url = net.devnet.gateways[0]?.url ?? '';
    for (const storage of [undefined, memoryStorage()]) {
      const base = net.devnet.clientPlatform();
      let moved = false;
      const urls: string[] = [];
      const platform: Platform = {
        ...withNodes(net, nodes => (moved ? nodes.map(withPort) : nodes)),
        openWebSocket(to, handlers) {
          urls.push(to);
          const here = moved ? movedUrl : url;
          return base.openWebSocket(to === here ? url : 'ws://127.0.0.1:1/', handlers);
        },
      };
      const core = await net.connect({ platform, traffic: quiet, ...(storage && { storage }) });
      moved = true;
      net.devnet.gateways[0]?.disconnectClients();
      await net.platform.advance(400_000);
      expect(core.state).toBe('connected');
      expect(urls.at(-1)).toBe(movedUrl);
      await net.platform.until(core.close());
      if (storage !== undefined) expect((await recordIn(storage)).gateway.url).toBe(movedUrl);
    }
    await net.leftNothing();
  });

  const movedUrl = 'ws://127.0.0.101:9123/';
  const withPort = (node: Node): Node =>
    node['entry']
      ? { ...node, ip_addresses: ['127.0.0.101'], entry: { ...(node['entry'] as object), ws_port: 9123 } }
      : node;
});

describe('a storage', () => {
  test.each([
    ['damaged', (bytes: Uint8Array) => bytes.map((byte, i) => (i === 60 ? byte ^ 1 : byte)), 'UNREADABLE'],
    ['cut short', (bytes: Uint8Array) => bytes.subarray(0, 100), 'UNREADABLE'],
    ['empty', () => new Uint8Array(0), 'UNREADABLE'],
    ['of a newer version', (bytes: Uint8Array) => bytes.map((byte, i) => (i === 4 ? 2 : byte)), 'UNREADABLE'],
    ['of something else', () => concatBytes(hello, hello), 'UNREADABLE'],
  ])('that is %s is an error, and stays as it is', async (_, damage, kind) => {
    const net = await Loopback.start();
    const storage = memoryStorage();
    await (await net.connect({ storage, traffic: quiet })).close();
    const bytes = damage((await storage.load(CLIENT_RECORD)) ?? new Uint8Array(0));
    await storage.store(CLIENT_RECORD, bytes);
    const requests = net.directoryRequests;
    expect(await outcome(net.connect({ storage }))).toMatchObject({ code: `ERR_MIX_STORAGE_${kind}` });
    expect(await storage.load(CLIENT_RECORD)).toEqual(bytes);
    expect(net.directoryRequests).toBe(requests);
    await (await storage.lock()).release();
    await net.leftNothing();
  });

  test('under another passphrase, or under one and none is given, is such an error', async () => {
    const net = await Loopback.start();
    const storage = memoryStorage();
    const sealed = seenBy(net, withPassphrase(storage, 'one', { logN: 10 }));
    await (await net.connect({ storage: sealed, traffic: quiet })).close();
    const bytes = await storage.load(CLIENT_RECORD);
    for (const wrong of [seenBy(net, withPassphrase(storage, 'other')), storage]) {
      expect(await outcome(net.connect({ storage: wrong }))).toMatchObject({ code: 'ERR_MIX_STORAGE_PASSPHRASE' });
    }
    expect(await storage.load(CLIENT_RECORD)).toEqual(bytes);
    await net.leftNothing();
  });

  test('that cannot be written fails the set-up of a client that nobody would know again', async () => {
    const net = await Loopback.start();
    const storage = faulty(memoryStorage());
    storage.fault = 'full';
    expect(await outcome(net.connect({ storage }))).toMatchObject({
      code: 'ERR_MIX_STORAGE_FAILED',
      message: expect.stringContaining('ENOSPC'),
    });
    await (await storage.lock()).release();
    await net.leftNothing();
  });

  test('that cannot be written later does not end the client: it is told, and made up for', async () => {
    const net = await Loopback.start();
    const storage = faulty(memoryStorage());
    const told: unknown[] = [];
    const listener = { hears: () => true, tell: (name: string, detail: object) => told.push({ name, ...detail }) };
    const diagnostics = new Diagnostics({ randomBytes: net.platform.randomBytes, listeners: [listener] });
    const core = await net.connect({ storage, diagnostics, traffic: quiet });
    const before = await recordIn(storage);
    storage.fault = 'full';
    net.devnet.gateways[0]?.disconnectClients();
    await net.platform.advance(10_000);
    expect(core.state).toBe('connected');
    const failures = told.filter(event => JSON.stringify(event).includes('storage'));
    const code = 'ERR_MIX_STORAGE_FAILED';
    expect(failures).toEqual([{ name: 'client:storage-failed', source: expect.any(String), code }]);
    await net.platform.until(core.send(core.address, hello));
    expect(await recordIn(storage)).toEqual(before);
    storage.fault = undefined;
    await core.close();
    expect((await recordIn(storage)).lastTimestamp).toBeGreaterThan(before.lastTimestamp);
    await net.leftNothing();
  });

  test('that never answers holds up neither the set-up nor the end', async () => {
    const net = await Loopback.start();
    const silent = faulty(memoryStorage());
    silent.fault = 'silent';
    const connecting = outcome(net.connecting({ storage: silent, setupTimeoutMs: 10_000 }));
    await net.platform.advance(20_000);
    expect(await connecting).toMatchObject({ code: 'ERR_MIX_TIMEOUT_SETUP' });
    const deaf: ClientStorage = { ...memoryStorage(), lock: () => new Promise(() => {}) };
    const waiting = outcome(net.connecting({ storage: deaf, setupTimeoutMs: 10_000 }));
    await net.platform.advance(10_000);
    expect(await waiting).toMatchObject({ code: 'ERR_MIX_TIMEOUT_SETUP' });
    const storage = faulty(memoryStorage());
    const core = await net.connect({ storage, traffic: quiet });
    storage.fault = 'silent';
    net.devnet.gateways[0]?.disconnectClients();
    await net.platform.advance(10_000);
    const closed = outcome(core.close());
    await net.platform.advance(10_000);
    expect(await closed).toBe('done');
    await net.leftNothing();
  });

  test('of somebody’s own that throws anything is an error of ours', async () => {
    const net = await Loopback.start();
    for (const method of ['lock', 'load', 'store'] as const) {
      const storage: ClientStorage = { ...memoryStorage(), [method]: () => Promise.reject('no') };
      const error = await outcome(net.connect({ storage }));
      expect(error).toBeInstanceOf(MixnetError);
      expect(error).toMatchObject({ code: 'ERR_MIX_STORAGE_FAILED', cause: 'no' });
    }
    await net.leftNothing();
  });
});

describe('thirty set-ups that fail within a minute', () => {
  test.each([
    ['without a storage', undefined],
    ['with one', memoryStorage()],
  ])('%s leave nothing behind', async (_, storage) => {
    const net = await Loopback.start({ gateways: 2 });
    const faults = [
      () => net.devnet.gateways.map(gateway => gateway.kill()),
      () => net.devnet.gateways.map(gateway => gateway.stall()),
      () => net.devnet.directory.kill(),
    ];
    for (const fault of faults) {
      await Promise.all([fault()].flat());
      for (let i = 0; i < 10; i++) {
        const failing = outcome(net.connecting({ setupTimeoutMs: 1_900, ...(storage && { storage }) }));
        await net.platform.advance(2_000);
        expect(await failing).toBeInstanceOf(MixnetError);
      }
      for (const part of [net.devnet.directory, ...net.devnet.gateways]) await part.revive();
    }
    await net.leftNothing();
    if (storage === undefined) return;
    expect(await storage.load(CLIENT_RECORD)).toBeUndefined();
    await (await storage.lock()).release();
  });
});

/** Files and scrypt work where the virtual clock does not see them: it is told, so that it waits. */
function seenBy(net: Loopback, storage: ClientStorage): ClientStorage {
  async function seen<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const finished = () => {
      done = true;
    };
    work.then(finished, finished);
    while (!done) {
      net.platform.now();
      await new Promise(resolve => setImmediate(resolve));
    }
    return work;
  }
  return {
    load: name => seen(storage.load(name)),
    store: (name, bytes) => seen(storage.store(name, bytes)),
    remove: name => seen(storage.remove(name)),
    async lock() {
      const lock = await seen(storage.lock());
      return { release: () => seen(lock.release()) };
    },
  };
}

type Node = Readonly<Record<string, unknown>>;

/** A directory that describes the gateways otherwise. */
function withNodes(net: Loopback, change: (nodes: readonly Node[]) => readonly Node[]): Platform {
  const platform = net.devnet.clientPlatform();
  return {
    ...platform,
    async directoryFetch(url, init) {
      const json = url.includes('entry-gateways') ? url.replace(/&?output=[a-z]+/, '') : url;
      const response = await platform.directoryFetch(json, init);
      if (!url.includes('entry-gateways')) return response;
      const answer = await response.json();
      const data = change(answer.nodes.data);
      const pagination = { ...answer.nodes.pagination, total: data.length };
      return Response.json({ ...answer, nodes: { pagination, data } });
    },
  };
}
