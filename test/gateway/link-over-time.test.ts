/** What the link does as time goes by, on a clock that the test moves. */

import { describe, expect, test } from 'vitest';
import { withParts } from '../../src/devnet/platforms.ts';
import { GatewayLink, type GatewayLinkOptions, type LinkState } from '../../src/gateway/index.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { VirtualPlatform } from '../support/virtual-platform.ts';
import { GatewayHost, identityOf, MemoryNetwork } from './gateway-host.ts';

const client = identityOf('client');
const packet = { packet: new Uint8Array(2413), firstHop: { ip: '127.0.0.1', port: 1789 }, rotation: 1 } as const;

describe('setting up', () => {
  test.each([
    ['never opens', 'stall'],
    ['opens and says nothing', 'mute'],
  ] as const)('fails after 15 s where the connection %s, and leaves nothing behind', async (_, fault) => {
    const { link, network, platform, states } = world();
    network.fault = fault;
    const connecting = expect(link.connect()).rejects.toMatchObject({ code: 'ERR_MIX_GATEWAY_UNREACHABLE' });
    await platform.advance(14_999);
    expect(states).toEqual(['connecting']);
    expect(platform.holders).toBe(1);
    await platform.advance(1);
    await connecting;
    expect(states).toEqual(['connecting', 'closed']);
    expect({ timers: platform.pendingTimers, holders: platform.holders }).toEqual({ timers: 0, holders: 0 });
  });

  test('has a deadline for every answer of the gateway', async () => {
    const { host, link, network, platform } = world();
    host.onText = text => {
      if (text.includes('handshakePayload')) network.fault = 'mute';
    };
    const connecting = expect(link.connect()).rejects.toMatchObject({ code: 'ERR_MIX_GATEWAY_UNREACHABLE' });
    await platform.advance(15_000);
    await connecting;
    expect(platform.pendingTimers).toBe(0);
  });

  test('fails where the gateway hangs up without a word', async () => {
    const { host, link, platform } = world();
    host.onText = () => host.cutAll();
    const connecting = expect(link.connect()).rejects.toMatchObject({ code: 'ERR_MIX_GATEWAY_CLOSED' });
    await platform.advance(0);
    await connecting;
    expect(platform.pendingTimers).toBe(0);
  });

  test('tries again a second later where another process has used this second’s timestamp', async () => {
    const { host, platform, newLink } = world();
    const first = newLink();
    await during(platform, first.link.connect());
    first.link.close();
    await platform.advance(0);
    host.clients.authenticated(client.publicKey, Math.floor(platform.wallTime() / 1_000));
    const second = newLink({ registration: { sharedKey: keyOf(first.link), lastTimestamp: 0 } });
    const connecting = second.link.connect();
    await platform.advance(1_000);
    await connecting;
    expect(host.log).toEqual(['registered', 'authenticated']);
  });

  test('ends when the link is closed meanwhile', async () => {
    const { link, network, platform, states } = world();
    network.fault = 'stall';
    const connecting = expect(link.connect()).rejects.toMatchObject({ code: 'ERR_MIX_GATEWAY_CLOSED' });
    await platform.advance(100);
    link.close();
    await connecting;
    expect(states).toEqual(['connecting', 'closed']);
    expect({ timers: platform.pendingTimers, holders: platform.holders }).toEqual({ timers: 0, holders: 0 });
  });
});

