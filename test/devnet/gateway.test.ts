import { once } from 'node:events';
import { base58 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ClientCore } from '../../src/client/index.ts';
import { type Devnet, startDevnet } from '../../src/devnet/index.ts';
import { GatewayLink, type Identity, type Registration } from '../../src/gateway/index.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { eventually, PacketSender, virtualWorld } from './world.ts';

describe('a gateway', () => {
  test.each(['sockets', 'in-process'] as const)(
    'over %s takes a client once, as long as that one answers',
    async transport => {
      await using devnet = await startDevnet({ exits: 0, transport });
      const platform = devnet.clientPlatform();
      const first = await PacketSender.connect(devnet, platform);
      const second = linkOf(devnet, platform, first.identity, first.link.admission);
      await expect(second.connect()).rejects.toMatchObject({ code: 'ERR_MIX_GATEWAY_REFUSED' });
      const { id } = first.send();
      await eventually(() => first.acknowledged.length > 0);
      expect(first.acknowledged).toEqual([id]);
      first.link.close();
    },
  );

  test('lets a client in again when its old connection does not answer', async () => {
    await using devnet = await startDevnet({ exits: 0 });
    const platform = devnet.clientPlatform();
    let deaf: WebSocket | undefined;
    const first = await PacketSender.connect(devnet, {
      ...platform,
      openWebSocket(url, handlers) {
        const socket = new WebSocket(url, { autoPong: false });
        deaf = socket;
        socket.on('open', () => handlers.open());
        socket.on('message', (data: Buffer, binary) =>
          handlers.message(binary ? new Uint8Array(data) : data.toString()),
        );
        return { send: data => socket.send(data), bufferedBytes: 0, close: () => socket.close() };
      },
    });
    const second = linkOf(devnet, platform, first.identity, first.link.admission);
    await second.connect();
    await eventually(() => deaf?.readyState === WebSocket.CLOSED);
    expect(second.state).toBe('connected');
    second.close();
  });

  test('cuts off a stranger who pings', async () => {
    await using devnet = await startDevnet({ exits: 0 });
    const socket = new WebSocket(devnet.gateways[0]?.url ?? '');
    await once(socket, 'open');
    socket.ping();
    const [text] = await once(socket, 'message');
    expect(JSON.parse(String(text))).toMatchObject({ type: 'error' });
    const [code] = await once(socket, 'close');
    expect(code).toBe(1006);
  });

  test('that wants to be paid lets nobody in for free', async () => {
    await using devnet = await startDevnet({ exits: 0, requireTickets: true });
    await expect(ClientCore.connect({ platform: devnet.clientPlatform(), api: [devnet.api] })).rejects.toMatchObject({
      code: 'ERR_MIX_GATEWAY_TICKETS',
    });
  });

  test('that is restarted is found again at its old port', async () => {
    await using devnet = await startDevnet({ exits: 0, tls: true });
    const sender = await PacketSender.connect(devnet, devnet.clientPlatform());
    await devnet.gateways[0]?.kill();
    await eventually(() => sender.states.at(-1) === 'reconnecting');
    await devnet.gateways[0]?.revive();
    await eventually(() => sender.states.at(-1) === 'connected');
    const { id } = sender.send();
    await eventually(() => sender.acknowledged.length > 0);
    expect(sender.acknowledged).toEqual([id]);
    sender.link.close();
  });

  test('that is stalled takes connections, and greets them when it goes on', async () => {
    await using devnet = await startDevnet({ exits: 0 });
    const [gateway] = devnet.gateways;
    gateway?.stall();
    const connecting = PacketSender.connect(devnet, devnet.clientPlatform());
    await new Promise(resolve => setImmediate(resolve));
    await gateway?.revive();
    const sender = await connecting;
    sender.link.close();
  });

  test('closes on who says nothing for ten seconds', async () => {
    const { clock, devnet, platform } = await virtualWorld();
    const events: string[] = [];
    platform.openWebSocket(devnet.gateways[0]?.url ?? '', {
      open: () => void events.push('open'),
      message: data => void events.push(String(data)),
      close: () => void events.push('close'),
    });
    await clock.advance(9_999);
    expect(events).toEqual(['open']);
    await clock.advance(1);
    expect(events).toEqual(['open', expect.stringContaining('timed out'), 'close']);
  });
});

function linkOf(
  devnet: Devnet,
  platform: Platform,
  client: Identity,
  registration: Registration | undefined,
): GatewayLink {
  const [gateway] = devnet.gateways;
  if (gateway === undefined || registration === undefined) throw new Error('nobody is registered');
  return new GatewayLink({
    platform,
    identity: client,
    registration,
    gateway: { identity: base58.decode(gateway.identity), url: gateway.url },
    on: { push() {}, state() {} },
  });
}
