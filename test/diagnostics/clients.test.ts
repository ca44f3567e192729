/** What clients tell of themselves, and that nobody learns from it whom they talk to. */

import diagnosticsChannel from 'node:diagnostics_channel';
import { base58 } from '@scure/base';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Devnet, type DevnetOptions, startDevnet, VirtualPlatform } from '../../src/devnet/index.ts';
import { eventDescriptions } from '../../src/diagnostics/descriptions.ts';
import { diagnosticNames, isLogged } from '../../src/diagnostics/index.ts';
import { createMixFetch, type Logger, type MixFetch, type MixFetchOptions, MixnetClient } from '../../src/index.ts';
import { parseRecipient } from '../../src/message/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { type Origin, type OriginOptions, startOrigin } from '../support/origin.ts';

/** Cover traffic is proved elsewhere, and costs time here. */
const traffic = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };

type Told = Readonly<Record<string, unknown>> & { readonly name: string };

interface World {
  readonly platform: VirtualPlatform;
  readonly devnet: Devnet;
  readonly origin: Origin;
  readonly told: Told[];
  readonly published: Told[];
  readonly lines: string[];
  until<T>(work: Promise<T>): Promise<T>;
  create(options?: MixFetchOptions): MixFetch;
  /** Of the events told so far. */
  names(): string[];
}

/** Everything is listened to in every way. */
async function world(options: DevnetOptions = {}, originOptions: OriginOptions = {}): Promise<World> {
  const platform = new VirtualPlatform();
  const until = <T>(work: Promise<T>) => platform.until(work);
  const origin = await startOrigin(originOptions);
  const hosts = { 'secret-shop.test': origin.port, 'impostor.test': origin.port };
  const devnet = await until(startDevnet({ platform, transport: 'in-process', hosts, ...options }));
  onTestFinished(async () => {
    await until(devnet.close());
    await origin.close();
    expect({ timers: platform.pendingTimers, holders: platform.holders }).toEqual({ timers: 0, holders: 0 });
  });
  const [told, published, lines]: [Told[], Told[], string[]] = [[], [], []];
  const subscriber = (message: unknown, channel: string | symbol) =>
    void published.push({ name: String(channel).replace(/^mixfetch:/, ''), ...(message as object) });
  for (const name of diagnosticNames) {
    diagnosticsChannel.subscribe(`mixfetch:${name}`, subscriber);
    onTestFinished(() => void diagnosticsChannel.unsubscribe(`mixfetch:${name}`, subscriber));
  }
  const write = (line: string) => lines.push(line);
  const logger: Logger = { debug: write, info: write, warn: write, error: write };
  return {
    ...{ platform, devnet, origin, told, published, lines, until },
    create(given) {
      const mixFetch = createMixFetch({
        api: devnet.api,
        platform: devnet.clientPlatform(),
        traffic,
        logger,
        ...given,
      });
      for (const name of diagnosticNames) {
        mixFetch.events.addEventListener(name, ({ detail }) => void told.push({ name, ...detail }));
      }
      return mixFetch;
    },
    names: () => told.map(({ name }) => name),
  };
}

const failed = (error: unknown) => error;

