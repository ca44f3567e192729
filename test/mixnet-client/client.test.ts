import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Devnet, startDevnet, VirtualPlatform } from '../../src/devnet/index.ts';
import {
  MessageReader,
  MixnetClient,
  type MixnetClientOptions,
  type StateEvent,
} from '../../src/mixnet-client/index.ts';
import { memoryStorage } from '../../src/storage/index.ts';

const utf8 = new TextEncoder();
/** Cover traffic is proved elsewhere, and costs time here. */
const quiet = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function inDevnet(
  run: (world: {
    platform: VirtualPlatform;
    devnet: Devnet;
    connect(options?: MixnetClientOptions): Promise<MixnetClient>;
    until<T>(work: Promise<T>): Promise<T>;
  }) => Promise<void>,
): Promise<void> {
  const platform = new VirtualPlatform();
  const until = <T>(work: Promise<T>) => platform.until(work);
  const devnet = await until(startDevnet({ platform, transport: 'in-process', exits: 0 }));
  await run({
    platform,
    devnet,
    until,
    connect: options =>
      until(MixnetClient.connect({ api: devnet.api, platform: devnet.clientPlatform(), traffic: quiet, ...options })),
  });
  await until(devnet.close());
  expect(platform.pendingTimers).toBe(0);
  expect(platform.holders).toBe(0);
}

