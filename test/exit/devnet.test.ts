import type { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type Devnet, type DevnetOptions, startDevnet, VirtualPlatform } from '../../src/devnet/index.ts';
import type { MixnetStream } from '../../src/exit/index.ts';
import { MixnetClient, type MixnetClientOptions } from '../../src/mixnet-client/index.ts';

const utf8 = new TextEncoder();

/** Real packets still leave one by one, and cover traffic, which costs time here, is proved elsewhere. */
const quiet = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };
const paced = {};

const hosts: NonNullable<DevnetOptions['hosts']> = {
  'echo.test': {
    serve: socket => {
      socket.on('data', data => socket.write(data));
      socket.on('error', () => {});
    },
  },
  'greeter.test': {
    serve: socket => {
      socket.end('good day');
      socket.on('error', () => {});
    },
  },
  'flood.test': {
    serve: socket => {
      const more = () => {
        while (socket.write(new Uint8Array(16_384))) {}
      };
      socket.on('drain', more).on('error', () => {});
      socket.resume();
      more();
    },
  },
  'mute.test': { serve: socket => void socket.resume().on('error', () => {}) },
  'private.test': { serve: (socket: Duplex) => socket.destroy(), address: '10.0.0.1' },
};

interface World {
  readonly platform: VirtualPlatform;
  readonly devnet: Devnet;
  readonly client: MixnetClient;
  /** Lets as much virtual time pass as it takes. */
  until<T>(work: Promise<T>): Promise<T>;
  elapsed(work: Promise<unknown>): Promise<number>;
}

async function inDevnet(
  options: DevnetOptions,
  run: (world: World) => Promise<void>,
  traffic: MixnetClientOptions['traffic'] = quiet,
): Promise<void> {
  const platform = new VirtualPlatform();
  const devnet = await platform.until(
    startDevnet({ platform, transport: 'in-process', gateways: 3, exits: 1, hosts, ...options }),
  );
  const client = await platform.until(
    MixnetClient.connect({ api: devnet.api, platform: devnet.clientPlatform(), traffic }),
  );
  const until = <T>(work: Promise<T>) => platform.until(work);
  await run({
    platform,
    devnet,
    client,
    until,
    elapsed: async work => {
      const start = platform.now();
      await until(work);
      return platform.now() - start;
    },
  });
  await until(client.close());
  await until(devnet.close());
  expect(platform.pendingTimers).toBe(0);
  expect(platform.holders).toBe(0);
}

function send(stream: MixnetStream, bytes: Uint8Array | string): void {
  const writer = stream.writable.getWriter();
  writer.write(typeof bytes === 'string' ? utf8.encode(bytes) : bytes).catch(() => {});
  writer.releaseLock();
}

/** All of it, or so many bytes. */
async function read(stream: MixnetStream, bytes = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const reader = stream.readable.getReader();
  for (let length = 0; length < bytes; ) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    chunks.push(value);
  }
  reader.releaseLock();
  return Uint8Array.from(Buffer.concat(chunks));
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const codeOf = (promise: Promise<void>) =>
  promise.then(
    () => 'fine',
    (error: { code: string }) => error.code,
  );

