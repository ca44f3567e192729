import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { duplexPair } from 'node:stream';
import { createServer as createTlsServer, connect as secure } from 'node:tls';
import { gzip } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createAuthority, seededRandom, VirtualPlatform } from '../../src/devnet/index.ts';
import { listenOnLoopback } from '../../src/devnet/loopback-server.ts';
import { TimerQueue } from '../../src/devnet/timer-queue.ts';

describe('virtual time', () => {
  test('timers fire at their own times, in order, and what they set in motion comes first', async () => {
    const clock = new VirtualPlatform();
    const log: string[] = [];
    const note = (what: string) => log.push(`${clock.now()} ${what}`);
    clock.setTimer(() => note('b'), 20);
    clock.setTimer(() => note('c'), 20);
    clock.setTimer(() => {
      note('a');
      void Promise.resolve().then(() => clock.setTimer(() => note('a, then'), 5));
    }, 10);
    clock.setTimer(() => note('never'), 15).cancel();
    await clock.advance(19);
    expect([clock.now(), clock.pendingTimers]).toEqual([19, 2]);
    await clock.advance(1);
    expect(log).toEqual(['10 a', '15 a, then', '20 b', '20 c']);
    expect(clock.wallTime()).toBe(Date.UTC(2026, 4, 1, 12) + 20);
  });

  test('an hour of waiting takes no time, and stops where the work is done', async () => {
    const clock = new VirtualPlatform();
    const sleep = (ms: number) => new Promise<void>(resolve => clock.setTimer(resolve, ms));
    const work = (async () => {
      for (let i = 0; i < 60; i++) await sleep(60_000);
      return clock.now();
    })();
    clock.setTimer(() => {}, 9e9);
    expect(await clock.until(work)).toBe(3_600_000);
    expect(clock.now()).toBe(3_600_000);
  });

  test('what fails, is late, or can never be done, says so', async () => {
    const clock = new VirtualPlatform();
    await expect(clock.until(Promise.reject(new Error('its own')))).rejects.toThrow('its own');
    clock.setTimer(() => {}, 10_000);
    const never = new Promise(() => {});
    await expect(clock.until(never, { limit: 1_000 })).rejects.toThrow('not done in time');
    await expect(clock.until(never)).rejects.toThrow('no timer is left');
  });

  test('calls take turns', async () => {
    const clock = new VirtualPlatform();
    const log: number[] = [];
    for (const at of [5, 15, 25]) clock.setTimer(() => log.push(at), at);
    await Promise.all([clock.advance(10), clock.advance(10)]);
    expect([log, clock.now()]).toEqual([[5, 15], 20]);
  });

  test('stands still while bytes go back and forth over loopback', async () => {
    const clock = new VirtualPlatform();
    const server = createServer(socket => void socket.pipe(socket));
    const port = await listenOnLoopback(server);
    const ticking = tick(clock);
    const exchange = (async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      for (let i = 0; i < 20; i++) {
        socket.write('ping');
        await once(socket, 'data');
        clock.now();
      }
      socket.destroy();
    })();
    await clock.until(exchange);
    ticking.stop();
    server.close();
    expect(clock.now()).toBeLessThanOrEqual(1);
  });

  test('stands still during a TLS handshake inside of the process', async () => {
    const clock = new VirtualPlatform();
    const authority = await createAuthority();
    const server = createTlsServer(await authority.issue({ hosts: ['example.test'] }), socket => socket.end('hello'));
    const [near, far] = duplexPair();
    const ticking = tick(clock);
    const exchange = (async () => {
      server.emit('connection', far);
      const socket = secure({ socket: near, servername: 'example.test', ca: authority.certificate });
      const [data] = await once(socket, 'data');
      return String(data);
    })();
    expect(await clock.until(exchange)).toBe('hello');
    ticking.stop();
    expect(clock.now()).toBeLessThanOrEqual(1);
  });

  test('without a timer left, it waits for what other threads bring', async () => {
    const clock = new VirtualPlatform();
    const zipped = new Promise<number>(resolve => gzip(new Uint8Array(1e6), (_, result) => resolve(result.length)));
    expect(await clock.until(zipped)).toBeGreaterThan(0);
  });
});

describe('seeded randomness', () => {
  test('is the same for the same seed, however it is cut, and another for another', () => {
    const [a, b, other] = [seededRandom('a'), seededRandom('a'), seededRandom('b')];
    const whole = a(50_000);
    const pieces = Array.from({ length: 50 }, () => b(1_000));
    expect(Buffer.concat(pieces).length).toBe(whole.length);
    expect(Buffer.concat([b(7), b(0), b(9)]).equals(Buffer.from(a(16)))).toBe(true);
    expect(other(16)).not.toEqual(whole.subarray(0, 16));
  });
});

describe('the queue of timers', () => {
  test('gives thousands of them in order, without the cancelled ones', () => {
    const random = seededRandom('timers');
    const queue = new TimerQueue();
    const timers = Array.from({ length: 5_000 }, () => queue.add((random(1)[0] ?? 0) % 64, () => {}));
    const cancelled = new Set(timers.filter(() => (random(1)[0] ?? 0) < 85));
    for (const timer of cancelled) queue.cancel(timer);
    expect(queue.size).toBe(timers.length - cancelled.size);
    const taken = Array.from({ length: queue.size }, () => queue.take());
    expect(queue.take()).toBeUndefined();
    const expected = timers.filter(timer => !cancelled.has(timer)).sort((a, b) => a.at - b.at || a.order - b.order);
    expect(taken.map(timer => timer?.order)).toEqual(expected.map(timer => timer.order));
  });
});

/** A timer that would show by how much the time moves. */
function tick(clock: VirtualPlatform): { stop(): void } {
  let stopped = false;
  const next = () => {
    if (!stopped) clock.setTimer(next, 1);
  };
  next();
  return {
    stop: () => {
      stopped = true;
    },
  };
}