describe('a lost connection', () => {
  test('is sought for ever, less and less often, and never more seldom than every half minute', async () => {
    const { link, network, platform, states, host } = world();
    await during(platform, link.connect());
    network.fault = 'refuse';
    const attempts: number[] = [];
    host.cutAll();
    for (let second = 0; second < 3_600; second++) {
      const before = network.opened;
      await platform.advance(1_000);
      if (network.opened > before) attempts.push(platform.now());
    }
    const gaps = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
    expect(attempts[0]).toBeLessThanOrEqual(1_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(31_000);
    expect(Math.min(...gaps.slice(5))).toBeGreaterThanOrEqual(14_000);
    expect(new Set(gaps.slice(5)).size).toBeGreaterThan(8);
    expect(link.lastError?.code).toBe('ERR_MIX_GATEWAY_UNREACHABLE');
    network.fault = undefined;
    await platform.advance(31_000);
    expect(states).toEqual(['connecting', 'connected', 'reconnecting', 'connected']);
    expect(host.log).toEqual(['registered', 'authenticated']);
  });

  test('that is lost again and again at once does not make a storm', async () => {
    const { link, network, platform, host } = world();
    await during(platform, link.connect());
    for (let second = 0; second < 600; second++) {
      host.cutAll();
      await platform.advance(1_000);
    }
    expect(network.opened).toBeLessThan(60);
  });

  test('that had lasted a while is sought at once again', async () => {
    const { link, platform, host } = world();
    await during(platform, link.connect());
    for (let round = 0; round < 5; round++) {
      host.cutAll();
      await platform.advance(1_001);
      expect(link.state).toBe('connected');
      await platform.advance(120_000);
    }
  });

  test('uses a later timestamp each time, also where the clock is set back', async () => {
    const { link, platform, host } = world();
    await during(platform, link.connect());
    for (let round = 0; round < 6; round++) {
      platform.shiftWallTime(-10_000);
      host.cutAll();
      await platform.advance(1_001);
      expect(link.state).toBe('connected');
      await platform.advance(61_000);
    }
    const timestamps = host.texts
      .map(text => JSON.parse(text))
      .filter(({ type }) => type === 'authenticateV2')
      .map(({ requestUnixTimestamp }) => requestUnixTimestamp);
    expect(timestamps).toHaveLength(6);
    expect(timestamps).toEqual([...new Set(timestamps)].sort((a, b) => a - b));
  });

  test('is found again as soon as a clock that was wrong is right', async () => {
    const { platform, host, newLink } = world();
    let error = 0;
    const { link } = newLink({
      platform: {
        now: () => platform.now(),
        wallTime: () => platform.wallTime() + error,
        setTimer: (callback, delay) => platform.setTimer(callback, delay),
        randomBytes: platform.randomBytes,
        openWebSocket: platform.openWebSocket,
        directoryFetch: platform.directoryFetch,
        hold: () => platform.hold(),
      },
    });
    await during(platform, link.connect());
    error = 3_600_000;
    host.cutAll();
    await platform.advance(10_000);
    expect(link.lastError?.code).toBe('ERR_MIX_GATEWAY_REFUSED');
    error = 0;
    await platform.advance(31_000);
    expect(link.state).toBe('connected');
  });

  test('is not sought any more once the link is closed', async () => {
    const { link, network, platform, host, states } = world();
    await during(platform, link.connect());
    network.fault = 'refuse';
    host.cutAll();
    await platform.advance(10_000);
    link.close();
    const { opened } = network;
    await platform.advance(100_000);
    expect({ opened: network.opened, timers: platform.pendingTimers }).toEqual({ opened, timers: 0 });
    expect(states).toEqual(['connecting', 'connected', 'reconnecting', 'closed']);
  });
});

test('a socket that throws when it is written to is a lost connection, whatever it throws', async () => {
  for (const error of [new Error('ETIMEDOUT'), new DOMException('no', 'InvalidStateError'), 'message send error']) {
    const { network, platform, host, newLink } = world();
    let broken = false;
    const openWebSocket: Platform['openWebSocket'] = (url, handlers) => {
      const connection = network.openWebSocket(url, handlers);
      const send = (data: string | Uint8Array) => {
        if (broken) throw error;
        connection.send(data);
      };
      return { ...connection, send };
    };
    const { link, states } = newLink({ platform: withParts(platform, { openWebSocket }) });
    await during(platform, link.connect());
    broken = true;
    expect(link.send(packet)).toBe(false);
    expect(link.state).toBe('reconnecting');
    expect(link.lastError).toMatchObject({ code: 'ERR_MIX_GATEWAY_CLOSED', cause: error });
    broken = false;
    await platform.advance(1_000);
    expect(states).toEqual(['connecting', 'connected', 'reconnecting', 'connected']);
    expect(host.log).toEqual(['registered', 'authenticated']);
    link.close();
  }
});

describe('a connection that is dead without being closed', () => {
  test('is found out within a minute, and replaced', async () => {
    const { link, network, platform, states } = world();
    await during(platform, link.connect());
    network.fault = 'mute';
    await platform.advance(44_000);
    expect(states).toEqual(['connecting', 'connected']);
    await platform.advance(2_000);
    expect(states.at(-1)).toBe('reconnecting');
    network.fault = undefined;
    await platform.advance(60_000);
    expect(link.state).toBe('connected');
  });

  test('is not suspected where it is only quiet', async () => {
    const { platform, link, states, host } = world();
    await during(platform, link.connect());
    await platform.advance(600_000);
    expect(states).toEqual(['connecting', 'connected']);
    expect(host.texts.slice(4).every(text => text === '{"type":"supportedProtocol"}')).toBe(true);
    expect(host.texts.length).toBeLessThan(4 + 21);
  });
});

describe('bandwidth', () => {
  test('that the gateway lets expire at midnight is asked for again at the first packet refused', async () => {
    const { platform, link, host } = world();
    await during(platform, link.connect());
    await platform.advance(13 * 3_600_000);
    expect(host.clients.bandwidth(client.publicKey, platform.wallTime())).toBe(0);
    link.send(packet);
    await platform.advance(0);
    expect(host.forwarded).toHaveLength(0);
    link.send(packet);
    await platform.advance(0);
    expect(host.forwarded).toHaveLength(1);
  });

  test('is asked for before it runs out, also of a gateway that does not answer packets', async () => {
    const { platform, link, host } = world({ freeBandwidth: 200_000_000 + 10 * 2413, answerPackets: false });
    await during(platform, link.connect());
    const claims = () => host.texts.filter(text => text.includes('claimFree')).length;
    await platform.advance(20_000);
    for (let count = 0; count < 10; count++) link.send(packet);
    await platform.advance(0);
    expect(claims()).toBe(1);
    link.send(packet);
    link.send(packet);
    await platform.advance(0);
    expect(claims()).toBe(2);
    expect(host.forwarded).toHaveLength(12);
  });

  test('that a gateway grants no more ends the connection when the last is used up, with a reason', async () => {
    const { platform, link, host, states } = world({ freeBandwidth: 3 * 2413 });
    await during(platform, link.connect());
    host.options = { requireTickets: true };
    host.clients.register(client.publicKey, host.clients.sharedKey(client.publicKey) ?? new Uint8Array(32));
    for (let count = 0; count < 3; count++) link.send(packet);
    await platform.advance(0);
    expect(host.forwarded).toHaveLength(3);
    host.cutAll();
    await platform.advance(60_000);
    expect(link.lastError?.code).toBe('ERR_MIX_GATEWAY_TICKETS');
    expect(states).toEqual(['connecting', 'connected', 'reconnecting']);
  });
});

describe('a gateway that takes nothing any more', () => {
  const talk = '{"type":"send","remaining_bandwidth":1000000000}';

  test('is left within two minutes, though it goes on talking', async () => {
    const { platform, link, host, states } = world({}, 100_000);
    await during(platform, link.connect());
    for (let second = 0; second < 100; second += 5) {
      host.sendRaw(client.publicKey, talk);
      await platform.advance(5_000);
    }
    expect(states.slice(0, 3)).toEqual(['connecting', 'connected', 'reconnecting']);
    expect(link.lastError?.code).toBe('ERR_MIX_GATEWAY_CLOSED');
  });

  test('is not confused with one that always has something left to take', async () => {
    const { platform, link, host, states } = world({}, 100_000);
    await during(platform, link.connect());
    for (let second = 0; second < 300; second += 5) {
      host.sendRaw(client.publicKey, talk);
      link.send(packet);
      await platform.advance(5_000);
    }
    expect(states).toEqual(['connecting', 'connected']);
  });
});

test('a gateway that does not come back where it was is looked for where it is said to be now', async () => {
  const { host, platform, urls, gone, newLink } = world();
  const [before, now] = ['ws://gateway.test/', 'ws://moved.test/'];
  let said: string | undefined;
  const { link } = newLink({ presentUrl: () => said });
  await during(platform, link.connect());
  gone.add(before);
  host.cutAll();
  await platform.advance(60_000);
  expect(new Set(urls)).toEqual(new Set([before]));
  said = now;
  gone.add(now);
  await platform.advance(180_000);
  // Neither is given up for the other: the directory may be out of date as well.
  expect(urls.slice(-4).sort()).toEqual([before, before, now, now].sort());
  gone.delete(now);
  await platform.advance(120_000);
  expect(link.state).toBe('connected');
  expect(link.admission?.url).toBe(now);
  said = undefined;
  host.cutAll();
  await platform.advance(60_000);
  expect(link.state).toBe('connected');
  expect(urls.at(-1)).toBe(now);
});

test('a gateway that takes nothing is given no more than a bounded amount', async () => {
  const { platform, link } = world({}, 9 * 1024 * 1024);
  await during(platform, link.connect());
  expect(link.bufferedBytes).toBe(9 * 1024 * 1024);
  expect(link.send(packet)).toBe(false);
});

function world(options: ConstructorParameters<typeof GatewayHost>[0] = {}, bufferedBytes = 0) {
  const host: GatewayHost = new GatewayHost(options, () => platform.wallTime());
  const network = new MemoryNetwork(host);
  const [urls, gone]: [string[], Set<string>] = [[], new Set()];
  const platform = new VirtualPlatform({
    openWebSocket(url, handlers) {
      urls.push(url);
      const { fault } = network;
      if (gone.has(url)) network.fault = 'refuse';
      const connection = Object.assign(network.openWebSocket(url, handlers), { bufferedBytes });
      network.fault = fault;
      return connection;
    },
  });
  const newLink = (more: Partial<GatewayLinkOptions> = {}) => {
    const states: LinkState[] = [];
    const link = new GatewayLink({
      platform,
      gateway: { identity: host.identity.publicKey, url: 'ws://gateway.test/' },
      identity: client,
      on: { push() {}, state: state => states.push(state) },
      ...more,
    });
    return { link, states };
  };
  return { host, network, platform, urls, gone, newLink, ...newLink() };
}

function keyOf({ admission }: GatewayLink): Uint8Array {
  return admission?.sharedKey ?? new Uint8Array(32);
}

/** Lets everything happen that needs no time. */
async function during(platform: VirtualPlatform, connecting: Promise<void>): Promise<void> {
  let done = false;
  const outcome = connecting.finally(() => {
    done = true;
  });
  while (!done) await platform.advance(0);
  await outcome;
}
