import { describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/crypto/bytes.ts';
import { MixnetError } from '../../src/errors.ts';
import { decodeRequest, Exits, type MixnetStream, type OpenStreamOptions } from '../../src/exit/index.ts';
import { VirtualPlatform } from '../support/virtual-platform.ts';
import { type ExitHabit, ModelMixnet, type Origin, type OriginSocket } from './model-mixnet.ts';

const utf8 = new TextEncoder();
const destination: OpenStreamOptions = { hostname: 'example.com', port: 443 };

function setup(...habits: ExitHabit[]) {
  const platform = new VirtualPlatform();
  const mixnet = new ModelMixnet(platform);
  const addresses = habits.map(habit => mixnet.addExit(habit));
  const exits = new Exits({ core: mixnet, directory: mixnet.directory, platform });
  return { platform, mixnet, exits, addresses };
}

/** Sends back what it gets, in capitals. */
const echo = (): Origin => ({
  data: (bytes, socket) => socket.send(utf8.encode(new TextDecoder().decode(bytes).toUpperCase())),
});

/** Reads to the end, or until it fails. */
function collect(stream: MixnetStream) {
  const result = { text: '', bytes: 0, done: false, error: undefined as unknown };
  void (async () => {
    try {
      for await (const chunk of stream.readable) {
        result.bytes += chunk.length;
        if (chunk.length < 1000) result.text += new TextDecoder().decode(chunk);
      }
      result.done = true;
    } catch (error) {
      result.error = error;
    }
  })();
  return result;
}

async function write(stream: MixnetStream, ...texts: string[]): Promise<void> {
  const writer = stream.writable.getWriter();
  for (const text of texts) await writer.write(utf8.encode(text));
  writer.releaseLock();
}

const isConnect = (data: Uint8Array) => data.length > 0 && decodeRequest(data).request.kind === 'connect';

const codeOf = (promise: Promise<void>) =>
  promise.then(
    () => 'fine',
    (error: unknown) => (error instanceof MixnetError ? error.code : error),
  );

describe('a stream through an exit', () => {
  test('carries bytes both ways and ends with the other side', async () => {
    const { platform, exits, mixnet } = setup(address => {
      expect(address).toBe('example.com:443');
      return {
        data: (bytes, socket) => {
          socket.send(bytes);
          socket.end();
        },
      };
    });
    const stream = exits.openStream(destination);
    void write(stream, 'hello');
    const read = collect(stream);
    await platform.advance(2000);
    await stream.opened;
    await stream.closed;
    expect(read).toMatchObject({ text: 'hello', done: true });
    expect(exits.busy).toBe(false);
    exits.close();
    expect(mixnet.listeners).toBe(0);
    expect(mixnet.pseudonyms).toBe(0);
    await platform.advance(60_000);
    expect(platform.pendingTimers).toBe(0);
  });

  test('asks and sends the first bytes in the first two packets, with reply blocks right behind', async () => {
    const { platform, exits, mixnet } = setup(echo);
    const warm = exits.openStream({ ...destination, hostname: 'list.example' });
    await platform.advance(1000);
    mixnet.sent.length = 0;
    const stream = exits.openStream(destination);
    void write(stream, 'client ', 'hello ', 'of '.padEnd(500, '.'));
    await platform.advance(10);
    expect(mixnet.sent.slice(0, 2).map(({ packets }) => packets)).toEqual([1, 1]);
    const [connect, first, ...behind] = mixnet.sent;
    expect(connect && decodeRequest(connect.data).request.kind).toBe('connect');
    expect(first && decodeRequest(first.data).request).toMatchObject({ kind: 'send', sequence: 0n });
    expect(first?.data).toHaveLength(21 + 13 + 500);
    expect([connect?.surbs, first?.surbs]).toEqual([3, 2]);
    expect(behind.map(({ surbs, packets }) => [surbs, packets])).toEqual(Array.from({ length: 6 }, () => [3, 1]));
    void warm.close();
    exits.close();
  });

  test.each([
    // Two slots up, 50 ms there and back; the reply blocks for 16 KB need seven slots, unless dialling takes as long.
    // An exit asks as soon as it holds fewer than its reserve; nobody waits for that.
    { dial: 0, arrives: 100 + 8 * 20, asks: 2 },
    { dial: 150, arrives: 100 + 20 + 150, asks: 1 },
  ])('a cold answer of 16 KB takes one round trip (dialling $dial ms)', async ({ dial, arrives, asks }) => {
    const platform = new VirtualPlatform();
    const mixnet = new ModelMixnet(platform, { dial });
    mixnet.addExit(() => ({ data: (_, socket) => socket.send(new Uint8Array(16_000)) }));
    const exits = new Exits({ core: mixnet, directory: mixnet.directory, platform });
    const stream = exits.openStream(destination);
    void write(stream, 'GET /');
    const read = collect(stream);
    await platform.advance(arrives + 1);
    expect(read.bytes).toBe(16_000);
    expect(mixnet.requests).toBe(asks);
    exits.close();
  });

  test('an exit is sent what it needs for a long answer, much faster than by asking', async () => {
    const size = 1_000_000;
    const { platform, exits, mixnet } = setup(() => ({ data: (_, socket) => socket.send(new Uint8Array(size)) }));
    const stream = exits.openStream(destination);
    const read = collect(stream);
    void write(stream, 'GET /');
    await platform.advance(300);
    stream.expect(size);
    // 700 packets back, of which 500 a second could go up ten to three packets.
    await platform.advance(7000);
    expect(read.bytes).toBe(size);
    const asked = mixnet.requests;
    expect(asked).toBeLessThan(20);
    exits.close();
  });

  test('when an answer of known length is complete, nothing is sent for more of it', async () => {
    const size = 300_000;
    const { platform, exits, mixnet } = setup(() => ({ data: (_, socket) => socket.send(new Uint8Array(size)) }));
    const stream = exits.openStream(destination);
    const read = collect(stream);
    void write(stream, 'GET /');
    await platform.advance(300);
    stream.expect(size);
    await platform.advance(10_000);
    expect(read.bytes).toBe(size);
    // It took 224 packets, of the reply blocks for which the exit keeps ten.
    const given = mixnet.sent.reduce((sum, { surbs }) => sum + surbs, 0);
    expect(given).toBeLessThan(300);
    exits.close();
  });

  test('uploads wait for acknowledgements: 64 KB at most are under way', async () => {
    let received = 0;
    const { platform, exits, mixnet } = setup(() => ({
      data: bytes => {
        received += bytes.length;
      },
    }));
    const stream = exits.openStream(destination);
    let most = 0;
    const size = 300_000;
    const writer = stream.writable.getWriter();
    let written = false;
    void writer.write(new Uint8Array(size)).then(() => {
      written = true;
    });
    for (let i = 0; i < 1000 && !written; i++) {
      await platform.advance(10);
      const sent = mixnet.sent.reduce((sum, { data }) => sum + data.length, 0);
      most = Math.max(most, sent - received);
    }
    expect(written).toBe(true);
    await platform.advance(3000);
    expect(received).toBe(size);
    expect(most).toBeLessThan(64 * 1024 + 16_384);
    exits.close();
  });

  test('closing sends what was written, tells the exit, and leaves nothing behind', async () => {
    let text = '';
    let closed = 0;
    const { platform, exits, mixnet } = setup(() => ({
      data: bytes => {
        text += new TextDecoder().decode(bytes);
      },
      closed: () => {
        closed += 1;
      },
    }));
    const stream = exits.openStream(destination);
    await platform.advance(500);
    const read = collect(stream);
    await write(stream, 'bye');
    await stream.close();
    await stream.closed;
    await platform.advance(1000);
    expect({ text, closed, done: read.done }).toEqual({ text: 'bye', closed: 1, done: true });
    expect(exits.busy).toBe(false);
    await expect(write(stream, 'more')).rejects.toMatchObject({ code: 'ERR_MIX_EXIT_CLOSED' });
    expect(mixnet.dropped).toHaveLength(1);
    exits.close();
    mixnet.leave();
    await platform.advance(60_000);
    expect(platform.pendingTimers).toBe(0);
  });

  test('cancelling the reader, aborting the writer and closing with a reason end it at once', async () => {
    const reason = new Error('enough');
    for (const end of [
      (stream: MixnetStream) => stream.readable.cancel(reason),
      (stream: MixnetStream) => stream.writable.abort(reason),
      (stream: MixnetStream) => stream.close(reason),
    ]) {
      let closed = 0;
      const { platform, exits } = setup(() => ({
        closed: () => {
          closed += 1;
        },
      }));
      const stream = exits.openStream(destination);
      await platform.advance(500);
      await end(stream);
      await expect(stream.closed).rejects.toBe(reason);
      await platform.advance(1000);
      expect(closed).toBe(1);
      expect(exits.busy).toBe(false);
      exits.close();
    }
  });

  test('aborting the writer ends it also while a write waits for room', async () => {
    const { platform, exits } = setup('silent');
    const stream = exits.openStream(destination);
    const writer = stream.writable.getWriter();
    const writing = writer.write(new Uint8Array(200_000)).catch(() => 'failed');
    await platform.advance(5000);
    const reason = new Error('enough');
    const closed = stream.closed.catch((error: unknown) => error);
    void writer.abort(reason);
    expect(await Promise.race([closed, platform.advance(1000).then(() => 'open')])).toBe(reason);
    await writing;
    await platform.advance(10_000);
    expect(exits.busy).toBe(false);
    exits.close();
  });

  test('chunks hold what they say, and not the packets they came in', async () => {
    const { platform, exits } = setup(echo);
    const stream = exits.openStream(destination);
    await write(stream, 'hello');
    const reading = stream.readable.getReader().read();
    await platform.advance(1000);
    const { value } = await reading;
    expect(value?.length).toBe(5);
    expect(value?.buffer.byteLength).toBe(5);
    exits.close();
  });

  test('a slow reader slows its exit down, and nothing is lost', async () => {
    const size = 3_000_000;
    const { platform, exits, mixnet } = setup(() => ({
      opened: socket => {
        socket.send(new Uint8Array(size));
        socket.end();
      },
    }));
    const stream = exits.openStream(destination);
    stream.expect(size);
    let bytes = 0;
    let done = false;
    void (async () => {
      for await (const chunk of stream.readable) {
        bytes += chunk.length;
        // 40 KB a second, from an exit that could send 240.
        await new Promise<void>(resolve => platform.setTimer(resolve, chunk.length / 40));
      }
      done = true;
    })();
    for (let second = 0; second < 100 && !done; second++) await platform.advance(1000);
    expect(bytes).toBe(size);
    const surbs = mixnet.sent.reduce((sum, message) => sum + message.surbs, 0);
    expect(surbs).toBeLessThan((size / 16_384) * 11 * 1.3);
    exits.close();
  });

  test('nobody reads: no more than a megabyte comes, for minutes', async () => {
    const { platform, exits, mixnet } = setup(() => ({ opened: socket => socket.send(new Uint8Array(6_000_000)) }));
    const stream = exits.openStream(destination);
    stream.expect(6_000_000);
    await platform.advance(200_000);
    const surbs = mixnet.sent.reduce((sum, message) => sum + message.surbs, 0);
    expect(surbs * 1489).toBeLessThan(1_000_000);
    let bytes = 0;
    let over = false;
    void (async () => {
      for await (const chunk of stream.readable) {
        bytes += chunk.length;
        if (bytes === 6_000_000) break;
      }
      over = true;
    })();
    for (let second = 0; second < 100 && !over; second++) await platform.advance(1000);
    expect(bytes).toBe(6_000_000);
    exits.close();
  });

  test('a reader may pause for minutes while another stream to the same destination is open and idle', async () => {
    let connections = 0;
    const { platform, exits } = setup(() => {
      connections += 1;
      return connections === 1 ? { opened: socket => socket.send(new Uint8Array(6_000_000)) } : echo();
    });
    const paused = exits.openStream(destination);
    paused.expect(6_000_000);
    await platform.advance(5000);
    const idle = exits.openStream(destination);
    const echoes = collect(idle);
    await write(idle, 'once');
    await platform.advance(200_000);
    expect(echoes.text).toBe('ONCE');
    await write(idle, ', again');
    await platform.advance(15_000);
    expect(echoes).toMatchObject({ text: 'ONCE, AGAIN', error: undefined });
    let bytes = 0;
    void (async () => {
      for await (const chunk of paused.readable) bytes += chunk.length;
    })().catch(() => {});
    for (let second = 0; second < 100 && bytes < 6_000_000; second++) await platform.advance(1000);
    expect(bytes).toBe(6_000_000);
    exits.close();
  });

  test('a reader that lags four megabytes behind fails alone', async () => {
    const platform = new VirtualPlatform();
    const mixnet = new ModelMixnet(platform, { restrains: false });
    mixnet.addExit(address =>
      address.startsWith('slow') ? { opened: socket => socket.send(new Uint8Array(6_000_000)) } : echo(),
    );
    const exits = new Exits({ core: mixnet, directory: mixnet.directory, platform });
    const slow = exits.openStream({ hostname: 'slow.example', port: 80 });
    const other = exits.openStream(destination);
    const otherRead = collect(other);
    await platform.advance(120_000);
    expect(await codeOf(slow.closed)).toBe('ERR_MIX_EXIT_OVERRUN');
    await write(other, 'still here');
    await platform.advance(1000);
    expect(otherRead.text).toBe('STILL HERE');
    exits.close();
  });

  test('a reader may pause for minutes while streams that were opened meanwhile are busy, and lose nothing', async () => {
    let connections = 0;
    const { platform, exits, mixnet } = setup(() => {
      connections += 1;
      return connections === 1 ? { opened: socket => socket.send(new Uint8Array(6_000_000)) } : echo();
    });
    const paused = exits.openStream(destination);
    paused.expect(6_000_000);
    await platform.advance(20_000);
    expect(mixnet.pseudonyms).toBe(1);
    const others = [exits.openStream(destination), exits.openStream(destination)];
    const read = others.map(other => collect(other));
    for (let second = 0; second < 200; second++) {
      for (const other of others) await write(other, 'x');
      await platform.advance(1000);
    }
    expect(read.map(({ text }) => text)).toEqual(['X'.repeat(200), 'X'.repeat(200)]);
    // They share one pseudonym: it is the reader who pauses that is set apart. Another isolation shares with neither.
    expect(mixnet.pseudonyms).toBe(2);
    const apart = exits.openStream({ ...destination, isolation: 'another' });
    await platform.advance(1000);
    expect(mixnet.pseudonyms).toBe(3);
    await apart.close();
    let bytes = 0;
    void (async () => {
      for await (const chunk of paused.readable) bytes += chunk.length;
    })().catch(() => {});
    for (let second = 0; second < 100 && bytes < 6_000_000; second++) await platform.advance(1000);
    expect(bytes).toBe(6_000_000);
    await paused.close();
    await platform.advance(10_000);
    expect(mixnet.pseudonyms).toBe(2);
    exits.close();
    expect(mixnet.pseudonyms).toBe(0);
  });

  test('another stream to the same destination goes on beside it', async () => {
    let connections = 0;
    const { platform, exits } = setup(() => {
      connections += 1;
      return connections === 1 ? { opened: socket => socket.send(new Uint8Array(6_000_000)) } : echo();
    });
    const slow = exits.openStream(destination);
    await platform.advance(1000);
    const other = exits.openStream(destination);
    const read = collect(other);
    let sent = '';
    let slowEnded = '';
    codeOf(slow.closed).then(code => {
      slowEnded = String(code);
    });
    for (let i = 0; i < 400 && slowEnded === ''; i++) {
      await write(other, 'x');
      sent += 'X';
      await platform.advance(1000);
      expect(read.text.length).toBeGreaterThan(sent.length - 5);
    }
    expect(slowEnded).toBe('ERR_MIX_EXIT_OVERRUN');
    await write(other, 'after');
    await platform.advance(5000);
    expect(read.text).toBe(`${sent}AFTER`);
    exits.close();
  });

  test('the cut after five minutes is an error, not an end', async () => {
    let socket: OriginSocket | undefined;
    const { platform, exits } = setup(() => ({
      opened: opened => {
        socket = opened;
      },
    }));
    const stream = exits.openStream(destination);
    const read = collect(stream);
    await platform.advance(303_000);
    socket?.end();
    await platform.advance(1000);
    expect(read.error).toMatchObject({ code: 'ERR_MIX_EXIT_CLOSED' });
    expect(await codeOf(stream.closed)).toBe('ERR_MIX_EXIT_CLOSED');
    exits.close();
  });

  test('a lost message ends it: the exit would wait for ever', async () => {
    const { platform, exits, mixnet } = setup(echo);
    const stream = exits.openStream(destination);
    await platform.advance(500);
    mixnet.broken = new MixnetError('ERR_MIX_MIXNET_UNDELIVERED');
    await write(stream, 'hello');
    await platform.advance(500);
    expect(await codeOf(stream.closed)).toBe('ERR_MIX_MIXNET_UNDELIVERED');
    exits.close();
    mixnet.leave();
    await platform.advance(60_000);
    expect(platform.pendingTimers).toBe(0);
  });

  test('closing the client fails its streams', async () => {
    const { platform, exits, mixnet } = setup(echo);
    const open = exits.openStream(destination);
    await platform.advance(500);
    const opening = exits.openStream({ hostname: 'other.example', port: 80 });
    exits.close();
    expect(await codeOf(open.closed)).toBe('ERR_MIX_MIXNET_CLOSED');
    expect(await codeOf(opening.opened)).toBe('ERR_MIX_MIXNET_CLOSED');
    expect(() => exits.openStream(destination)).toThrow(MixnetError);
    mixnet.leave();
    await platform.advance(1000);
    expect(platform.pendingTimers).toBe(0);
  });
});

describe('over a mixnet that delays, reorders, repeats, and loses one message in twenty for a while', () => {
  test('forty streams carry all their bytes both ways, in order, and leave nothing behind', async () => {
    const platform = new VirtualPlatform({ seed: 'storm' });
    const mixnet = new ModelMixnet(platform, { slot: 5, jitter: 300, loss: 0.05, duplicates: 0.05, dial: 80 });
    const sizes = Array.from({ length: 40 }, (_, i) => [1, 300, 5000, 40_000, 150_000][i % 5] ?? 0);
    const pattern = (from: number, length: number) => Uint8Array.from({ length }, (_, i) => ((from + i) * 31) & 0xff);
    for (const _ of [1, 2, 3]) {
      mixnet.addExit(() => {
        let at = 0;
        return {
          data: (bytes, socket) => {
            expect(equalBytes(bytes, pattern(at, bytes.length))).toBe(true);
            at += bytes.length;
            socket.send(bytes);
          },
        };
      });
    }
    const exits = new Exits({ core: mixnet, directory: mixnet.directory, platform });
    const results = sizes.map(async (size, i) => {
      const stream = exits.openStream({ ...destination, isolation: `${i % 7}` });
      const writer = stream.writable.getWriter();
      void (async () => {
        for (let at = 0; at < size; ) {
          const length = Math.min(size - at, 1 + ((at * 7 + i) % 9000));
          await writer.write(pattern(at, length));
          at += length;
        }
      })();
      let at = 0;
      for await (const chunk of stream.readable) {
        expect(equalBytes(chunk, pattern(at, chunk.length))).toBe(true);
        at += chunk.length;
        if (at === size) break;
      }
      return at;
    });
    let done = false;
    const all = Promise.all(results).then(sizes => {
      done = true;
      return sizes;
    });
    for (let second = 0; second < 600 && !done; second++) await platform.advance(1000);
    expect(done).toBe(true);
    expect(await all).toEqual(sizes);
    await platform.advance(15_000);
    expect(exits.busy).toBe(false);
    exits.close();
    expect(mixnet.pseudonyms).toBe(0);
    await platform.advance(120_000);
    expect(platform.pendingTimers).toBe(0);
  });
});

describe('the choice of an exit', () => {
  test('another one is asked when one refuses, is silent or cannot be reached, with the same first bytes', async () => {
    for (const bad of ['refuse', 'silent', 'unreachable'] as const) {
      const { platform, exits, mixnet, addresses } = setup(bad, bad, echo);
      const stream = exits.openStream(destination);
      const read = collect(stream);
      void write(stream, 'first flight');
      await platform.advance(29_000);
      expect(read.text).toBe('FIRST FLIGHT');
      expect(mixnet.sent.at(-1)?.exit).toBe(addresses[2]);
      // It is remembered: the next stream asks nobody else.
      mixnet.sent.length = 0;
      const next = exits.openStream(destination);
      await platform.advance(1000);
      await next.opened;
      expect(new Set(mixnet.sent.map(({ exit }) => exit))).toEqual(new Set([addresses[2]]));
      exits.close();
      expect(mixnet.pseudonyms).toBe(0);
    }
  });

  test('one that connects and brings nothing is left for the next, with the same first bytes, and not asked for that destination again', async () => {
    const { platform, exits, mixnet, addresses } = setup('stall', 'stall', echo);
    const https = { ...destination, awaitAnswer: true };
    const stream = exits.openStream(https);
    let opened = false;
    void stream.opened.then(() => {
      opened = true;
    });
    const read = collect(stream);
    void write(stream, 'client hello');
    const asked = () => new Set(mixnet.sent.map(({ exit }) => exit));
    const atOnce = new Set<number>();
    while (!opened && platform.now() < 30_000) {
      const before = mixnet.sent.length;
      await platform.advance(100);
      atOnce.add(new Set(mixnet.sent.slice(before).flatMap(({ exit, data }) => (isConnect(data) ? [exit] : []))).size);
    }
    expect(atOnce).toEqual(new Set([0, 1]));
    expect(read.text).toBe('CLIENT HELLO');
    expect([...asked()].at(-1)).toBe(addresses[2]);
    expect(exits.stats().exitFailovers).toBe(asked().size - 1);
    // When what is remembered for the destination is gone, what stalled is still not chosen.
    await stream.close();
    await platform.advance(5 * 60_000);
    mixnet.sent.length = 0;
    for (let i = 0; i < 10; i++) exits.openStream({ ...https, hostname: `${i}.example` });
    await platform.advance(100);
    expect(asked().size).toBe(3);
    exits.close();
  });

  test('what has no answer of its own to wait for is not asked for again, and another exit comes first the next time', async () => {
    const { platform, exits, mixnet, addresses } = setup('stall', 'stall');
    const stream = exits.openStream(destination);
    void write(stream, 'GET / HTTP/1.1');
    await platform.advance(60_000);
    await stream.opened;
    const first = mixnet.sent[0]?.exit;
    expect(new Set(mixnet.sent.map(({ exit }) => exit))).toEqual(new Set([first]));
    await stream.close();
    mixnet.sent.length = 0;
    exits.openStream(destination);
    await platform.advance(1000);
    const second = new Set(mixnet.sent.flatMap(({ exit, data }) => (isConnect(data) ? [exit] : [])));
    expect(second).toEqual(new Set(addresses.filter(address => address !== first)));
    exits.close();
  });

  test('a slow answer is waited for as long as other exits have time left, then the last exit for all of it', async () => {
    const platform = new VirtualPlatform();
    const mixnet = new ModelMixnet(platform);
    const answering = (delay: number) => () => ({
      data: (bytes: Uint8Array, socket: OriginSocket) => void platform.setTimer(() => socket.send(bytes), delay),
    });
    const slow = mixnet.addExit(answering(8_000));
    const exits = new Exits({ core: mixnet, directory: mixnet.directory, platform });
    mixnet.addExit(echo, { performance: 1, usesExitPolicy: false });
    mixnet.addExit(echo, { performance: 1, usesExitPolicy: false });
    const ask = async (options: Partial<OpenStreamOptions>) => {
      const stream = exits.openStream({ ...destination, awaitAnswer: true, ...options });
      const read = collect(stream);
      void write(stream, 'hello');
      await platform.advance(29_000);
      await stream.opened;
      return read.text;
    };
    expect(await ask({})).toBe('hello');
    expect(new Set(mixnet.sent.map(({ exit }) => exit))).toEqual(new Set([slow]));
    mixnet.candidates.length = 0;
    const only = mixnet.addExit(answering(25_000));
    expect(await ask({ exit: only })).toBe('hello');
    exits.close();
  });

  test('a destination that ends before it answers has been reached', async () => {
    const { platform, exits, mixnet } = setup(
      () => ({ data: (_, socket) => socket.end() }),
      () => ({ data: (_, socket) => socket.end() }),
    );
    const stream = exits.openStream({ ...destination, awaitAnswer: true });
    const read = collect(stream);
    void write(stream, 'hello');
    await platform.advance(2000);
    await stream.opened;
    await stream.closed;
    expect(read).toMatchObject({ done: true, bytes: 0 });
    expect(new Set(mixnet.sent.map(({ exit }) => exit)).size).toBe(1);
    exits.close();
  });

  test('exits are asked one after the other', async () => {
    const { platform, exits, mixnet } = setup('silent', 'silent', 'silent');
    const stream = exits.openStream(destination);
    await platform.advance(9_900);
    expect(new Set(mixnet.sent.map(({ exit }) => exit)).size).toBe(1);
    await platform.advance(10_000);
    expect(new Set(mixnet.sent.map(({ exit }) => exit)).size).toBe(2);
    await platform.advance(10_000);
    expect(new Set(mixnet.sent.map(({ exit }) => exit)).size).toBe(3);
    await platform.advance(200);
    expect(await codeOf(stream.opened)).toBe('ERR_MIX_EXIT_SILENT');
    exits.close();
  });

  test('at most three learn the destination, and the error says what they said', async () => {
    const { platform, exits, mixnet } = setup('refuse', 'refuse', 'refuse', 'refuse', 'refuse');
    const stream = exits.openStream(destination);
    await platform.advance(20_000);
    expect(await codeOf(stream.opened)).toBe('ERR_MIX_EXIT_REFUSED');
    expect(new Set(mixnet.sent.map(({ exit }) => exit)).size).toBe(3);
    exits.close();
  });

  test('a failed dial is the fault of the destination: nobody else is asked', async () => {
    const { platform, exits, mixnet } = setup('dial-failed', 'dial-failed');
    const stream = exits.openStream(destination);
    await platform.advance(20_000);
    expect(await codeOf(stream.opened)).toBe('ERR_MIX_EXIT_DIAL_FAILED');
    expect(new Set(mixnet.sent.map(({ exit }) => exit)).size).toBe(1);
    exits.close();
  });

  test('what must not arrive twice is not sent to a second exit after silence, but after a refusal', async () => {
    for (const [bad, outcome] of [
      ['silent', 'ERR_MIX_EXIT_SILENT'],
      ['refuse', 'fine'],
    ] as const) {
      const { platform, exits, mixnet } = setup(bad);
      mixnet.addExit(echo, { performance: 1, usesExitPolicy: false });
      const stream = exits.openStream({ ...destination, replay: false });
      void write(stream, 'POST / HTTP/1.1').catch(() => {});
      await platform.advance(29_000);
      expect(await codeOf(stream.opened)).toBe(outcome);
      exits.close();
    }
  });

  test('no exit at all', async () => {
    const { platform, exits } = setup();
    const stream = exits.openStream(destination);
    await platform.advance(1000);
    expect(await codeOf(stream.opened)).toBe('ERR_MIX_EXIT_NONE');
    exits.close();
  });

  test('a directory that does not answer', async () => {
    const { platform, mixnet } = setup();
    const failing = new MixnetError('ERR_MIX_DIRECTORY_UNREACHABLE');
    const exits = new Exits({ core: mixnet, platform, directory: { exits: () => Promise.reject(failing) } });
    await expect(exits.openStream(destination).opened).rejects.toBe(failing);
    const never = new Exits({ core: mixnet, platform, directory: { exits: () => new Promise(() => {}) } });
    const stream = never.openStream(destination);
    await platform.advance(30_000);
    expect(await codeOf(stream.opened)).toBe('ERR_MIX_TIMEOUT_CONNECT');
    expect(platform.pendingTimers).toBe(0);
  });

  test('a given exit is the only one', async () => {
    const { platform, exits, mixnet, addresses } = setup('silent', echo, echo);
    const stream = exits.openStream({ ...destination, exit: addresses[0] ?? '' });
    await platform.advance(29_900);
    expect(new Set(mixnet.sent.map(({ exit }) => exit))).toEqual(new Set([addresses[0]]));
    await platform.advance(200);
    expect(await codeOf(stream.opened)).toBe('ERR_MIX_EXIT_SILENT');
    exits.close();
    const only = new Exits({ core: mixnet, directory: mixnet.directory, platform, exits: addresses.slice(1, 2) });
    mixnet.sent.length = 0;
    const other = only.openStream(destination);
    await platform.advance(1000);
    await other.opened;
    expect(new Set(mixnet.sent.map(({ exit }) => exit))).toEqual(new Set([addresses[1]]));
    only.close();
  });

  test('a declared, measured exit with the policy comes before others', async () => {
    const { platform, exits, mixnet } = setup();
    mixnet.addExit(echo, { declaredRoleExitNr: false });
    mixnet.addExit(echo, { usesExitPolicy: false });
    mixnet.addExit(echo, { performance: 60 });
    const best = mixnet.addExit(echo, { performance: 95 });
    for (let i = 0; i < 20; i++) exits.openStream({ ...destination, isolation: `${i}` });
    await platform.advance(1000);
    expect(new Set(mixnet.sent.map(({ exit }) => exit))).toEqual(new Set([best]));
    exits.close();
  });

  test('different isolation strings and destinations have different pseudonyms, the same have one', async () => {
    const { platform, exits, mixnet } = setup(echo);
    for (const options of [
      destination,
      destination,
      { ...destination, isolation: 'a' },
      { ...destination, port: 80 },
      { ...destination, hostname: 'other.example' },
    ]) {
      exits.openStream(options);
    }
    await platform.advance(1000);
    expect(mixnet.pseudonyms).toBe(4);
    exits.close();
    expect(mixnet.pseudonyms).toBe(0);
  });

  test('a pseudonym is given up ten minutes after its last stream', async () => {
    const { platform, exits, mixnet } = setup(echo);
    const stream = exits.openStream(destination);
    await platform.advance(1000);
    await stream.close();
    await platform.advance(11 * 60_000);
    exits.openStream({ ...destination, hostname: 'other.example' });
    await platform.advance(1);
    exits.openStream({ ...destination, hostname: 'third.example' });
    expect(mixnet.released).toHaveLength(1);
    exits.close();
  });
});

describe('wrong arguments and aborts', () => {
  test.each(['', 'a b', 'a:1', '[::1', '[1.2.3.4]', 'a/b', 'x'.repeat(300), 'a\n', 'a@b'])('no host: %j', hostname => {
    const { exits } = setup(echo);
    expect(() => exits.openStream({ hostname, port: 80 })).toThrow(/hostname/);
  });

  test.each([0, -1, 65_536, 1.5, Number.NaN])('no port: %s', port => {
    const { exits } = setup(echo);
    expect(() => exits.openStream({ hostname: 'example.com', port })).toThrow(/port/);
  });

  test('no exit address', () => {
    const { exits, mixnet, platform } = setup(echo);
    expect(() => exits.openStream({ ...destination, exit: 'nobody' })).toThrow(/"exit"/);
    const options = { core: mixnet, directory: mixnet.directory, platform, exits: ['nobody'] };
    expect(() => new Exits(options)).toThrow(/"exits"/);
  });

  test('an IPv6 literal is put in brackets', async () => {
    const { exits, mixnet, platform } = setup(echo);
    exits.openStream({ hostname: '2606:4700::1', port: 443 });
    exits.openStream({ hostname: '[2606:4700::1]', port: 443 });
    await platform.advance(10);
    const addresses = mixnet.sent
      .filter(({ data }) => data.length > 0)
      .map(({ data }) => decodeRequest(data).request)
      .flatMap(request => (request.kind === 'connect' ? [request.address] : []));
    expect(addresses).toEqual(['[2606:4700::1]:443', '[2606:4700::1]:443']);
    exits.close();
  });

  test('an abort ends the opening, and only that', async () => {
    const { exits, platform } = setup('silent');
    const controller = new AbortController();
    const stream = exits.openStream({ ...destination, signal: controller.signal });
    const read = collect(stream);
    await platform.advance(100);
    const reason = new Error('changed my mind');
    controller.abort(reason);
    await expect(stream.opened).rejects.toBe(reason);
    await expect(stream.closed).rejects.toBe(reason);
    await platform.advance(20_000);
    expect(read.error).toBe(reason);
    expect(exits.busy).toBe(false);
    expect(platform.pendingTimers).toBe(0);
    const early = exits.openStream({ ...destination, signal: AbortSignal.abort(reason) });
    await expect(early.opened).rejects.toBe(reason);

    const { exits: good, platform: clock } = setup(echo);
    const later = new AbortController();
    const open = good.openStream({ ...destination, signal: later.signal });
    await clock.advance(1000);
    later.abort(reason);
    const echoed = collect(open);
    await write(open, 'still here');
    await clock.advance(1000);
    expect(echoed.text).toBe('STILL HERE');
    good.close();
  });
});