describe('streams through the exit of a devnet', () => {
  test('the first answer takes one round trip, cold or warm', async () => {
    const oneWay = 500;
    await inDevnet(
      { faults: { latencyMs: oneWay }, delayScale: 0 },
      async ({ client, elapsed, until }) => {
        const ask = async () => {
          const stream = client.openStream({ hostname: 'echo.test', port: 80 });
          send(stream, 'hello');
          expect(text(await read(stream, 5))).toBe('hello');
          return stream;
        };
        // The list of exits is asked for once.
        await until(ask());
        for (const _ of [1, 2, 3]) expect(await elapsed(ask())).toBeLessThan(2 * oneWay + 400);
        const stream = await until(ask());
        send(stream, 'again');
        expect(await elapsed(read(stream, 5))).toBeLessThan(2 * oneWay + 200);
      },
      paced,
    );
  });

  test('a server that speaks first is heard, and its end is seen', async () => {
    await inDevnet({}, async ({ client, until, platform, devnet }) => {
      const stream = client.openStream({ hostname: 'greeter.test', port: 80 });
      expect(text(await until(read(stream)))).toBe('good day');
      await until(stream.closed);
      await platform.advance(10_000);
      expect(devnet.requesters[0]?.openConnections).toBe(0);
    });
  });

  test('bytes survive loss, disorder and repetition both ways', async () => {
    const faults = { loss: 0.05, reordering: 0.2, duplicates: 0.05, latencyMs: 50 };
    await inDevnet(
      { faults },
      async ({ client, until }) => {
        const bytes = Uint8Array.from({ length: 60_000 }, (_, i) => (i * 31) ^ (i >> 8));
        const streams = [1, 2].map(() => client.openStream({ hostname: 'echo.test', port: 80 }));
        for (const stream of streams) send(stream, bytes);
        for (const echoed of await until(Promise.all(streams.map(stream => read(stream, bytes.length))))) {
          expect(Buffer.compare(echoed, bytes)).toBe(0);
        }
      },
      paced,
    );
  });

  test('an exit is held back while nobody reads, and goes on when somebody does', async () => {
    await inDevnet({}, async ({ client, until, platform }) => {
      const stream = client.openStream({ hostname: 'flood.test', port: 80 });
      await platform.advance(60_000);
      const early = client.stats().messagesReceived;
      expect(early * 16_384).toBeLessThan(1_000_000);
      await platform.advance(60_000);
      expect(client.stats().messagesReceived - early).toBeLessThan(10);
      expect((await until(read(stream, 900_000))).length).toBeGreaterThanOrEqual(900_000);
      await until(stream.close());
    });
  });

  test('what was written before the end still arrives when all of it, but not the closing message, is lost at first', async () => {
    let uploaded = 0;
    const sink: DevnetOptions['hosts'] = {
      'sink.test': {
        serve: socket => {
          socket.on('data', (data: Uint8Array) => {
            uploaded += data.length;
          });
          socket.on('error', () => {});
        },
      },
    };
    await inDevnet({ hosts: sink }, async ({ client, until, platform, devnet }) => {
      const stream = client.openStream({ hostname: 'sink.test', port: 80 });
      await until(stream.opened);
      const lost = () => devnet.stats().packets.lost.data;
      devnet.faults.loss = 1;
      send(stream, new Uint8Array(8_000));
      await platform.advance(500);
      // Each of the packets was sent once, and none has arrived.
      expect([lost(), uploaded]).toEqual([6, 0]);
      devnet.faults.loss = 0;
      await until(stream.close());
      await platform.advance(30_000);
      expect(uploaded).toBe(8_000);
      expect(devnet.requesters[0]?.openConnections).toBe(0);
    });
  });

  test('closing lets the exit close its connection', async () => {
    await inDevnet({}, async ({ client, until, platform, devnet }) => {
      const stream = client.openStream({ hostname: 'mute.test', port: 80 });
      send(stream, 'hello');
      await until(stream.opened);
      expect(devnet.requesters[0]?.openConnections).toBe(1);
      await until(stream.close());
      await platform.advance(5_000);
      expect(devnet.requesters[0]?.openConnections).toBe(0);

      const aborted = client.openStream({ hostname: 'mute.test', port: 80 });
      send(aborted, new Uint8Array(50_000));
      await until(aborted.opened);
      await until(aborted.close(new Error('enough')));
      await platform.advance(6_000);
      expect(devnet.requesters[0]?.openConnections).toBe(0);
    });
  });

  test('refusals, failed dials and silence are told apart', async () => {
    await inDevnet({ policy: 'ExitPolicy reject *:25\nExitPolicy accept *:*' }, async ({ client, until, devnet }) => {
      const codes = async (hostname: string, port: number) =>
        until(codeOf(client.openStream({ hostname, port }).opened));
      expect(await codes('nobody.test', 80)).toBe('ERR_MIX_EXIT_REFUSED');
      expect(await codes('private.test', 80)).toBe('ERR_MIX_EXIT_REFUSED');
      expect(await codes('echo.test', 25)).toBe('ERR_MIX_EXIT_REFUSED');
      expect(await codes('127.0.0.1', 1)).toBe('ERR_MIX_EXIT_REFUSED');
      devnet.setHost('closed.test', 1);
      expect(await codes('closed.test', 80)).toBe('ERR_MIX_EXIT_DIAL_FAILED');
      const [requester] = devnet.requesters;
      if (requester) requester.behaviour = 'silent';
      expect(await codes('echo.test', 80)).toBe('ERR_MIX_EXIT_SILENT');
    });
  });

  test('when one exit refuses or is silent, the next one is asked', async () => {
    await inDevnet({ exits: 3 }, async ({ client, until, devnet }) => {
      for (const behaviour of ['refuse', 'silent'] as const) {
        for (const [index, requester] of devnet.requesters.entries()) {
          requester.behaviour = index < 2 ? behaviour : 'normal';
        }
        const stream = client.openStream({ hostname: 'echo.test', port: 80, isolation: behaviour });
        send(stream, 'hello');
        expect(text(await until(read(stream, 5)))).toBe('hello');
      }
    });
  });

  test('the cut after five quiet minutes is reported', async () => {
    await inDevnet({}, async ({ client, until, platform }) => {
      const stream = client.openStream({ hostname: 'mute.test', port: 80 });
      await until(stream.opened);
      const start = platform.now();
      expect(await until(codeOf(stream.closed))).toBe('ERR_MIX_EXIT_CLOSED');
      expect(platform.now() - start).toBeGreaterThan(300_000);
      expect(platform.now() - start).toBeLessThan(310_000);
    });
  });
});
