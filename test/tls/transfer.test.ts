import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import type { SecureStream } from '../../src/tls/index.ts';
import { createAuthority } from '../support/certificates.ts';
import type { TcpStream } from '../support/tcp-stream.ts';
import { implementations } from './implementations.ts';
import { connectTo, holdAnswers, relay, tlsServer } from './servers.ts';

const authority = await createAuthority();
const shop = await authority.issue({ hosts: ['shop.test'] });

describe.each(implementations)('$name', ({ createTls }) => {
  const tls = createTls({ ca: [authority.certificate] });

  async function secureTo(port: number): Promise<{ below: TcpStream; stream: SecureStream }> {
    const below = await connectTo(port);
    return { below, stream: await tls.secure(below, { hostname: 'shop.test', alpn: [] }) };
  }

  describe.each(['TLSv1.2', 'TLSv1.3'] as const)('the end of a %s connection', version => {
    const only = { ...shop, minVersion: version, maxVersion: version };
    const answer = 'an answer of two bytes or more';

    /** Reads the server's answer through a relay that changes what the server has sent, its close_notify included. */
    async function answerThrough(change: (sent: Buffer) => Buffer): Promise<{ text: string; error?: unknown }> {
      const port = await tlsServer(only, socket => {
        // TLS 1.3 sends its tickets after the handshake: the answer comes after the request, so that only it is held.
        socket.once('data', () => {
          socket.write(answer.slice(0, -2));
          socket.end(answer.slice(-2));
        });
      });
      const { below, stream } = await secureTo(await relay(port, change));
      holdAnswers(below);
      await stream.writable.getWriter().write(Buffer.from('?'));
      return readAll(stream);
    }

    test('is clean with a close_notify', async () => {
      expect(await answerThrough(sent => sent)).toEqual({ text: answer });
    });

    test('is an error without it, wherever the stream is cut, and after all that came', async () => {
      let length = 0;
      await answerThrough(sent => {
        length = sent.length;
        return sent;
      });
      for (let cut = 1; cut <= length; cut += cut < 64 ? 1 : 16) {
        const { text, error } = await answerThrough(sent => sent.subarray(0, sent.length - cut));
        expect(error, `${cut} bytes cut off`).toMatchObject({ code: 'ERR_MIX_TLS_TRUNCATED' });
        expect(answer.startsWith(text)).toBe(true);
        if (cut < 20) expect(text).toBe(answer);
      }
    });

    test('is an error when it is forged', async () => {
      // A close_notify in the clear; and a record of the right size, whose type shows in TLS 1.2, that does not verify.
      const forgeries = ['15030300020100', `1503030013${'00'.repeat(19)}`, `1703030013${'00'.repeat(19)}`];
      for (const forgery of forgeries) {
        const { error } = await answerThrough(sent =>
          Buffer.concat([sent.subarray(0, sent.length - 40), Buffer.from(forgery, 'hex')]),
        );
        expect(error, forgery).toBeInstanceOf(MixnetError);
      }
      const { error } = await answerThrough(sent =>
        Buffer.from(sent.map((byte, at) => (at === sent.length - 1 ? byte ^ 1 : byte))),
      );
      expect(error).toMatchObject({
        code: 'ERR_MIX_TLS_FAILED',
        message: expect.stringMatching(/^The TLS connection failed: .+ \([A-Z_]+\)\.$/),
      });
    });

    test('is found by a reader that comes late', async () => {
      const { below, stream } = await secureTo(
        await tlsServer(only, socket => socket.once('data', () => socket.end(answer))),
      );
      await stream.writable.getWriter().write(Buffer.from('?'));
      if (!below.socket.readableEnded) await once(below.socket.resume(), 'end');
      expect(await readAll(stream)).toEqual({ text: answer });
    });

    test('is announced to the server by close(), and by closing the writable, after which the server can go on', async () => {
      const ended: string[] = [];
      // The relay passes on no end of the connection below, so that this is about close_notify.
      const port = await relay(
        await tlsServer({ ...only, allowHalfOpen: true }, socket => {
          let request = '';
          socket.setEncoding('utf8').on('data', (text: string) => (request += text));
          socket.on('end', () => {
            ended.push(request);
            socket.end('goodbye');
          });
        }),
        sent => sent,
      );
      const { stream } = await secureTo(port);
      const writer = stream.writable.getWriter();
      await writer.write(Buffer.from('hello'));
      await writer.close();
      expect(await readAll(stream)).toEqual({ text: 'goodbye' });
      await stream.closed;

      const other = (await secureTo(port)).stream;
      await other.writable.getWriter().write(Buffer.from('hello again'));
      await other.close();
      await expect.poll(() => ended).toEqual(['hello', 'hello again']);
    });
  });

  describe('a big transfer', () => {
    const size = 24 << 20;
    const block = randomBytes(1 << 20);
    const hash = createHash('sha256');
    for (let sent = 0; sent < size; sent += block.length) hash.update(block);
    const expected = hash.digest('hex');

    test('arrives whole, and waits below while nobody reads', async () => {
      const port = await tlsServer(shop, async socket => {
        for (let sent = 0; sent < size; sent += block.length) if (!socket.write(block)) await once(socket, 'drain');
        socket.end();
      });
      const { below, stream } = await secureTo(port);
      const reader = stream.readable.getReader();
      const received = createHash('sha256');
      received.update((await reader.read()).value ?? '');

      await quiet(() => below.received);
      expect(below.received).toBeLessThan(1 << 20);

      for (let next = await reader.read(); !next.done; next = await reader.read()) received.update(next.value);
      expect(received.digest('hex')).toBe(expected);
    });

    test('is sent whole, and waits with the writer while the server does not read', async () => {
      let server: TLSSocket | undefined;
      const received = createHash('sha256');
      const port = await tlsServer(shop, socket => {
        server = socket.pause();
      });
      const { below, stream } = await secureTo(port);
      const writer = stream.writable.getWriter();
      let written = 0;
      const sending = (async () => {
        for (let sent = 0; sent < size; sent += block.length) {
          for (let offset = 0; offset < block.length; offset += 1 << 16) {
            await writer.write(block.subarray(offset, offset + (1 << 16)));
            written += 1 << 16;
          }
        }
        await writer.close();
      })();

      await quiet(() => written);
      expect(written).toBeLessThan(size / 2);
      // The rest is in the buffers of the kernel.
      expect(written - below.socket.bytesWritten).toBeLessThan(1 << 20);

      server?.on('data', bytes => received.update(bytes)).resume();
      await sending;
      await expect.poll(() => server?.readableEnded, { timeout: 20_000 }).toBe(true);
      expect(received.digest('hex')).toBe(expected);
    });

    test('one write of any size is encrypted bit by bit', async () => {
      const port = await tlsServer(shop, socket => socket.pause());
      const { below, stream } = await secureTo(port);
      const writing = stream.writable.getWriter().write(new Uint8Array(size));
      writing.catch(() => {});
      await quiet(() => below.socket.bytesWritten);
      expect(below.socket.writableLength).toBeLessThan(1 << 20);
      await stream.close(new Error('enough'));
      await expect(writing).rejects.toThrow('enough');
    });
  });

  describe('when the stream below fails', () => {
    test('its error is the error of both sides, unchanged', async () => {
      const { stream, break: breakBelow } = await breakable();
      const error = new MixnetError('ERR_MIX_EXIT_STARVED');
      const reading = stream.readable.getReader().read();
      const writer = stream.writable.getWriter();
      breakBelow(error);
      expect(await reading.catch((reason: unknown) => reason)).toBe(error);
      expect(await writer.closed.catch((reason: unknown) => reason)).toBe(error);
      expect(await stream.closed.catch((reason: unknown) => reason)).toBe(error);
      await stream.close();
    });

    test('with an error of undefined, that is no clean end either', async () => {
      const { stream, break: breakBelow } = await breakable();
      const reading = stream.readable.getReader().read();
      breakBelow(undefined);
      await expect(reading).rejects.toBeUndefined();
    });

    async function breakable(): Promise<{ stream: SecureStream; break: (error: unknown) => void }> {
      const below = await connectTo(await tlsServer(shop));
      let controller: TransformStreamDefaultController | undefined;
      const breaking = new TransformStream<Uint8Array, Uint8Array>({
        start: own => {
          controller = own;
        },
      });
      below.readable.pipeTo(breaking.writable).catch(() => {});
      const { writable } = below;
      const stream = await tls.secure(
        { readable: breaking.readable, writable, close: reason => below.close(reason) },
        { hostname: 'shop.test', alpn: [] },
      );
      return { stream, break: error => controller?.error(error) };
    }
  });

  describe('a stream is given up', () => {
    test.each([
      ['cancelling its readable', (stream: SecureStream) => stream.readable.cancel(new Error('enough'))],
      ['aborting its writable', (stream: SecureStream) => stream.writable.abort(new Error('enough'))],
      ['closing it with a reason', (stream: SecureStream) => stream.close(new Error('enough'))],
      ['closing it', (stream: SecureStream) => stream.close()],
      ['closing it twice', (stream: SecureStream) => Promise.all([stream.close(), stream.close()])],
    ])('by %s, and the connection below with it', async (_how, giveUp) => {
      const { below, stream } = await secureTo(await tlsServer(shop));
      await giveUp(stream);
      await below.closed;
      await stream.closed;
      expect(below.socket.destroyed).toBe(true);
    });

    test('while locked, which ends the read under way', async () => {
      const { stream } = await secureTo(await tlsServer(shop));
      const reading = stream.readable.getReader().read();
      const failing = (await secureTo(await tlsServer(shop))).stream;
      const alsoReading = failing.readable.getReader().read();
      alsoReading.catch(() => {});
      await stream.close();
      await failing.close(new Error('enough'));
      expect(await reading).toMatchObject({ done: true });
      await expect(alsoReading).rejects.toThrow('enough');
    });

    test('and nothing can be written after it', async () => {
      const { stream } = await secureTo(await tlsServer(shop));
      const writer = stream.writable.getWriter();
      writer.closed.catch(() => {});
      await stream.close();
      await expect(writer.write(new Uint8Array(1))).rejects.toBeInstanceOf(TypeError);
    });
  });
});

/** What came before the end, and the error in place of a clean one. */
async function readAll(stream: SecureStream): Promise<{ text: string; error?: unknown }> {
  let text = '';
  try {
    for await (const bytes of stream.readable) text += Buffer.from(bytes).toString('latin1');
    return { text };
  } catch (error) {
    return { text, error };
  }
}

/** Resolves when a counter has not moved for many turns of the event loop. */
async function quiet(counter: () => number): Promise<void> {
  let last = -1;
  for (let still = 0; still < 200; still = counter() === last ? still + 1 : 0) {
    last = counter();
    await new Promise(resolve => setImmediate(resolve));
  }
}
