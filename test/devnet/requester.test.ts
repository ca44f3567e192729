import type { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { ClientCore } from '../../src/client/index.ts';
import type { Devnet, DevnetOptions, VirtualPlatform } from '../../src/devnet/index.ts';
import {
  CURRENT_VERSION,
  decodeResponse,
  encodeRequest,
  type RequesterRequest,
  type RequesterResponse,
  type RequesterVersion,
} from '../../src/exit/index.ts';
import { parseRecipient } from '../../src/message/index.ts';
import { virtualWorld } from './world.ts';

const nothing = new Uint8Array(0);
const bytes = (text: string) => new TextEncoder().encode(text);
const data = (sequence: number, content: Uint8Array = nothing, closed = false): RequesterResponse => ({
  kind: 'data',
  connection: 7n,
  closed,
  sequence: BigInt(sequence),
  data: content,
});
const refusal = (address: string): RequesterResponse => ({
  kind: 'error',
  connection: 7n,
  text: `Domain "${address}" failed filter check`,
});

describe('a connection', () => {
  test('is open when an empty message number 0 says so; data begin with number 1, 16 KiB at a time', async () => {
    const { asker, clock, servers } = await world();
    asker.connect();
    await clock.advance(100);
    expect(asker.answers).toEqual([data(0)]);
    const sent = new Uint8Array(40_000).map((_, i) => i % 251);
    servers[0]?.stream.write(sent);
    await clock.advance(10_000);
    expect(asker.answers.slice(1, 4)).toEqual([
      data(1, sent.subarray(0, 16_384)),
      data(2, sent.subarray(16_384, 32_768)),
      data(3, sent.subarray(32_768)),
    ]);
  });

  test('gets what was sent before it was there, and what came in the wrong order, in order', async () => {
    const { asker, clock, servers } = await world();
    asker.write(1, 'B');
    asker.write(0, 'A');
    await clock.advance(1_000);
    asker.connect();
    await clock.advance(1_000);
    expect(servers[0]?.received()).toBe('AB');
    asker.write(3, 'D');
    await clock.advance(1_000);
    asker.write(2, 'C');
    asker.write(2, 'not again');
    await clock.advance(1_000);
    expect(servers[0]?.received()).toBe('ABCD');
  });

  test('that nobody serves ends with message number 0, without a word', async () => {
    const { asker, clock } = await world({ hosts: { 'example.test': 1 } });
    asker.connect();
    await clock.until(asker.answered(1));
    expect(asker.answers).toEqual([data(0, nothing, true)]);
  });

  test.each([
    ['a name that does not resolve', 'nowhere.test:80', {}],
    ['an address without a port', 'example.test', {}],
    ['an address that is not global', '127.0.0.1:80', {}],
    ['a name with such an address', 'inner.test:80', {}],
    ['a port that the policy rejects', 'example.test:25', { policy: 'ExitPolicy reject *:25\nExitPolicy accept *:*' }],
    ['a port that the policy does not speak of', 'example.test:81', { policy: 'ExitPolicy accept *:80' }],
  ])('to %s is refused in the same words', async (_, address, options: DevnetOptions) => {
    const { asker, clock } = await world(options);
    asker.connect(address);
    await clock.advance(1_000);
    expect(asker.answers).toEqual([refusal(address)]);
  });

  test('to 127.0.0.1 is made where the exit allows local addresses', async () => {
    const { asker, clock } = await world({ allowLocal: true });
    asker.connect('127.0.0.1:1');
    await clock.until(asker.answered(1));
    expect(asker.answers).toEqual([data(0, nothing, true)]);
  });

  test('is kept alive by an empty message a minute, and cut when the client sent no byte for five', async () => {
    const { asker, clock, servers } = await world();
    asker.connect();
    asker.write(0, 'hello');
    await clock.advance(60_100);
    expect(asker.answers).toEqual([data(0), data(1)]);
    for (let minute = 2; minute <= 4; minute++) {
      asker.write(minute - 1, '');
      await clock.advance(60_000);
    }
    expect(asker.answers.slice(2)).toEqual([data(2), data(3), data(4)]);
    await clock.advance(62_500);
    expect(asker.answers.at(-1)).toEqual(data(5));
    expect(servers[0]?.stream.destroyed).toBe(false);
    await clock.advance(1_000);
    expect(asker.answers.at(-1)).toEqual(data(6, nothing, true));
    expect(servers[0]?.gone()).toBe(true);
  });
});

describe('an end', () => {
  test('from the server is told in an empty message of its own; the client may still send for a while', async () => {
    const { asker, clock, servers } = await world();
    asker.connect();
    await clock.advance(100);
    servers[0]?.stream.end('bye');
    await clock.advance(1_000);
    expect(asker.answers).toEqual([data(0), data(1, bytes('bye')), data(2, nothing, true)]);
    asker.write(0, 'too late?');
    await clock.advance(3_900);
    expect(servers[0]?.received()).toBe('too late?');
    expect(servers[0]?.gone()).toBe(false);
    await clock.advance(200);
    expect(servers[0]?.gone()).toBe(true);
    expect(asker.answers).toHaveLength(3);
  });

  test('from the server, and then from the client, leaves nothing to wait for', async () => {
    const { asker, clock, servers } = await world();
    asker.connect();
    await clock.advance(100);
    servers[0]?.stream.end('bye');
    await clock.advance(2_500);
    expect(servers[0]?.gone()).toBe(false);
    asker.write(0, '', true);
    await clock.advance(200);
    expect(servers[0]?.gone()).toBe(true);
    expect(asker.answers).toHaveLength(3);
  });

  test('from the client tells the server nothing for three seconds, in which its answer still passes', async () => {
    const { asker, clock, servers } = await world();
    asker.connect();
    asker.write(0, 'question', true);
    await clock.advance(1_000);
    expect([servers[0]?.received(), servers[0]?.ended()]).toEqual(['question', false]);
    servers[0]?.stream.write('answer');
    await clock.advance(1_000);
    expect(asker.answers).toEqual([data(0), data(1, bytes('answer'))]);
    await clock.advance(1_200);
    expect(asker.answers.at(-1)).toEqual(data(2, nothing, true));
    expect(servers[0]?.gone()).toBe(true);
    expect(asker.exit.openConnections).toBe(0);
    asker.write(1, 'after the end');
    await clock.advance(1_000);
    expect(asker.answers).toHaveLength(3);
  });

  test('from both sides is told twice', async () => {
    const { asker, clock, servers } = await world();
    asker.connect();
    await clock.advance(100);
    asker.write(0, '', true);
    await clock.advance(1_000);
    servers[0]?.stream.end('bye');
    await clock.advance(5_000);
    expect(asker.answers.slice(1)).toEqual([data(1, bytes('bye')), data(2, nothing, true), data(3, nothing, true)]);
  });
});

describe('answers', () => {
  test('keep ten reply blocks in reserve: with eleven there is one at once, with ten the exit must ask first', async () => {
    const eleven = await world({ faults: { latencyMs: 1_000 } });
    eleven.asker.connect('example.test:80', 11);
    await eleven.clock.advance(2_100);
    expect(eleven.asker.answers).toEqual([data(0)]);
    const ten = await world({ faults: { latencyMs: 1_000 } });
    ten.asker.connect('example.test:80', 10);
    await ten.clock.advance(3_900);
    expect(ten.asker.answers).toEqual([]);
    await ten.clock.advance(300);
    expect(ten.asker.answers).toEqual([data(0)]);
    // One packet wants ten more.
    expect(ten.asker.core.stats().surbsCreated).toBe(20);
  });

  test('without any reply block never come', async () => {
    const { asker, clock } = await world();
    asker.connect('example.test:80', 0);
    await clock.advance(60_000);
    expect(asker.answers).toEqual([]);
  });

  test('are asked for by 10 to 50 blocks a time, for as many packets as wait', async () => {
    const { asker, clock, servers } = await world({ faults: { latencyMs: 1_000 } });
    asker.connect('example.test:80', 12);
    await clock.advance(2_100);
    const before = asker.core.stats().surbsCreated;
    servers[0]?.stream.write(new Uint8Array(200_000));
    await clock.advance(900);
    expect(asker.core.stats().surbsCreated).toBe(before);
    await clock.advance(200);
    // Three reads of 11 packets. One block was left over the reserve, so that 10, 21 and 32 packets were seen to wait.
    expect(asker.core.stats().surbsCreated - before).toBe(10 + 21 + 32);
  });

  test('that cannot leave stop the reading: at most 31 packets of a connection and one more read are queued', async () => {
    const { asker, clock, servers } = await world();
    asker.connect('example.test:80', 12);
    await clock.advance(100);
    await clock.until(asker.core.close());
    const server = servers[0]?.stream;
    const written = flood(server);
    await clock.advance(200_000);
    const taken = written() - (server?.writableLength ?? 0);
    expect(taken).toBeGreaterThanOrEqual(3 * 16_384);
    expect(taken).toBeLessThan(12 * 16_384);
  });

  test('go to the address that a connect message names, and need no reply blocks then', async () => {
    const { asker, clock, servers } = await world();
    const request: RequesterRequest = {
      kind: 'connect',
      connection: 7n,
      address: 'example.test:80',
      returnAddress: asker.core.address,
    };
    asker.tell(request);
    await clock.advance(100);
    servers[0]?.stream.write(new Uint8Array(30_000));
    await clock.advance(5_000);
    expect(asker.answers).toEqual([data(0), data(1, new Uint8Array(16_384)), data(2, new Uint8Array(13_616))]);
    expect(asker.core.stats().surbsCreated).toBe(0);
  });

  test('are for nobody where neither an address nor reply blocks came', async () => {
    const { asker, clock, servers } = await world();
    asker.tell({ kind: 'connect', connection: 7n, address: 'example.test:80' });
    asker.tell({ kind: 'query', query: 'open-proxy' });
    await clock.advance(5_000);
    expect([asker.answers, servers]).toEqual([[], []]);
  });

  test('are in the version of the connect message', async () => {
    const { asker, clock } = await world();
    const legacy: RequesterVersion = { interface: 'legacy', protocol: 'legacy' };
    asker.ask({ kind: 'connect', connection: 7n, address: 'example.test:80' }, 20, legacy);
    await clock.advance(1_000);
    expect([asker.answers, asker.versions]).toEqual([[data(0)], [legacy]]);
  });

  test('tell about the exit itself', async () => {
    const { asker, clock } = await world({ policy: 'ExitPolicy accept *:443' });
    asker.ask({ kind: 'query', query: 'exit-policy' }, 20);
    asker.ask({ kind: 'query', query: 'open-proxy' }, 0);
    asker.ask({ kind: 'control', request: 'health' }, 0);
    asker.ask({ kind: 'control', request: 'supported-versions' }, 0);
    await clock.advance(5_000);
    const policy = [{ action: 'accept', addresses: '*', ports: { start: 443, end: 443 } }];
    expect(asker.answers).toHaveLength(4);
    expect(asker.answers).toEqual(
      expect.arrayContaining([
        { kind: 'query', answer: { about: 'exit-policy', enabled: true, upstream: '', policy } },
        { kind: 'query', answer: { about: 'open-proxy', open: false } },
        { kind: 'control', response: { about: 'health' } },
        { kind: 'control', response: { about: 'supported-versions', interface: 3, provider: 3 } },
      ]),
    );
  });

  test('to what is no request are none', async () => {
    const { asker, clock } = await world();
    for (const message of [Uint8Array.of(3), Uint8Array.of(3, 2), Uint8Array.of(3, 1, 4, 0), Uint8Array.of(0, 9)]) {
      asker.say(message, 15);
    }
    await clock.advance(5_000);
    expect(asker.answers).toEqual([]);
  });
});

describe('an exit that misbehaves', () => {
  test('refuses everything', async () => {
    const { asker, clock } = await world();
    asker.exit.behaviour = 'refuse';
    asker.connect();
    await clock.advance(1_000);
    expect(asker.answers).toEqual([refusal('example.test:80')]);
  });

  test('says nothing', async () => {
    const { asker, clock, servers } = await world();
    asker.exit.behaviour = 'silent';
    asker.connect();
    await clock.advance(60_000);
    expect([asker.answers, servers]).toEqual([[], []]);
  });

  test('connects and then moves nothing, until it is normal again', async () => {
    const { asker, clock, servers } = await world();
    asker.exit.behaviour = 'stall';
    asker.connect();
    asker.write(0, 'hello');
    await clock.advance(100);
    servers[0]?.stream.write('welcome');
    await clock.advance(100_000);
    expect([asker.answers, servers[0]?.received()]).toEqual([[data(0)], '']);
    asker.exit.behaviour = 'normal';
    await clock.advance(1_000);
    expect([asker.answers, servers[0]?.received()]).toEqual([[data(0), data(1, bytes('welcome'))], 'hello']);
  });
});

/** A devnet with one exit, `example.test` inside of the process, and a client without pacing that speaks to the exit by hand. */
async function world(options: DevnetOptions = {}) {
  const servers: Server[] = [];
  const { clock, devnet, platform } = await virtualWorld({
    exits: 1,
    delayScale: 0,
    ...options,
    hosts: {
      'example.test': { serve: stream => void servers.push(new Server(stream)) },
      'inner.test': { port: 1, address: '10.0.0.1' },
      ...options.hosts,
    },
  });
  const core = await clock.until(
    ClientCore.connect({
      platform,
      api: [devnet.api],
      gateway: devnet.gateways[0]?.identity ?? '',
      traffic: {
        averagePacketDelayMs: 0,
        averageAckDelayMs: 0,
        disableMainPoissonPacketDistribution: true,
        disableLoopCoverTrafficStream: true,
      },
    }),
  );
  return { clock, devnet, servers, asker: new Asker(core, devnet, clock) };
}

class Asker {
  readonly core: ClientCore;
  readonly answers: RequesterResponse[] = [];
  readonly versions: RequesterVersion[] = [];
  readonly exit: Devnet['requesters'][number];
  readonly #clock: VirtualPlatform;

  constructor(core: ClientCore, devnet: Devnet, clock: VirtualPlatform) {
    const [exit] = devnet.requesters;
    if (exit === undefined) throw new Error('no exit');
    this.core = core;
    this.exit = exit;
    this.#clock = clock;
    core.subscribe(message => {
      const { version, response } = decodeResponse(message.data);
      this.answers.push(response);
      this.versions.push(version);
    });
  }

  connect(address = 'example.test:80', replySurbs = 20): void {
    this.ask({ kind: 'connect', connection: 7n, address }, replySurbs);
  }

  write(sequence: number, text: string, closed = false): void {
    this.ask({ kind: 'send', connection: 7n, closed, sequence: BigInt(sequence), data: bytes(text) }, 0);
  }

  ask(request: RequesterRequest, replySurbs: number, version = CURRENT_VERSION): void {
    this.say(encodeRequest(request, version), replySurbs);
  }

  /** Anonymously. */
  say(message: Uint8Array, replySurbs: number): void {
    const pseudonym = this.core.pseudonym(parseRecipient(this.exit.address), '');
    this.core.sendAnonymous(pseudonym, message, { replySurbs }).catch(() => {});
  }

  /** Without a way to answer. */
  tell(request: RequesterRequest): void {
    this.core.send(parseRecipient(this.exit.address), encodeRequest(request)).catch(() => {});
  }

  /** Resolves when there are so many answers: where a real socket decides when. */
  async answered(count: number): Promise<void> {
    while (this.answers.length < count) await new Promise<void>(resolve => this.#clock.setTimer(resolve, 1));
  }
}

class Server {
  readonly stream: Duplex;
  readonly #received: Buffer[] = [];
  #ended = false;

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on('data', (chunk: Buffer) => this.#received.push(chunk));
    stream.on('end', () => {
      this.#ended = true;
    });
    stream.on('error', () => {});
  }

  received(): string {
    return Buffer.concat(this.#received).toString();
  }

  ended(): boolean {
    return this.#ended;
  }

  /** The exit has let go of the connection. */
  gone(): boolean {
    return this.stream.destroyed || this.#ended;
  }
}

/** Writes as much as it takes; the result says how much that was. */
function flood(stream: Duplex | undefined): () => number {
  let written = 0;
  const chunk = new Uint8Array(8_192);
  const more = () => {
    for (let taken = true; taken && stream !== undefined && !stream.destroyed; written += chunk.length) {
      taken = stream.write(chunk);
    }
  };
  stream?.on('drain', more);
  more();
  return () => written;
}
