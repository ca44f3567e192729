/** What somebody may do to a client that listens, without a network between: only what comes in counts. */

import { describe, expect, test } from 'vitest';
import { VirtualPlatform } from '../../src/devnet/index.ts';
import * as limits from '../../src/limits.ts';
import { type PeerCore, PeerStreams } from '../../src/peer/index.ts';
import { readSdkFrame, sdkFrame } from './world.ts';

const OPEN = 0;
const DATA = 1;

function listening() {
  const platform = new VirtualPlatform();
  const answers: Uint8Array[] = [];
  const core: PeerCore = {
    pseudonym: (recipient, isolation) => ({ recipient, isolation }),
    releasePseudonym: () => {},
    sendAnonymous: async () => {},
    surbsHeldBy: () => 0,
    supplySurbs: () => {},
    restrainSurbs: () => {},
    unacknowledged: () => ({ messages: 0, bytes: 0 }),
    dropLane: () => {},
    subscribe: () => () => {},
    reply: async (_, data) => void answers.push(data),
  };
  const streams = new PeerStreams(core, platform);
  const incoming = streams.listen();
  const from = (sender: number, data: Uint8Array) =>
    streams.received({ kind: 'repliable', senderTag: new Uint8Array(16).fill(sender), data });
  return { platform, streams, incoming, from, answers };
}

describe('a client that listens', () => {
  test('lets so many streams wait, and refuses more', async () => {
    const { platform, incoming, from, answers, streams } = listening();
    const most = limits.incomingStreamsWaiting;
    for (let i = 0; i < most + 10; i++) from(1, sdkFrame(BigInt(i), OPEN, 0));
    expect(answers.map(data => readSdkFrame({ data }).id)).toEqual(
      Array.from({ length: 10 }, (_, i) => BigInt(most + i)),
    );
    for (let i = 0; i < most; i++) expect((await incoming.next()).done).toBe(false);
    from(1, sdkFrame(1_000_000n, OPEN, 0));
    expect((await incoming.next()).done).toBe(false);
    streams.close();
    expect(platform.pendingTimers).toBe(0);
  });

  test('keeps so much of what nobody has opened or taken, and forgets it in time', async () => {
    const { platform, from, streams } = listening();
    const piece = new Uint8Array(1_000_000);
    const most = limits.incomingStreamsUnread / piece.length;
    for (let i = 0; i < 3 * most; i++) from(1, sdkFrame(BigInt(i), DATA, 0, piece));
    expect(platform.pendingTimers).toBeLessThanOrEqual(most + 1);
    await platform.advance(130_000);
    expect(platform.pendingTimers).toBe(0);
    streams.close();
  });

  test('gives up a stream that leaves too much unread, or a piece missing for too long', async () => {
    const { platform, incoming, from, streams } = listening();
    for (const missing of [0, 1]) {
      const id = BigInt(missing);
      from(2, sdkFrame(id, OPEN, 0));
      const { value: stream } = await incoming.next();
      const failure = stream?.closed.catch((error: { code: string }) => error.code);
      for (let i = missing; i < 300; i++) from(2, sdkFrame(id, DATA, i, new Uint8Array(16_384)));
      expect(await failure).toBe('ERR_MIX_PEER_OVERRUN');
    }
    streams.close();
    await platform.advance(0);
    expect(platform.pendingTimers).toBe(0);
  });

  test('does not begin a stream again that is over', async () => {
    const { incoming, from, streams } = listening();
    from(3, sdkFrame(1n, OPEN, 0));
    const { value: stream } = await incoming.next();
    await stream?.close();
    await Promise.resolve();
    from(3, sdkFrame(1n, OPEN, 0));
    from(3, sdkFrame(2n, OPEN, 0));
    const { value: other } = await incoming.next();
    expect(other).toMatchObject({ id: 2n });
    streams.close();
  });
});