describe('a client of the mixnet', () => {
  test('sends messages to another, which answers without knowing to whom', async () => {
    await inDevnet(async ({ connect, until }) => {
      const [alice, bob] = [await connect(), await connect()];
      const [atAlice, atBob] = [alice.messages(), bob.messages()];
      await until(alice.send(bob.address, utf8.encode('nobody says hello')));
      const { value: plain } = await until(atBob.next());
      expect(text(plain?.data)).toBe('nobody says hello');
      expect(plain).not.toHaveProperty('senderTag');

      await until(alice.send(bob.address, utf8.encode('somebody says hello'), { replySurbs: 15 }));
      const { value: repliable } = await until(atBob.next());
      expect(text(repliable?.data)).toBe('somebody says hello');
      await until(bob.reply(repliable?.senderTag ?? '', utf8.encode('hello, somebody')));
      const { value: answer } = await until(atAlice.next());
      expect(text(answer?.data)).toBe('hello, somebody');

      await until(Promise.all([alice.close(), bob.close()]));
      expect(await atAlice.next()).toEqual({ done: true, value: undefined });
      expect(alice.state).toBe('closed');
    });
  });

  test('hands out messages alone, without the packets and reply blocks they came in', async () => {
    await inDevnet(async ({ connect, until }) => {
      const [alice, bob] = [await connect(), await connect()];
      const atBob = bob.messages();
      for (const replySurbs of [undefined, 100]) {
        await until(alice.send(bob.address, utf8.encode('hello'), replySurbs === undefined ? {} : { replySurbs }));
        const { value } = await until(atBob.next());
        expect(text(value?.data)).toBe('hello');
        expect(value?.data.buffer.byteLength).toBe(5);
      }
      await until(Promise.all([alice.close(), bob.close()]));
    });
  });

  test('tells listeners of messages and of its state', async () => {
    await inDevnet(async ({ connect, until }) => {
      const client = await connect();
      const states: string[] = [];
      client.addEventListener('state', ({ state }) => states.push(state));
      const removed = (event: StateEvent) => states.push(`removed ${event.state}`);
      client.addEventListener('state', removed);
      client.removeEventListener('state', removed);
      const heard = new Promise<string>(resolve => {
        client.addEventListener('message', ({ data }) => resolve(text(data)));
      });
      await until(client.send(client.address, utf8.encode('to myself')));
      expect(await until(heard)).toBe('to myself');
      expect(client.stats()).toMatchObject({ messagesSent: 1, messagesReceived: 1 });
      await until(client.close());
      expect(states).toEqual(['closed']);
    });
  });

  test('keeps messages for the first who listens, also those that came while it was away', async () => {
    await inDevnet(async ({ connect, until, platform }) => {
      const [storage, friend] = [memoryStorage(), await connect()];
      const before = await connect({ storage });
      await until(before.close());
      const send = (message: string) => until(friend.send(before.address, utf8.encode(message)));
      await send('while away');
      const client = await connect({ storage });
      await send('before anybody listens');
      await platform.advance(1_000);
      const heard: string[] = [];
      client.addEventListener('message', ({ data }) => heard.push(text(data)));
      expect(heard).toEqual(['while away', 'before anybody listens']);
      const messages = client.messages();
      await send('now');
      expect(text((await until(messages.next())).value?.data)).toBe('now');
      expect(heard).toEqual(['while away', 'before anybody listens', 'now']);
      await until(Promise.all([client.close(), friend.close()]));
    });
  });

  test('has a pseudonym for each isolation string, and tells by it whose question is answered', async () => {
    await inDevnet(async ({ connect, until }) => {
      const [alice, bob] = [await connect(), await connect()];
      const [atAlice, atBob] = [alice.messages(), bob.messages()];
      const tags: string[] = [];
      for (const isolation of ['one', 'two', 'one', undefined]) {
        await until(alice.send(bob.address, utf8.encode('question'), { replySurbs: 10, isolation }));
        tags.push((await until(atBob.next())).value?.senderTag ?? '');
      }
      expect(tags[2]).toBe(tags[0]);
      expect(new Set(tags).size).toBe(3);
      const answers = [];
      for (const tag of tags.slice(1)) {
        await until(bob.reply(tag, utf8.encode('answer')));
        answers.push((await until(atAlice.next())).value?.answers);
      }
      const recipient = bob.address;
      expect(answers).toEqual([{ recipient, isolation: 'two' }, { recipient, isolation: 'one' }, { recipient }]);
      await until(Promise.all([alice.close(), bob.close()]));
    });
  });

  test('sends by lanes, whose length it knows, and which can be given up', async () => {
    await inDevnet(async ({ connect, until }) => {
      const client = await connect({ traffic: {} });
      const reason = new Error('never mind');
      const long = client.send(client.address, new Uint8Array(100_000), { lane: 'upload' });
      expect(client.laneLength('upload')).toBeGreaterThan(50);
      expect(client.laneLength('another')).toBe(0);
      const other = client.send(client.address, utf8.encode('another'), { lane: 'another' });
      client.dropLane('upload', reason);
      await expect(long).rejects.toBe(reason);
      expect(client.laneLength('upload')).toBe(0);
      await until(other);
      await until(client.close());
    });
  });

  test('keeps the process alive while it is connected, unless it is told not to', async () => {
    await inDevnet(async ({ connect, until, platform }) => {
      const client = await connect();
      expect(platform.holders).toBe(1);
      const quiet = await connect({ background: true });
      expect(platform.holders).toBe(1);
      await until(client.close());
      await until(client.close());
      expect(platform.holders).toBe(0);
      await until(quiet[Symbol.asyncDispose]());
    });
  });

  test('sends what it has accepted before it closes, if it is given the time', async () => {
    await inDevnet(async ({ connect, until }) => {
      const [alice, bob] = [await connect(), await connect()];
      const messages = bob.messages();
      const sent = alice.send(bob.address, utf8.encode('last words'));
      await until(alice.close({ drain: 10_000 }));
      await sent;
      const { value } = await until(messages.next());
      expect(text(value?.data)).toBe('last words');
      await expect(alice.send(bob.address, utf8.encode('more'))).rejects.toMatchObject({
        code: 'ERR_MIX_MIXNET_CLOSED',
      });
      expect(() => alice.openStream({ hostname: 'example.com', port: 80 })).toThrow();
      expect(await alice.messages().next()).toEqual({ done: true, value: undefined });
      await until(bob.close());
    });
  });

  test('stops draining when it is told to close once more', async () => {
    await inDevnet(async ({ connect, until, devnet, platform }) => {
      const client = await connect();
      devnet.faults.loss = 1;
      const sent = client.send(client.address, utf8.encode('lost')).catch((error: unknown) => error);
      const draining = client.close({ drain: 60_000 });
      const start = platform.now();
      await until(Promise.all([draining, client.close()]));
      expect(platform.now() - start).toBeLessThan(100);
      expect(await sent).toMatchObject({ code: 'ERR_MIX_MIXNET_CLOSED' });
    });
  });

  test('iterations end by their signal, and by break', async () => {
    await inDevnet(async ({ connect, until }) => {
      const client = await connect();
      const reason = new Error('enough');
      const controller = new AbortController();
      const aborted = client.messages({ signal: controller.signal });
      const waiting = aborted.next();
      controller.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      expect(await aborted.next()).toEqual({ done: true, value: undefined });
      await expect(client.messages({ signal: AbortSignal.abort(reason) }).next()).rejects.toBe(reason);

      const seen: string[] = [];
      const reading = (async () => {
        for await (const { data } of client.messages()) {
          seen.push(text(data));
          if (seen.length === 2) break;
        }
      })();
      for (const word of ['one', 'two', 'three']) await until(client.send(client.address, utf8.encode(word)));
      await until(reading);
      expect(seen).toEqual(['one', 'two']);
      await until(client.close());
    });
  });

  test('options and arguments that cannot be are refused by name, and leave nothing behind', async () => {
    await inDevnet(async ({ connect, devnet, platform, until }) => {
      await expect(connect({ exits: ['nobody'] })).rejects.toThrow(/"exits"/);
      await expect(MixnetClient.connect({ api: 'no url', platform })).rejects.toThrow(TypeError);
      await expect(MixnetClient.connect({ api: [], platform })).rejects.toThrow(TypeError);
      await expect(connect({ gateway: 'that one' })).rejects.toThrow(/"gateway"/);
      await expect(connect({ traffic: { averageDelayMs: 1 } as object })).rejects.toThrow(/"averageDelayMs"/);
      await expect(connect({ gatway: 'x' } as object)).rejects.toThrow(/"gatway"/);
      expect(devnet.directory.requests.size).toBe(0);
      const reason = new Error('never mind');
      await expect(connect({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const client = await connect({ gateway: devnet.gateways[0]?.identity });
      expect(client.address).toContain(`@${devnet.gateways[0]?.identity}`);
      await expect(client.send('nobody', utf8.encode('x'))).rejects.toThrow(/"recipient"/);
      await expect(client.reply('0OIl', utf8.encode('x'))).rejects.toThrow(/"senderTag"/);
      await until(client.close());
    });
  });
});

test.each([
  ['https:', 'https://page.test', false],
  ['blob:', 'https://page.test', false],
  ['http:', 'http://page.test', true],
  ['file:', 'null', true],
])('on a page of %s and origin %s, a gateway without TLS is used: %s', async (protocol, origin, used) => {
  await inDevnet(async ({ connect, until }) => {
    vi.stubGlobal('location', { protocol, origin });
    onTestFinished(() => void vi.unstubAllGlobals());
    const connected = connect().then(
      async client => {
        await until(client.close());
        return 'connected';
      },
      error => error.code,
    );
    expect(await connected).toBe(used ? 'connected' : 'ERR_MIX_GATEWAY_UNKNOWN');
  });
});

describe('messages that nobody reads', () => {
  const message = (bytes: number) => ({ data: new Uint8Array(bytes) });

  test('fail the iteration when sixteen megabytes wait, and what came before is still read', async () => {
    let ended = 0;
    const reader = new MessageReader(undefined, () => {
      ended += 1;
    });
    for (let i = 0; i < 16; i++) reader.push(message(1_000_000));
    expect(ended).toBe(0);
    reader.push(message(1_000_000));
    expect(ended).toBe(1);
    for (let i = 0; i < 17; i++) expect((await reader.next()).done).toBe(false);
    await expect(reader.next()).rejects.toMatchObject({ code: 'ERR_MIX_USAGE_BUSY' });
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  test('are bounded in number too', () => {
    let ended = 0;
    const reader = new MessageReader(undefined, () => {
      ended += 1;
    });
    let pushed = 0;
    while (ended === 0 && pushed < 100_000) {
      reader.push(message(0));
      pushed += 1;
    }
    expect(pushed).toBeLessThan(70_000);
  });
});
