/** The link on the real platform, against a real websocket server that our own gateway-side state machine drives. */

import { afterEach, describe, expect, test } from 'vitest';
import { GatewayLink, type GatewayLinkOptions, type LinkState, type OutgoingPacket } from '../../src/gateway/index.ts';
import { createNodePlatform } from '../../src/platform/node.ts';
import { GatewayHost, identityOf } from './gateway-host.ts';
import { listen } from './listen.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const client = identityOf('client');
const packet: OutgoingPacket = {
  packet: new Uint8Array(2413).fill(7),
  firstHop: { ip: '127.0.0.1', port: 1789 },
  rotation: 2,
};

describe('connecting', () => {
  test('registers, gets bandwidth, and forwards on the same connection', async () => {
    const { host, url } = await gateway();
    const { link, states, keys } = linkTo(host, url);
    await link.connect();
    expect(host.log).toEqual(['registered']);
    expect(host.texts.map(text => JSON.parse(text).type)).toEqual([
      'supportedProtocol',
      'handshakePayload',
      'handshakePayload',
      'claimFreeTestnetBandwidth',
    ]);
    expect(keys).toEqual([host.clients.sharedKey(client.publicKey)]);
    expect(states).toEqual(['connecting', 'connected']);
    for (let count = 0; count < 50; count++)
      expect(link.send({ ...packet, rotation: count % 2 === 0 ? 1 : 2 })).toBe(true);
    await until(() => host.forwarded.length === 50);
    expect(host.forwarded[1]).toEqual({ ...packet, packetType: 0 });
    await until(() => link.bufferedBytes === 0);
    expect(host.clients.bandwidth(client.publicKey, Date.now())).toBe(64 * 1024 ** 3 - 50 * 2413);
  });

  test('authenticates with the key of an earlier registration, and gets the messages kept meanwhile', async () => {
    const { host, url } = await gateway();
    const first = linkTo(host, url);
    await first.link.connect();
    first.link.close();
    await until(() => host.connections === 0);
    const messages = [1, 2, 3].map(fill => new Uint8Array(1643).fill(fill));
    for (const message of messages) host.deliver(client.publicKey, message);
    const second = linkTo(host, url, earlier(first.keys[0]));
    await second.link.connect();
    expect(host.log).toEqual(['registered', 'authenticated']);
    expect(second.pushed).toEqual(messages);
    expect(second.keys).toEqual(first.keys);
    host.deliver(client.publicKey, new Uint8Array(21));
    await until(() => second.pushed.length === 4);
  });

  test('gets messages that a gateway pushes in the middle of a registration', async () => {
    const { host, url } = await gateway({ pushWhileRegistering: true });
    host.deliver(client.publicKey, new Uint8Array(1643).fill(9));
    const { link, pushed } = linkTo(host, url);
    await link.connect();
    expect(pushed).toEqual([new Uint8Array(1643).fill(9)]);
  });

  test('registers anew where the gateway has forgotten the client, and says the new key', async () => {
    const { host, url } = await gateway();
    const { link, keys } = linkTo(host, url, earlier(new Uint8Array(32).fill(1)));
    await link.connect();
    expect(host.log).toEqual(['registered']);
    expect(keys).toEqual([host.clients.sharedKey(client.publicKey)]);
    expect(link.send(packet)).toBe(true);
  });

  test('registers anew where the gateway has another key: that of a registration nobody wrote down', async () => {
    const { host, url } = await gateway();
    host.clients.register(client.publicKey, new Uint8Array(32).fill(2));
    const { link, keys } = linkTo(host, url, earlier(new Uint8Array(32).fill(1)));
    await link.connect();
    expect(host.log).toEqual(['registered']);
    expect(keys).toEqual([host.clients.sharedKey(client.publicKey)]);
  });

  test('says where and with what it was admitted, and goes on from there', async () => {
    const { host, url } = await gateway();
    const seconds = Math.floor(Date.now() / 1000);
    const first = linkTo(host, url);
    expect(first.link.admission).toBeUndefined();
    await first.link.connect();
    expect(first.link.admission).toMatchObject({ url, sharedKey: first.keys[0] });
    expect(first.link.admission?.lastTimestamp).toBeGreaterThanOrEqual(seconds);
    first.link.close();
    await until(() => host.connections === 0);
    // As from a clock that was a minute ahead.
    const registration = { sharedKey: first.keys[0] ?? new Uint8Array(32), lastTimestamp: seconds + 60 };
    const second = linkTo(host, url, { registration });
    await second.link.connect();
    expect(second.link.admission?.lastTimestamp).toBe(seconds + 61);
    expect(host.clients.lastTimestamp(client.publicKey)).toBe(seconds + 61);
  });

  test.each([
    [4, 0],
    [5, 2],
    [6, 2],
    [7, 2],
  ])('speaks with a gateway of version %i', async (newestVersion, rotation) => {
    const { host, url } = await gateway({ newestVersion });
    const { link } = linkTo(host, url);
    await link.connect();
    link.send(packet);
    await until(() => host.forwarded.length === 1);
    expect(host.forwarded[0]?.rotation).toBe(rotation);
    host.cutAll();
    await until(() => host.log.includes('authenticated') && link.state === 'connected');
  });

  test('gives up on a gateway older than version 4', async () => {
    const { host, url } = await gateway({ newestVersion: 3 });
    await refused(linkTo(host, url), 'ERR_MIX_GATEWAY_VERSION', host);
  });

  test('gives up on a gateway that demands tickets', async () => {
    const { host, url } = await gateway({ requireTickets: true });
    await refused(linkTo(host, url), 'ERR_MIX_GATEWAY_TICKETS', host);
  });

  test('gives up on whoever is not the gateway of that identity', async () => {
    const { host, url } = await gateway();
    const impostor = linkTo(host, url, { gateway: { identity: identityOf('another').publicKey, url } });
    await refused(impostor, 'ERR_MIX_GATEWAY_REFUSED', host);
  });

  test('gives up where nobody listens', async () => {
    const { host, url, close } = await gateway();
    await close();
    cleanups.length = 0;
    await refused(linkTo(host, url), 'ERR_MIX_GATEWAY_UNREACHABLE', host);
    await refused(linkTo(host, 'nonsense'), 'ERR_MIX_GATEWAY_UNREACHABLE', host);
  });

  test('is refused where another session of this identity is alive, which stays', async () => {
    const { host, url } = await gateway();
    const first = linkTo(host, url);
    await first.link.connect();
    const second = linkTo(host, url, earlier(first.keys[0]));
    await expect(second.link.connect()).rejects.toMatchObject({ code: 'ERR_MIX_GATEWAY_REFUSED' });
    expect(first.link.state).toBe('connected');
    expect(first.link.send(packet)).toBe(true);
  });

  test('ends with the reason of a signal, and leaves no connection', async () => {
    const { host, url } = await gateway();
    const { link, states } = linkTo(host, url);
    const controller = new AbortController();
    const connecting = link.connect({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(connecting).rejects.toThrow('enough');
    await until(() => host.connections === 0);
    expect(states).toEqual(['connecting', 'closed']);
    const late = linkTo(host, url);
    await expect(late.link.connect({ signal: controller.signal })).rejects.toThrow('enough');
    expect(late.states).toEqual([]);
  });
});

describe('an established link', () => {
  test('comes back after the connection is lost, with the same key', async () => {
    const { host, url } = await gateway();
    const { link, states, keys } = linkTo(host, url);
    await link.connect();
    host.cutAll();
    await until(() => states.at(-1) === 'reconnecting');
    expect(link.send(packet)).toBe(false);
    await until(() => states.at(-1) === 'connected');
    expect(link.lastError?.code).toBe('ERR_MIX_GATEWAY_CLOSED');
    expect(host.log).toEqual(['registered', 'authenticated']);
    expect(keys).toHaveLength(2);
    expect(keys[1]).toEqual(keys[0]);
    expect(link.send(packet)).toBe(true);
    await until(() => host.forwarded.length === 1);
  });

  test('registers anew after the gateway lost its memory', async () => {
    const { host, url } = await gateway();
    const { link, keys } = linkTo(host, url);
    await link.connect();
    host.clients.forget(client.publicKey);
    host.cutAll();
    await until(() => keys.length === 2 && link.state === 'connected', 10_000);
    expect(keys[1]).toEqual(host.clients.sharedKey(client.publicKey));
    expect(keys[1]).not.toEqual(keys[0]);
  });

  test('survives whatever the gateway sends', async () => {
    const { host, url } = await gateway();
    const { link, pushed } = linkTo(host, url);
    await link.connect();
    host.sendRaw(
      client.publicKey,
      new Uint8Array(0),
      new Uint8Array(13),
      new Uint8Array(100).fill(1),
      'nonsense',
      '{"type":"unheard"}',
      '{"type":"send","remaining_bandwidth":"many"}',
      '{"type":"error","message":"something went wrong"}',
      '{"type":"typedError","error":"ticket_replay"}',
      '{"type":"supportedProtocol","version":6}',
      '{"type":"authenticate","status":false,"bandwidth_remaining":0}',
      '{"type":"handshakePayload","protocol_version":6,"data":[1]}',
    );
    host.deliver(client.publicKey, Uint8Array.of(42));
    await until(() => pushed.length === 1);
    expect(link.state).toBe('connected');
  });

  test('asks for bandwidth again when it runs out, without waiting', async () => {
    const { host, url } = await gateway({ freeBandwidth: 5 * 2413 });
    const { link } = linkTo(host, url);
    await link.connect();
    for (let count = 0; count < 8; count++) link.send(packet);
    await until(() => host.forwarded.length === 5);
    expect(link.state).toBe('connected');
  });

  test('closes for good, as often as one likes', async () => {
    const { host, url } = await gateway();
    const { link, states } = linkTo(host, url);
    await link.connect();
    link.close();
    link.close();
    expect(link.send(packet)).toBe(false);
    await until(() => host.connections === 0);
    expect(states).toEqual(['connecting', 'connected', 'closed']);
    await expect(link.connect()).rejects.toThrow(TypeError);
  });
});

async function gateway(options: ConstructorParameters<typeof GatewayHost>[0] = {}) {
  const host = new GatewayHost(options);
  const server = await listen(host);
  cleanups.push(() => server.close());
  return { host, ...server };
}

function linkTo(host: GatewayHost, url: string, options: Partial<GatewayLinkOptions> = {}) {
  const [pushed, states, keys]: [Uint8Array[], LinkState[], Uint8Array[]] = [[], [], []];
  const link = new GatewayLink({
    platform: createNodePlatform(),
    gateway: { identity: host.identity.publicKey, url },
    identity: client,
    on: {
      push: bytes => pushed.push(bytes),
      state: state => states.push(state),
      admitted: ({ sharedKey }) => keys.push(sharedKey),
    },
    ...options,
  });
  cleanups.unshift(() => link.close());
  return { link, pushed, states, keys };
}

function earlier(sharedKey: Uint8Array | undefined): Pick<GatewayLinkOptions, 'registration'> {
  return { registration: { sharedKey: sharedKey ?? new Uint8Array(32), lastTimestamp: 0 } };
}

async function refused({ link, states }: ReturnType<typeof linkTo>, code: string, host: GatewayHost) {
  await expect(link.connect()).rejects.toMatchObject({ code });
  await until(() => host.connections === 0);
  expect(states).toEqual(['connecting', 'closed']);
  expect(link.send(packet)).toBe(false);
}

async function until(condition: () => boolean, within = 5_000): Promise<void> {
  const end = performance.now() + within;
  while (!condition()) {
    if (performance.now() > end) throw new Error('it did not happen in time');
    await new Promise(resolve => setImmediate(resolve));
  }
}
