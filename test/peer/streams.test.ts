import { describe, expect, test } from 'vitest';
import {
  betweenClients,
  bytes,
  codeOf,
  echo,
  next,
  noise,
  read,
  send,
  serveEcho,
  sha256,
  text,
  write,
} from './world.ts';

describe('a stream between two clients', () => {
  test('carries one byte there and back, and ends on both sides', async () => {
    await betweenClients(async ({ alice, bob, until }) => {
      const incoming = bob.listen();
      const stream = alice.openStream({ recipient: bob.address });
      const sent = send(stream, bytes('x'));
      const accepted = await until(next(incoming));
      const echoing = echo(accepted);
      expect(text(await until(read(stream)))).toBe('x');
      await until(Promise.all([sent, echoing, stream.opened, stream.closed, accepted.closed]));
    });
  });

  test('carries 100 KB both ways over a network that loses, reorders and repeats', { timeout: 60_000 }, async () => {
    await betweenClients(
      async ({ alice, bob, until, devnet }) => {
        const incoming = bob.listen();
        const [up, down] = [noise(100_000, 1), noise(100_000, 2)];
        const stream = alice.openStream({ recipient: bob.address });
        const sent = send(stream, up);
        const accepted = await until(next(incoming));
        const answered = send(accepted, down);
        const [there, back] = await until(Promise.all([read(accepted), read(stream)]));
        expect([there, back].map(sha256)).toEqual([up, down].map(sha256));
        await until(Promise.all([sent, answered, stream.closed, accepted.closed]));
        expect(devnet.stats().packets.lost.data).toBeGreaterThan(10);
      },
      { faults: { loss: 0.1, reordering: 0.3, duplicates: 0.05, latencyMs: 50 } },
    );
  });

  test('ends one way, and goes on the other', async () => {
    await betweenClients(async ({ alice, bob, until, platform }) => {
      const incoming = bob.listen();
      const stream = alice.openStream({ recipient: bob.address });
      void send(stream, bytes('a question'));
      const accepted = await until(next(incoming));
      expect(text(await until(read(accepted)))).toBe('a question');
      await platform.advance(5000);
      void send(accepted, bytes('an answer'));
      expect(text(await until(read(stream)))).toBe('an answer');
      await until(Promise.all([stream.closed, accepted.closed]));
    });
  });

  test('closed by one side ends at the other with all that was written', async () => {
    await betweenClients(async ({ alice, bob, until }) => {
      const incoming = bob.listen();
      for (const closer of ['dialler', 'acceptor']) {
        const stream = alice.openStream({ recipient: bob.address });
        void write(stream, bytes('hello'));
        const accepted = await until(next(incoming));
        const [near, far] = closer === 'dialler' ? [stream, accepted] : [accepted, stream];
        await until(write(near, bytes(', goodbye')));
        await until(near.close());
        const heard = text(await until(read(far)));
        expect(heard).toBe(closer === 'dialler' ? 'hello, goodbye' : ', goodbye');
        await until(far.closed);
        await write(far, bytes('nobody hears this'));
        await expect(write(near, bytes('nor this'))).rejects.toMatchObject({ code: 'ERR_MIX_PEER_CLOSED' });
      }
    });
  });

  test('closed by both sides at once is over for both', async () => {
    await betweenClients(async ({ alice, bob, until }) => {
      const incoming = bob.listen();
      const stream = alice.openStream({ recipient: bob.address });
      const accepted = await until(next(incoming));
      await until(stream.opened);
      await until(Promise.all([stream.close(), accepted.close()]));
      await until(Promise.all([stream.closed, accepted.closed]));
    });
  });

  test('aborted by one side fails at the other, at once', async () => {
    await betweenClients(async ({ alice, bob, until, platform }) => {
      const incoming = bob.listen();
      for (const aborter of ['dialler', 'acceptor']) {
        const stream = alice.openStream({ recipient: bob.address });
        const accepted = await until(next(incoming));
        const [near, far] = aborter === 'dialler' ? [stream, accepted] : [accepted, stream];
        void write(near, noise(60_000, 1)).catch(() => {});
        const reason = new Error('enough');
        await near.close(reason);
        await expect(near.closed).rejects.toBe(reason);
        const start = platform.now();
        expect(await until(codeOf(far.closed))).toBe('ERR_MIX_PEER_RESET');
        expect(await codeOf(read(far))).toBe('ERR_MIX_PEER_RESET');
        expect(platform.now() - start).toBeLessThan(2000);
      }
    });
  });

  test('to nobody fails when its time is up, and by its signal', async () => {
    await betweenClients(async ({ alice, bob, connect, until, platform }) => {
      const gone = await connect();
      await until(gone.close());
      const stream = alice.openStream({ recipient: gone.address, connectTimeoutMs: 20_000 });
      void write(stream, bytes('hello'));
      const start = platform.now();
      expect(await until(codeOf(stream.opened))).toBe('ERR_MIX_PEER_SILENT');
      expect(platform.now() - start).toBe(20_000);
      expect(await codeOf(read(stream))).toBe('ERR_MIX_PEER_SILENT');

      const controller = new AbortController();
      const unheard = alice.openStream({ recipient: bob.address, signal: controller.signal });
      await platform.advance(1000);
      controller.abort(new Error('enough'));
      expect(await until(codeOf(unheard.closed))).toBe('Error: enough');
      const never = alice.openStream({ recipient: bob.address, signal: controller.signal });
      expect(await codeOf(never.opened)).toBe('Error: enough');
      await platform.advance(120_000);
      expect(() => alice.openStream({ recipient: 'nobody' })).toThrow(TypeError);
    });
  });

  test('whose other side vanishes fails after three silent minutes; while it is there, it may be idle for hours', async () => {
    await betweenClients(async ({ alice, bob, until, platform }) => {
      const incoming = bob.listen();
      const stream = alice.openStream({ recipient: bob.address });
      const accepted = await until(next(incoming));
      await until(stream.opened);
      await platform.advance(2 * 3_600_000);
      await until(write(accepted, bytes('still here')));
      expect(text(await until(read(stream, 10)))).toBe('still here');
      const start = platform.now();
      // The gateway still takes what is for it.
      bob.close();
      expect(await until(codeOf(stream.closed))).toMatch(/ERR_MIX_PEER_(SILENT|RESET)/);
      expect(platform.now() - start).toBeLessThan(200_000);
    });
  });

  test('whose dialler vanishes fails as well', async () => {
    await betweenClients(async ({ alice, bob, until, platform }) => {
      const incoming = bob.listen();
      const stream = alice.openStream({ recipient: bob.address });
      const accepted = await until(next(incoming));
      await until(stream.opened);
      const start = platform.now();
      alice.close();
      const reading = codeOf(read(accepted));
      expect(await until(reading)).toBe('ERR_MIX_PEER_SILENT');
      expect(platform.now() - start).toBeLessThan(200_000);
    });
  });

  test('waits for a slow reader, either way, and loses nothing', { timeout: 60_000 }, async () => {
    await betweenClients(async ({ alice, bob, until, platform }) => {
      const incoming = bob.listen();
      const data = noise(450_000, 3);
      for (const reader of ['acceptor', 'dialler']) {
        const stream = alice.openStream({ recipient: bob.address });
        const accepted = await until(next(incoming));
        const [near, far] = reader === 'acceptor' ? [stream, accepted] : [accepted, stream];
        let written = false;
        const sending = send(near, data).then(() => {
          written = true;
        });
        await platform.advance(60_000);
        expect(written).toBe(false);
        expect(sha256(await until(read(far)))).toBe(sha256(data));
        await until(sending);
        await until(far.close());
      }
    });
  });

  test('many at once keep their bytes apart', { timeout: 60_000 }, async () => {
    await betweenClients(
      async ({ alice, bob, until }) => {
        void serveEcho(bob);
        const contents = Array.from({ length: 10 }, (_, i) => noise(500 + 300 * i, i));
        const echoed = await until(
          Promise.all(
            contents.map(async content => {
              const stream = alice.openStream({ recipient: bob.address });
              const [back] = await Promise.all([read(stream), send(stream, content)]);
              await stream.closed;
              return back;
            }),
          ),
        );
        expect(echoed.map(sha256)).toEqual(contents.map(sha256));
      },
      { faults: { loss: 0.02, reordering: 0.1 } },
    );
  });

  test('that nobody takes is refused when nobody listens any more', async () => {
    await betweenClients(async ({ alice, bob, until, platform }) => {
      const controller = new AbortController();
      const incoming = bob.listen({ signal: controller.signal });
      expect(() => bob.listen()).toThrow(TypeError);
      const streams = Array.from({ length: 3 }, () => alice.openStream({ recipient: bob.address }));
      const outcomes = streams.map(stream => codeOf(stream.opened));
      await platform.advance(20_000);
      const reason = new Error('no more');
      controller.abort(reason);
      await expect(incoming.next()).rejects.toBe(reason);
      expect(await until(Promise.all(outcomes))).toEqual(streams.map(() => 'ERR_MIX_PEER_RESET'));
      expect(await until(codeOf(alice.openStream({ recipient: bob.address }).opened))).toBe('ERR_MIX_PEER_RESET');
    });
  });

  test('is no message, and messages go on beside it', async () => {
    await betweenClients(async ({ alice, bob, until }) => {
      void serveEcho(bob);
      const messages = bob.messages();
      const stream = alice.openStream({ recipient: bob.address });
      void send(stream, bytes('stream'));
      expect(text(await until(read(stream)))).toBe('stream');
      await until(alice.send(bob.address, bytes('message'), { replySurbs: 12 }));
      const { data, senderTag = '' } = await until(next(messages));
      expect(text(data)).toBe('message');
      await until(bob.reply(senderTag, bytes('answer')));
    });
  });

  test('ends with its client, and leaves nothing behind', async () => {
    await betweenClients(async ({ alice, bob, until }) => {
      const incoming = bob.listen();
      const stream = alice.openStream({ recipient: bob.address });
      const accepted = await until(next(incoming));
      await until(write(stream, bytes('last words')));
      await until(alice.close({ drain: 10_000 }));
      await stream.closed;
      expect(text(await until(read(accepted)))).toBe('last words');
      expect(() => alice.openStream({ recipient: bob.address })).toThrow();
      await until(bob.close());
      expect(await incoming.next()).toEqual({ done: true, value: undefined });
      expect(await bob.listen().next()).toEqual({ done: true, value: undefined });
    });
  });
});
