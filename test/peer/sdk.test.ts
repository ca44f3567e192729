/** Against ends of streams as Nym's Rust SDK has them, frame by frame: it knows no control frames, and no end. */

import { describe, expect, test } from 'vitest';
import {
  betweenClients,
  bytes,
  codeOf,
  next,
  noise,
  read,
  readSdkFrame,
  sdkFrame,
  sha256,
  text,
  write,
} from './world.ts';

const id = 0x0102030405060708n;
const [OPEN, DATA] = [0, 1];

describe('who dials with the SDK', () => {
  test('is accepted and answered, with frames that it knows', async () => {
    await betweenClients(async ({ alice, bob, until }) => {
      const [incoming, answers] = [bob.listen(), alice.messages()];
      const dial = (frame: Uint8Array) => until(alice.send(bob.address, frame, { replySurbs: 10 }));
      await dial(sdkFrame(id, OPEN, 0, bytes('first, ')));
      await dial(sdkFrame(id, DATA, 0, bytes('second')));
      const accepted = await until(next(incoming));
      expect(text(await until(read(accepted, 13)))).toBe('first, second');
      for (const [sequence, word] of ['one', 'two'].entries()) {
        await until(write(accepted, bytes(word)));
        const frame = readSdkFrame(await until(next(answers)));
        expect(frame).toMatchObject({ id, type: DATA, sequence });
        expect(text(frame.payload)).toBe(word);
      }
      // Its reader takes an empty frame for the end.
      await until(accepted.close());
      const end = readSdkFrame(await until(next(answers)));
      expect(end).toMatchObject({ id, type: DATA, sequence: 2, payload: new Uint8Array(0) });
    });
  });

  test('loses nothing by data that comes before the open frame, twice, or in another order', async () => {
    await betweenClients(async ({ alice, bob, until, platform }) => {
      const incoming = bob.listen();
      const pieces = Array.from({ length: 5 }, (_, i) => noise(3000, i));
      const frames = pieces.map((piece, i) => sdkFrame(id, DATA, i, piece));
      const order = [2, 0, 2, 4];
      for (const i of order) await until(alice.send(bob.address, frames[i] ?? bytes(''), { replySurbs: 5 }));
      await until(alice.send(bob.address, sdkFrame(id, OPEN, 0), { replySurbs: 5 }));
      await until(alice.send(bob.address, sdkFrame(id, OPEN, 0, bytes('again')), { replySurbs: 5 }));
      for (const i of [3, 1]) await until(alice.send(bob.address, frames[i] ?? bytes(''), { replySurbs: 5 }));
      const accepted = await until(next(incoming));
      const content = Uint8Array.from(pieces.flatMap(piece => [...piece]));
      expect(sha256(await until(read(accepted, content.length)))).toBe(sha256(content));
      let more = false;
      void incoming.next().then(({ done }) => {
        more = done !== true;
      });
      await platform.advance(5000);
      expect(more).toBe(false);
    });
  });

  test('is not written into by others, nor answered where it gave no way to', async () => {
    await betweenClients(async ({ alice, bob, connect, until, platform }) => {
      const [incoming, messages] = [bob.listen(), bob.messages()];
      const mallory = await connect();
      await until(alice.send(bob.address, sdkFrame(id, OPEN, 0), { replySurbs: 10 }));
      const accepted = await until(next(incoming));
      await until(mallory.send(bob.address, sdkFrame(id, DATA, 0, bytes('forged')), { replySurbs: 10 }));
      await until(mallory.send(bob.address, sdkFrame(id, OPEN, 0), {}));
      expect((await until(next(messages))).senderTag).toBeUndefined();
      await until(alice.send(bob.address, sdkFrame(id, DATA, 0, bytes('genuine')), { replySurbs: 10 }));
      expect(text(await until(read(accepted, 7)))).toBe('genuine');
      // Mallory's data has no open frame, and is forgotten in time.
      await platform.advance(70_000);
      await until(mallory.close());
    });
  });

  test('fails after half an hour without a word: that is when it forgets the stream, too', async () => {
    await betweenClients(async ({ alice, bob, until, platform }) => {
      const incoming = bob.listen();
      await until(alice.send(bob.address, sdkFrame(id, OPEN, 0), { replySurbs: 10 }));
      const accepted = await until(next(incoming));
      await platform.advance(1_700_000);
      expect(await Promise.race([codeOf(accepted.closed), 'still open'])).toBe('still open');
      expect(await until(codeOf(accepted.closed))).toBe('ERR_MIX_PEER_SILENT');
    });
  });
});

describe('who accepts with the SDK', () => {
  test('gets data only after the frame that opens the stream, and no frame that it does not know', async () => {
    await betweenClients(
      async ({ alice, bob, until, platform }) => {
        const messages = bob.messages();
        const stream = alice.openStream({ recipient: bob.address });
        const content = noise(40_000, 1);
        void write(stream, content);
        const frames = [];
        for (let length = 0; length < content.length; ) {
          const frame = readSdkFrame(await until(next(messages)));
          frames.push(frame);
          length += frame.payload.length;
        }
        expect(frames.map(({ type }) => type)).toEqual([OPEN, ...frames.slice(1).map(() => DATA)]);
        expect(new Set(frames.map(frame => frame.id)).size).toBe(1);
        const data = frames.slice(1).sort((a, b) => a.sequence - b.sequence);
        expect(data.map(({ sequence }) => sequence)).toEqual(data.map((_, i) => i));
        const received = Uint8Array.from([...frames.slice(0, 1), ...data].flatMap(({ payload }) => [...payload]));
        expect(sha256(received)).toBe(sha256(content));

        const [{ id: streamId, senderTag = '' }] = frames as [(typeof frames)[number]];
        await until(bob.reply(senderTag, sdkFrame(streamId, DATA, 1, bytes(' world'))));
        await until(bob.reply(senderTag, sdkFrame(streamId + 1n, DATA, 0, bytes('another stream'))));
        await until(bob.reply(senderTag, sdkFrame(streamId, DATA, 0, bytes('hello'))));
        expect(text(await until(read(stream, 11)))).toBe('hello world');
        await until(stream.opened);
        const ended = until(stream.close());
        expect(readSdkFrame(await until(next(messages))).payload.length).toBe(0);
        await ended;
        await platform.advance(100_000);
      },
      { faults: { latencyMs: 100, reordering: 0.3 } },
    );
  });

  test('cannot tell two streams to be of one client', async () => {
    await betweenClients(async ({ alice, bob, until }) => {
      const messages = bob.messages();
      const tags = [];
      for (const _ of [1, 2]) {
        const stream = alice.openStream({ recipient: bob.address });
        tags.push((await until(next(messages))).senderTag);
        await until(stream.close());
        await until(next(messages));
      }
      expect(tags[0]).toBeDefined();
      expect(tags[0]).not.toBe(tags[1]);
    });
  });
});