describe('a client', () => {
  test('tells of its gateway, lost and back, and of its end', async () => {
    const { create, until, platform, devnet, told } = await world();
    const mixFetch = create();
    await until(mixFetch.ready());
    for (const gateway of devnet.gateways) gateway.disconnectClients();
    await platform.advance(30_000);
    expect(mixFetch.client.stats()).toMatchObject({ gatewayLosses: 1, gatewayReconnects: 1 });
    await until(mixFetch.close());
    expect(told.map(({ name, state, code }) => [name, state ?? code])).toEqual([
      ['client:state', 'connected'],
      ['client:gateway-lost', 'ERR_MIX_GATEWAY_CLOSED'],
      ['client:state', 'reconnecting'],
      ['client:gateway-back', undefined],
      ['client:state', 'connected'],
      ['client:state', 'closed'],
    ]);
  });

  test('tells of the directory, down and up again, and of new keys in the network', async () => {
    const { create, until, platform, devnet, names, told } = await world({ epochMs: 60_000, rotationEpochs: 4 });
    const mixFetch = create();
    await until(mixFetch.ready());
    await until(devnet.directory.kill());
    await platform.advance(45_000);
    await until(devnet.directory.revive());
    await platform.advance(300_000);
    expect(names()).toContain('client:topology-failed');
    expect(told.find(({ name }) => name === 'client:topology-failed')).toMatchObject({
      ...{ code: 'ERR_MIX_DIRECTORY_UNREACHABLE', failures: 1 },
    });
    expect(names().filter(name => name === 'client:topology-recovered')).toHaveLength(1);
    expect(names().filter(name => name === 'client:key-rotation').length).toBeGreaterThan(0);
    const { topologyFailures, topologyRefreshes, keyRotations } = mixFetch.client.stats();
    expect(topologyFailures).toBe(names().filter(name => name === 'client:topology-failed').length);
    expect(keyRotations).toBe(names().filter(name => name === 'client:key-rotation').length);
    expect(topologyRefreshes).toBeGreaterThan(3);
    await until(mixFetch.close());
  });

  test('tells of an exit that did not connect, and the request says how many were asked', async () => {
    const { create, until, devnet, told } = await world({ gateways: 3, exits: 2 });
    const mixFetch = create();
    for (const requester of devnet.requesters) requester.behaviour = 'refuse';
    const error = await until(mixFetch('http://secret-shop.test/json').catch(failed));
    expect((error as Error).cause).toMatchObject({ code: 'ERR_MIX_EXIT_REFUSED' });
    const failovers = told.filter(({ name }) => name === 'client:exit-failover');
    expect(failovers).toMatchObject([
      { code: 'ERR_MIX_EXIT_REFUSED', exitsAsked: 1 },
      { code: 'ERR_MIX_EXIT_REFUSED', exitsAsked: 2 },
    ]);
    expect(told.at(-1)).toMatchObject({ name: 'request:error', exitsAsked: 2, exit: failovers[1]?.['exit'] });
    expect(mixFetch.client.stats()).toMatchObject({ exitFailovers: 2, streams: 1, streamsConnected: 0 });
    await until(mixFetch.close());
  });

  test('tells why it could not be connected', async () => {
    const { create, until, told } = await world({ requireTickets: true, gateways: 2, exits: 0 });
    const mixFetch = create();
    await until(mixFetch.ready().catch(failed));
    await until(mixFetch.close());
    expect(told.map(({ name, code }) => [name, code])).toEqual([
      ['client:gateway-failed', 'ERR_MIX_GATEWAY_TICKETS'],
      ['client:gateway-failed', 'ERR_MIX_GATEWAY_TICKETS'],
      ['client:connect-failed', expect.stringMatching(/^ERR_MIX_GATEWAY_/)],
    ]);
  });

  test('counts what it did and what waits', async () => {
    const { create, until } = await world();
    const mixFetch = create();
    await (await until(mixFetch('http://secret-shop.test/text'))).text();
    const stats = mixFetch.client.stats();
    for (const [name, value] of Object.entries(stats)) expect({ [name]: typeof value }).toEqual({ [name]: 'number' });
    expect(stats.repliesReceived).toBeGreaterThan(0);
    expect(stats.realReceived).toBeGreaterThanOrEqual(stats.repliesReceived);
    expect(stats.messagesDelivered + stats.messagesFailed).toBeLessThanOrEqual(stats.messagesSent);
    expect(stats.surbsOutstanding).toBeGreaterThan(0);
    expect(stats).toMatchObject({ streams: 1, streamsConnected: 1, incompleteSetsDropped: 0, packetsParked: 0 });
    expect(mixFetch.stats()).toMatchObject({ requests: 1, failed: 0, idle: 1 });
    await until(mixFetch.close());
    expect(mixFetch.client.stats()).toMatchObject({
      acksPending: 0,
      packetsQueued: 0,
      messagesPending: 0,
      streamsOpen: 0,
    });
  });

  test('that is shared tells each fetch over it, until that is closed', async () => {
    const { until, devnet } = await world();
    const platform = devnet.clientPlatform();
    const client = await until(MixnetClient.connect({ api: devnet.api, platform, traffic }));
    const states: string[] = [];
    const warnings: string[] = [];
    const warn = ({ name }: Error) => warnings.push(name);
    process.on('warning', warn);
    onTestFinished(() => void process.off('warning', warn));
    for (const which of ['first', 'second']) {
      const mixFetch = createMixFetch({ client, platform });
      mixFetch.events.addEventListener('client:state', ({ detail }) => states.push(`${which} ${detail.state}`));
      if (which === 'first') await until(mixFetch.close());
    }
    await until(client.close());
    expect(states).toEqual(['second closed']);
    expect(warnings).toEqual([]); // of listeners that look like a leak
  });
});

describe('a logger', () => {
  test.each([
    ['throws', () => expect.fail('the logger fails')],
    ['rejects', async () => expect.fail('the logger fails')],
  ])('that %s breaks nothing', async (_, write) => {
    const { create, until } = await world();
    const mixFetch = create({ logger: { debug: write, info: write, warn: write, error: write } });
    expect(await (await until(mixFetch('http://secret-shop.test/json'))).json()).toEqual({ answer: 42 });
    await until(mixFetch('http://unknown.test/').catch(failed));
    await until(mixFetch.close());
  });

  test('must have its four functions', () => {
    expect(() => createMixFetch({ logger: { debug() {} } as never })).toThrow(/"logger"/);
    expect(() => createMixFetch({ diagnostics: { hosts: 'all' } as never })).toThrow(/"diagnostics"/);
  });
});

