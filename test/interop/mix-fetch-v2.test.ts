/**
 * The published mixFetch v2, unmodified, in Chromium. It goes by IP packets, which our exits do not route: it is followed up
 * to the two messages by which it asks for a tunnel. The name of the live directory leads to ours, which has TLS for that.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClientCore, type ReceivedMessage } from '../../src/client/index.ts';
import { type Devnet, startDevnet } from '../../src/devnet/index.ts';
import { formatRecipient } from '../../src/message/index.ts';
import { decodePeerFrame, type PeerFrame } from '../../src/peer/index.ts';
import { Arrivals } from './arrivals.ts';
import { type OpenedPage, openPage, published } from './chromium.ts';

/** For whatever takes seconds on a machine that is not busy, ms. */
const WITHIN = 80_000;
/** The version that it speaks with routers of which the directory says nothing. */
const ROUTER_PROTOCOL = 9;
const quiet = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };

let devnet: Devnet;
/** In the place of the router. */
let router: ClientCore;
let opened: OpenedPage;
const toRouter = new Arrivals<ReceivedMessage>();

beforeAll(async () => {
  devnet = await startDevnet({ exits: 0, tls: true });
  const [theirGateway = '', routerGateway = ''] = devnet.gateways.map(({ identity }) => identity);
  router = await ClientCore.connect({
    platform: devnet.clientPlatform(),
    api: [devnet.api],
    gateway: routerGateway,
    traffic: quiet,
  });
  router.subscribe(message => toRouter.push(message));
  opened = await openPage({
    script: new URL('mix-fetch-v2-page.ts', import.meta.url),
    modules: {
      '@nymproject/mix-fetch': published('@nymproject/mix-fetch/dist/index.js'),
      '@nymproject/mix-tunnel': published('@nymproject/mix-tunnel/dist/esm/index.js'),
    },
    mapped: { 'validator.nymtech.net:443': `127.0.0.1:${new URL(devnet.api).port}` },
  });
  await opened.page.waitForFunction('globalThis.fetchPage !== undefined');
  // What becomes of it is not waited for: nobody answers.
  const options = {
    preferredGateway: theirGateway,
    preferredIpr: formatRecipient(router.address),
    clientId: 'interop',
    disablePoissonTraffic: true,
    disableCoverTraffic: true,
  };
  void opened.page.evaluate(given => fetchPage.connect(given), options).catch(() => {});
}, WITHIN);

afterAll(async () => {
  await opened?.close();
  await router?.close();
  await devnet?.close();
});

test('reads our directory, enters by our gateway, and asks the router for a tunnel', { timeout: WITHIN }, async () => {
  // Messages overtake each other.
  const frames = [await frameFrom(), await frameFrom()];
  const open = frames.find(({ type }) => type === 'open');
  const connect = frames.find(frame => frame.type === 'data');
  expect(open).toMatchObject({ type: 'open', data: new Uint8Array(0) });
  expect(connect).toMatchObject({ id: open?.id, sequence: 0 });
  expect(connect?.data[0]).toBe(ROUTER_PROTOCOL);
  for (const node of devnet.stats().nodes) expect(node).toMatchObject({ unreadable: 0, replayed: 0, unroutable: 0 });
});

/** The next message to the router: anonymous, and the frame of a stream. */
async function frameFrom(): Promise<PeerFrame> {
  const message = await toRouter.next({ within: WITHIN });
  expect(message.kind).toBe('repliable');
  const frame = decodePeerFrame(message.data);
  if (frame === undefined) throw new Error(`no frame of a stream: ${Buffer.from(message.data).toString('hex')}`);
  return frame;
}
