/** What programs get from the proxy, through a mixnet on this machine. */

import { once } from 'node:events';
import { get } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { SocksClient } from 'socks';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startDevnet, VirtualPlatform } from '../../../src/devnet/index.ts';
import { MixnetError } from '../../../src/errors.ts';
import * as limits from '../../../src/limits.ts';
import { MixnetClient, type MixnetStream } from '../../../src/mixnet-client/index.ts';
import { createSocks5Server, type Socks5ServerOptions } from '../../../src/servers/index.ts';
import { curl, nothingIsLeft, nothingIsLeftHere, openAtExit, Program, quiet, socksWorld } from './world.ts';

const serving = (serve: (socket: Duplex) => void) => ({
  serve: (socket: Duplex) => serve(socket.on('error', () => {})),
});
const hosts = {
  'echo.test': serving(socket => socket.pipe(socket)),
  'greeter.test': serving(socket => socket.end('good day')),
  'mute.test': serving(socket => socket.resume()),
  'late.test': serving(socket => socket.once('data', () => setTimeout(() => socket.end('late answer'), 1_000))),
  'flood.test': serving(socket => {
    const more = () => {
      while (socket.write(new Uint8Array(16_384)));
    };
    socket.on('drain', more).resume();
    more();
  }),
  'closed.test': 1,
};
const world = socksWorld(hosts);
const at = () => `127.0.0.1:${world.proxy.port}`;

describe('curl', () => {
  test.each([
    ['--socks5-hostname', 'shop.test'],
    ['--socks4a', 'shop.test'],
  ])('with %s leaves the name to the exit', async (option, host) => {
    expect(await curl(option, at(), `http://${host}/json`)).toEqual({ code: 0, stdout: '{"answer":42}', stderr: '' });
  });

  test.each(['--socks5', '--socks4'])('with %s brings an address', async option => {
    const answer = await curl(option, at(), `http://127.0.0.1:${world.origin.port}/json`);
    expect(answer).toEqual({ code: 0, stdout: '{"answer":42}', stderr: '' });
  });

  test('gets a large body whole, and sends one', async () => {
    const { stdout } = await curl('--socks5-hostname', at(), '-o', '/dev/null', '-w', '%{size_download}', ...big());
    expect(stdout).toBe('120000');
    const sent = 'x'.repeat(50_000);
    const echo = await curl('--socks5-hostname', at(), '--data-binary', sent, 'http://shop.test/echo');
    expect(JSON.parse(echo.stdout)).toMatchObject({ method: 'POST', body: sent });
  });

  test('is told why there is no connection', async () => {
    expect(await curl('--socks5-hostname', at(), 'http://nowhere.test/')).toMatchObject({ code: 97, stdout: '' });
  });

  const big = () => ['http://shop.test/bytes/120000'];
});

describe('packages', () => {
  test('socks', async () => {
    const { socket } = await SocksClient.createConnection({
      proxy: { host: '127.0.0.1', port: world.proxy.port, type: 5, userId: 'me', password: 'secret' },
      command: 'connect',
      destination: { host: 'late.test', port: 80 },
    });
    socket.write('hello');
    expect(await text(socket)).toBe('late answer');
  });

  test('socks-proxy-agent', async () => {
    const request = get('http://shop.test/json', { agent: new SocksProxyAgent(world.proxy.url) });
    const [response] = await once(request, 'response');
    expect(await text(response)).toBe('{"answer":42}');
  });
});

describe('the reply', () => {
  test.each([
    ['0 when the exit has connected', 'echo.test', 80, 0],
    ['2 for what the exit refuses', 'nowhere.test', 80, 2],
    ['5 for what the exit cannot reach', 'closed.test', 80, 5],
    ['4 for what is no destination', 'not a name', 80, 4],
    ['4 for port 0', 'echo.test', 0, 4],
  ])('is %s', async (_, hostname, port, code) => {
    const program = await Program.at(world.proxy);
    expect(await program.ask(hostname, port)).toBe(code);
    if (code !== 0) expect(await program.ended()).toBe('closed');
    program.socket.destroy();
  });

  test('is 6 when no exit answers in time', async () => {
    const [exit] = world.devnet.requesters;
    if (exit === undefined) throw new Error('there is no exit');
    exit.behaviour = 'silent';
    const program = await Program.at(await another({ connectTimeoutMs: 300 }));
    expect(await program.ask('echo.test')).toBe(6);
    expect(await program.ended()).toBe('closed');
    exit.behaviour = 'normal';
  });

  test.each([
    ['ERR_MIX_MIXNET_CLOSED', 3],
    ['ERR_MIX_GATEWAY_CLOSED', 3],
    ['ERR_MIX_EXIT_NONE', 3],
    ['ERR_MIX_TIMEOUT_CONNECT', 6],
    ['ERR_MIX_USAGE_BUSY', 1],
  ] as const)('to %s is %i', async (code, reply) => {
    const openStream = () => {
      throw new MixnetError(code);
    };
    const proxy = await createSocks5Server({ openStream }, { port: 0 });
    onTestFinished(() => proxy.close());
    expect(await (await Program.at(proxy)).ask('echo.test')).toBe(reply);
  });

  test('may find data sent already', async () => {
    const program = await Program.at(world.proxy);
    program.request('echo.test');
    program.socket.write('early');
    await program.take(12);
    expect(String(await program.take(5))).toBe('early');
    program.socket.destroy();
  });
});

