/** Sockets through a whole mixnet: a server of the package `ws` behind the exit, and packages that take a class. */

import { createClient } from 'graphql-ws';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startDevnet, VirtualPlatform } from '../../src/devnet/index.ts';
import { createMixFetch } from '../../src/index.ts';
import { createMixWebSocket, type MixWebSocketOptions } from '../../src/websocket/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { echo, happens, logOf, type PeerOptions, startPeer } from './bed.ts';

let authority: Awaited<ReturnType<typeof createAuthority>>;
let certificate: { readonly key: string; readonly cert: string };

beforeAll(async () => {
  authority = await createAuthority();
  const { key, cert } = await authority.issue({ hosts: ['shop.test'] });
  certificate = { key, cert };
});

/** Pacing and cover are proved elsewhere, and would take most of the time here. */
const traffic = { disableLoopCoverTrafficStream: true, disableMainPoissonPacketDistribution: true };

/** On virtual time. */
async function world(options: PeerOptions = {}, greet = echo, socket: MixWebSocketOptions = {}) {
  const clock = new VirtualPlatform();
  const until = <T>(work: Promise<T>) => clock.until(work);
  const peer = await startPeer(options, greet);
  const hosts = { 'shop.test': peer.port };
  const devnet = await until(startDevnet({ platform: clock, transport: 'in-process', hosts }));
  const platform = devnet.clientPlatform();
  const mixFetch = createMixFetch({ api: devnet.api, platform, traffic, extraCa: [authority.certificate] });
  onTestFinished(async () => {
    await until(mixFetch.close());
    await until(devnet.close());
    await clock.advance(10);
    expect({ timers: clock.pendingTimers, holders: clock.holders }).toEqual({ timers: 0, holders: 0 });
  });
  return { clock, until, peer, devnet, WebSocket: createMixWebSocket(mixFetch, socket) };
}

describe('through the mixnet', () => {
  test('a socket opens, echoes, and closes, and the exit lets go of the connection', async () => {
    const { clock, until, WebSocket, devnet } = await world({ certificate });
    const socket = new WebSocket('wss://shop.test/');
    const log = logOf(socket);
    await until(happens(socket, 'open'));
    expect(clock.holders).toBeGreaterThan(0);
    for (const data of ['text', new Uint8Array(50_000)]) {
      socket.send(data);
      await until(happens(socket, 'message'));
    }
    socket.close(1000, 'thanks');
    await until(happens(socket, 'close'));
    expect(log).toEqual(['open 1 ""', 'message "text"', 'message blob of 50000', 'close 3 1000 "thanks" clean']);
    await clock.advance(20_000);
    expect(devnet.requesters[0]?.openConnections).toBe(0);
  });

  test('a large message shows in bufferedAmount how much of it the mixnet has taken', async () => {
    const { clock, until, WebSocket } = await world();
    const socket = new WebSocket('ws://shop.test/');
    await until(happens(socket, 'open'));
    socket.send(new Uint8Array(400_000));
    const echoed = happens(socket, 'message');
    expect(socket.bufferedAmount).toBe(400_000);
    const seen = new Set<number>();
    for (let i = 0; i < 20; i++) {
      await clock.advance(200);
      seen.add(socket.bufferedAmount);
    }
    expect(seen.size).toBeGreaterThan(2);
    await until(echoed);
    expect(socket.bufferedAmount).toBe(0);
    socket.close();
    await until(happens(socket, 'close'));
  });

  test('a socket that nothing is sent over outlives the five minutes after which exits cut', async () => {
    const clock = new VirtualPlatform();
    const until = <T>(work: Promise<T>) => clock.until(work);
    const peer = await startPeer();
    const devnet = await until(
      startDevnet({ platform: clock, transport: 'in-process', hosts: { 'shop.test': peer.port } }),
    );
    const mixFetch = createMixFetch({ api: devnet.api, platform: devnet.clientPlatform(), traffic });
    const [kept, silent] = [{}, { keepAlive: Number.POSITIVE_INFINITY }].map(options => {
      const socket = new (createMixWebSocket(mixFetch, options))('ws://shop.test/');
      return { log: logOf(socket), socket, open: happens(socket, 'open') };
    });
    await until(Promise.all([kept?.open, silent?.open]));
    await clock.advance(6 * 60_000);
    expect(silent?.log).toEqual(['open 1 ""', 'error 3', 'close 3 1006 "" unclean']);
    expect([kept?.socket.readyState, kept?.log]).toEqual([1, ['open 1 ""']]);
    await until(mixFetch.close());
    await until(devnet.close());
  });

  test('a sub-protocol, fragments, a ping, a close by the server, and an end without a word', async () => {
    const pongs: string[] = [];
    const { until, WebSocket } = await world({}, socket => {
      socket.send('frag', { fin: false });
      socket.ping('there?');
      socket.send('ments', { fin: true });
      socket.on('pong', data => {
        pongs.push(String(data));
        if (socket.protocol === 'rude') socket.terminate();
        else socket.close(4000, 'enough');
      });
    });
    const polite = new WebSocket('ws://shop.test/', ['polite', 'other']);
    const rude = new WebSocket('ws://shop.test/', 'rude');
    const logs = [polite, rude].map(logOf);
    await until(Promise.all([happens(polite, 'close'), happens(rude, 'close')]));
    expect(pongs).toEqual(['there?', 'there?']);
    expect(logs).toEqual([
      ['open 1 "polite"', 'message "fragments"', 'close 3 4000 "enough" clean'],
      ['open 1 "rude"', 'message "fragments"', 'error 3', 'close 3 1006 "" unclean'],
    ]);
  });
});

test('graphql-ws takes the class as it takes that of a browser', async () => {
  const { until, WebSocket } = await world({ handleProtocols: () => 'graphql-transport-ws' }, socket => {
    socket.on('message', data => {
      const message = JSON.parse(String(data)) as { type: string; id: string; payload: { query: string } };
      const say = (what: object) => socket.send(JSON.stringify(what));
      if (message.type === 'connection_init') say({ type: 'connection_ack' });
      if (message.type !== 'subscribe') return;
      for (const block of [1, 2, 3]) say({ type: 'next', id: message.id, payload: { data: { block } } });
      say({ type: 'complete', id: message.id });
    });
  });
  const client = createClient({ url: 'ws://shop.test/graphql', webSocketImpl: WebSocket, retryAttempts: 0 });
  const blocks: unknown[] = [];
  const subscription = (async () => {
    for await (const { data } of client.iterate({ query: 'subscription { block }' })) blocks.push(data);
  })();
  await until(subscription);
  expect(blocks).toEqual([{ block: 1 }, { block: 2 }, { block: 3 }]);
  await client.dispose();
});