describe('whatever happens', () => {
  test('nothing that is told holds a host, a path, a header, a key, an address, or anything of a body', async () => {
    const authority = await createAuthority();
    const certificate = await authority.issue({ hosts: ['secret-shop.test'] });
    const it = await world({ gateways: 3, exits: 2, faults: { loss: 0.05, duplicates: 0.1 } }, { certificate });
    const { create, until, devnet, platform } = it;
    const mixFetch = create({ ca: [authority.certificate], timeouts: { connect: 20_000, headers: 20_000 } });
    const headers = { authorization: 'Bearer token-of-mine', 'x-secret': 'header-value-of-mine' };
    const mixnet = { isolation: 'isolation-of-mine' };
    const init = { method: 'POST', headers, body: 'body-of-mine', mixnet };
    const [exit = ''] = devnet.exits;
    const urls = [
      'https://secret-shop.test/echo?query-of-mine',
      'https://secret-shop.test/redirect/302?to=/text',
      'https://secret-shop.test/garbage',
      'https://impostor.test/path-of-mine',
      'https://no-such-host.test/',
      'http://127.0.0.1:4321/path-of-mine',
      'https://secret-shop.test/redirect/302?to=http://redirected.test/',
    ];
    for (const url of urls)
      await until(
        mixFetch(url, init)
          .then(response => response.text())
          .catch(failed),
      );
    const ownExit = { ...init, mixnet: { ...mixnet, exit } };
    await until(mixFetch('https://secret-shop.test/echo', ownExit).then(response => response.text()));
    const [refusing] = devnet.requesters;
    if (refusing !== undefined) refusing.behaviour = 'refuse';
    for (const gateway of devnet.gateways) gateway.disconnectClients();
    await platform.advance(10_000);
    await until(mixFetch('https://other.test/path-of-mine', init).catch(failed));
    const { address } = mixFetch.client;
    await until(mixFetch.close());

    const texts = [...it.told, ...it.published].map(event => JSON.stringify(event)).concat(it.lines);
    expect(it.lines.length).toBeGreaterThan(20);
    expect(it.told.length).toBeGreaterThan(20);
    const secrets = [
      ...['secret-shop', 'impostor', 'no-such-host', 'other.test', 'redirected', '127.0.0.1', '4321', '.test', 'http:'],
      ...[
        'echo',
        'path-of-mine',
        'query-of-mine',
        'token-of-mine',
        'header-value',
        'body-of-mine',
        'isolation-of-mine',
      ],
      ...[devnet.api, new URL(devnet.api).host, ...devnet.gateways.map(({ url }) => url)],
      ...[address, ...devnet.exits].flatMap(formsOfAddress),
      ...[...devnet.gateways, ...devnet.mixNodes].flatMap(({ identity }) => formsOf(base58.decode(identity))),
    ];
    for (const secret of secrets) {
      const found = texts.filter(text => text.toLowerCase().includes(secret.toLowerCase()));
      expect({ secret, found }).toEqual({ secret, found: [] });
    }
  }, 120_000);

  test('each event has the fields that are listed, and a logger gets of them what is listed', async () => {
    const { create, until, told, published, lines } = await world();
    const mixFetch = create();
    await (await until(mixFetch('http://secret-shop.test/text'))).text();
    await until(mixFetch('http://unknown.test/').catch(failed));
    await until(mixFetch.close());
    expect(published).toEqual(told);
    expect(lines).toHaveLength(told.length);
    for (const [i, { name, ...detail }] of told.entries()) {
      const { fields } = eventDescriptions[name as keyof typeof eventDescriptions];
      expect(Object.keys(detail).sort()).toEqual([...fields].sort());
      const [first, second, ...pairs] = (lines[i] ?? '').split(' ');
      expect([first, second]).toEqual(['mixfetch', name]);
      for (const pair of pairs) {
        expect(pair).toMatch(/^[a-zA-Z.]+=(-?[0-9]+|true|false|[a-z]+|ERR_MIX_[A-Z_]+)$/);
        expect(isLogged(pair.split(/[.=]/)[0] ?? '')).toBe(true);
      }
    }
  });
});

function formsOf(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes);
  return [base58.encode(bytes), buffer.toString('hex'), buffer.toString('base64'), buffer.toString('base64url')];
}

function formsOfAddress(text: string): string[] {
  const { identity, encryption, gateway } = parseRecipient(text);
  return [text, ...[identity, encryption, gateway].flatMap(formsOf)];
}