describe('programs', () => {
  test('of different users are strangers to the exit', async () => {
    const senders = () => world.devnet.requesters[0]?.senders ?? 0;
    const before = senders();
    const ask = (user: string) => curl('--proxy', `socks5h://${user}@${at()}`, 'http://shop.test/json');
    for (const user of ['alice:1', 'bob:1', 'alice:1', 'alice:2']) expect((await ask(user)).code).toBe(0);
    expect(senders() - before).toBe(3);
  });

  test('come by dozens at once', async () => {
    const echoed = await Promise.all(
      Array.from({ length: 24 }, async (_, i) => {
        const program = await Program.at(world.proxy);
        expect(await program.ask('echo.test')).toBe(0);
        program.socket.write(`hello ${i}`);
        const echo = String(await program.take(`hello ${i}`.length));
        program.socket.resetAndDestroy();
        return echo;
      }),
    );
    expect(echoed).toEqual(echoed.map((_, i) => `hello ${i}`));
    await nothingIsLeftHere(world);
  });

  test('that end sending are still answered', async () => {
    const program = await Program.at(world.proxy);
    await program.ask('late.test');
    program.socket.end('question');
    expect(String(await program.take(11))).toBe('late answer');
    expect(await program.ended()).toBe('closed');
  });

  test('read the end of what the other side sends', async () => {
    const program = await Program.at(world.proxy);
    await program.ask('greeter.test');
    expect(await program.ended()).toBe('closed');
    expect(String(program.received)).toBe('good day');
    program.socket.end();
    await once(program.socket, 'close');
  });

  test('that do not read hold the other side back', async () => {
    let given = 0;
    const readable = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          given += 16_384;
          controller.enqueue(new Uint8Array(16_384));
        },
      },
      { highWaterMark: 0 },
    );
    const proxy = await createSocks5Server({ openStream: () => openStream(readable) }, { port: 0 });
    onTestFinished(() => proxy.close());
    const program = await Program.at(proxy);
    await program.ask('flood.test');
    program.socket.pause();
    let last = -1;
    for (; last !== given; await pause(200)) last = given;
    expect(given).toBeLessThan(16 * 2 ** 20);
    program.socket.resume();
    await expect.poll(() => given).toBeGreaterThan(last + 2 ** 20);
  });

  test('that die while bytes come leave nothing behind', async () => {
    const before = openAtExit(world);
    const program = await Program.at(world.proxy);
    await program.ask('flood.test');
    await program.take(50_000);
    program.socket.destroy();
    await nothingIsLeft(world, before);
  });

  test('that die while a connection is opened leave nothing behind', async () => {
    const before = openAtExit(world);
    const program = await Program.at(world.proxy);
    program.request('mute.test');
    await program.take(2);
    program.socket.destroy();
    await nothingIsLeft(world, before);
  });
});

describe('time', () => {
  test('for a handshake is limited, however it drips', async () => {
    const platform = new VirtualPlatform();
    const program = await Program.at(await another({ platform }));
    program.send(5);
    await platform.advance(9_000);
    program.send(1);
    expect(program.end).toBeUndefined();
    await platform.advance(1_000);
    expect(await program.ended()).toBe('closed');
    expect(platform.pendingTimers).toBe(0);
  });

  test('that the exit gives an idle connection ends with the end of it', async () => {
    const { platform, program, proxy, close, askedAt } = await connectedUnderVirtualClock();
    // The clock of the devnet may have moved on while real sockets carried the answer.
    const connecting = platform.now() - askedAt;
    await platform.advance(290_000 - connecting);
    expect(program.end).toBeUndefined();
    await platform.advance(20_000 + connecting);
    expect(await program.ended()).toBe('closed');
    program.socket.end();
    await expect.poll(() => proxy.connections).toBe(0);
    await close();
  });

  test('in which nothing comes of a connection is limited: its exit sends something each minute', async () => {
    const { platform, program, devnet, close } = await connectedUnderVirtualClock();
    await platform.advance(150_000);
    await devnet.gateways[1]?.kill();
    await platform.advance(120_000);
    expect(program.end).toBeUndefined();
    await platform.advance(100_000);
    expect(await program.ended()).toBe('reset');
    await close();
  });

  test('after a program has ended sending is limited, where no answer comes', async () => {
    const platform = new VirtualPlatform();
    const proxy = await another({ platform });
    const program = await Program.at(proxy);
    await program.ask('mute.test');
    program.socket.end('no question');
    await once(program.socket, 'finish');
    await expect.poll(() => platform.pendingTimers).toBe(1);
    await platform.advance(30_000);
    expect(await program.ended()).toBe('closed');
    await expect.poll(() => proxy.connections).toBe(0);
  });
});

describe('the server', () => {
  test.each<[string, Socks5ServerOptions]>([
    ['a host that others can reach, without a password', { host: '0.0.0.0' }],
    ['IPv6 for all, without a password', { host: '::' }],
    ['a name', { host: 'localhost' }],
    ['no port', { port: 65_536 }],
    ['an empty password', { password: '' }],
    ['a password that SOCKS cannot carry', { password: 'x'.repeat(256) }],
    ['another option', { pasword: 'x' } as object],
  ])('refuses %s', async (_, options) => {
    await expect(createSocks5Server(world.client, options)).rejects.toThrow(TypeError);
  });

  test('listens for others with a password alone', async () => {
    const proxy = await another({ host: '0.0.0.0', password: 'secret' });
    const through = (user: string) =>
      curl('--proxy', `socks5h://${user}127.0.0.1:${proxy.port}`, 'http://shop.test/json');
    expect(await through('')).toMatchObject({ code: 97 });
    expect(await through('me:wrong@')).toMatchObject({ code: 97 });
    expect(await through('me:secret@')).toMatchObject({ code: 0, stdout: '{"answer":42}' });
  });

  test('says which port is taken', async () => {
    await expect(createSocks5Server(world.client, { port: world.proxy.port })).rejects.toThrow('EADDRINUSE');
  });

  test('takes so many connections, and no more', async () => {
    const proxy = await another();
    const programs = await Promise.all(Array.from({ length: limits.socksConnections }, () => Program.at(proxy)));
    await expect.poll(() => proxy.connections).toBe(limits.socksConnections);
    expect(await (await Program.at(proxy)).ended()).toBeDefined();
    for (const { socket } of programs) socket.destroy();
    await expect.poll(() => proxy.connections).toBe(0);
  });

  test('ends with its signal', async () => {
    const ending = new AbortController();
    const proxy = await another({ signal: ending.signal });
    const program = await Program.at(proxy);
    ending.abort(new Error('enough'));
    expect(await program.ended()).toBeDefined();
    await expect(Program.at(proxy)).rejects.toThrow('ECONNREFUSED');
    await expect(another({ signal: ending.signal })).rejects.toThrow('enough');
  });

  test('closing, lets connections go on for a while, and takes no more', async () => {
    const proxy = await another();
    const program = await Program.at(proxy);
    await program.ask('echo.test');
    const closed = proxy.close({ drain: 20_000 });
    await expect(Program.at(proxy)).rejects.toThrow('ECONNREFUSED');
    program.socket.write('still here');
    expect(String(await program.take(10))).toBe('still here');
    await proxy.close();
    await closed;
    expect(await program.ended()).toBeDefined();
  });
});

async function another(options: Socks5ServerOptions = {}) {
  const proxy = await createSocks5Server(world.client, { port: 0, ...options });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** One that is open, and takes whatever is sent. */
function openStream(readable: ReadableStream<Uint8Array>): MixnetStream {
  const [opened, closed] = [Promise.resolve(), new Promise<void>(() => {})];
  return { readable, writable: new WritableStream(), opened, closed, expect() {}, close: () => opened };
}

/** A program with a connection to `echo.test`, where time goes by as it is told. */
async function connectedUnderVirtualClock() {
  const platform = new VirtualPlatform();
  const devnet = await platform.until(startDevnet({ platform, transport: 'in-process', hosts }));
  const options = { api: devnet.api, platform: devnet.clientPlatform(), traffic: quiet };
  const client = await platform.until(MixnetClient.connect(options));
  const proxy = await createSocks5Server(client, { port: 0, platform });
  const program = await Program.at(proxy);
  const askedAt = platform.now();
  await platform.until(program.ask('echo.test'));
  const close = async () => {
    await proxy.close();
    await platform.until(client.close());
    await platform.until(devnet.close());
    expect(platform.pendingTimers).toBe(0);
  };
  return { platform, devnet, proxy, program, close, askedAt };
}
