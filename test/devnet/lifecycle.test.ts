import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ClientCore } from '../../src/client/index.ts';
import { type ObservedFrame, startDevnet, VirtualPlatform } from '../../src/devnet/index.ts';
import { parseRecipient } from '../../src/message/index.ts';
import { eventually } from './world.ts';

describe('closing', () => {
  test('on virtual time leaves no timer and no holder', async () => {
    const clock = new VirtualPlatform();
    const devnet = await clock.until(startDevnet({ platform: clock, transport: 'in-process', exits: 2 }));
    const core = await clock.until(ClientCore.connect({ platform: devnet.clientPlatform(), api: [devnet.api] }));
    await clock.advance(1_000);
    await clock.until(core.close());
    await clock.until(devnet.close());
    expect({ timers: clock.pendingTimers, holders: clock.holders }).toEqual({ timers: 0, holders: 0 });
  });

  test('lets the process end by itself, whatever the state of its parts, its clients and their connections', async () => {
    const child = fork(fileURLToPath(new URL('closing-process.ts', import.meta.url)), {
      execArgv: ['--import', 'tsx', '--conditions', 'mixfetch-source'],
    });
    const [left] = await once(child, 'message');
    const [code] = await once(child, 'exit');
    expect([left, code]).toEqual([[], 0]);
  });

  test('twice is closing once', async () => {
    const devnet = await startDevnet({ exits: 0 });
    await Promise.all([devnet.close(), devnet.close(), devnet[Symbol.asyncDispose]()]);
    await expect(fetch(`${devnet.api}/v1/epoch/current`)).rejects.toThrow();
  });

  test('a start that is aborted leaves nothing', async () => {
    const clock = new VirtualPlatform();
    const controller = new AbortController();
    const starting = startDevnet({ platform: clock, transport: 'in-process', signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await expect(clock.until(starting)).rejects.toThrow('changed my mind');
    expect(clock.pendingTimers).toBe(0);
    await expect(startDevnet({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('an observer', () => {
  test('sees every frame of every client with its time and size, until it stops looking', async () => {
    const clock = new VirtualPlatform();
    const devnet = await clock.until(startDevnet({ platform: clock, transport: 'in-process', exits: 0 }));
    const frames: ObservedFrame[] = [];
    const stop = devnet.observe(frame => void frames.push(frame));
    const gateway = devnet.gateways[0]?.identity ?? '';
    const core = await clock.until(
      ClientCore.connect({ platform: devnet.clientPlatform(), api: [devnet.api], gateway }),
    );
    await clock.advance(2_000);
    const packets = frames.filter(frame => frame.kind === 'packet' && frame.direction === 'from-client');
    expect(packets.length).toBeGreaterThan(60);
    expect(new Set(packets.map(({ bytes }) => bytes))).toEqual(new Set([2452]));
    expect(new Set(packets.map(frame => frame.client)).size).toBe(1);
    expect(new Set(frames.map(frame => frame.gateway))).toEqual(new Set([gateway]));
    expect(packets.every(({ at }, i) => at >= (packets[i - 1]?.at ?? 0))).toBe(true);
    const pushed = frames.filter(frame => frame.kind === 'packet' && frame.direction === 'to-client');
    expect(new Set(pushed.map(({ bytes }) => bytes))).toEqual(new Set([51, 1673]));
    stop();
    const seen = frames.length;
    await clock.advance(1_000);
    expect(frames).toHaveLength(seen);
    await clock.until(core.close());
    await clock.until(devnet.close());
  });
});

describe('the same seed', () => {
  test('gives the same run, packet by packet', async () => {
    const [one, same, other] = [await run('one'), await run('one'), await run('other')];
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
  });

  async function run(seed: string): Promise<unknown> {
    const clock = new VirtualPlatform({ seed });
    const devnet = await clock.until(startDevnet({ platform: clock, transport: 'in-process', faults: { loss: 0.1 } }));
    const core = await clock.until(ClientCore.connect({ platform: devnet.clientPlatform(), api: [devnet.api] }));
    const frames: ObservedFrame[] = [];
    devnet.observe(frame => void frames.push(frame));
    await clock.until(core.send(core.address, new Uint8Array(5_000)));
    const result = { frames, stats: devnet.stats(), exits: devnet.exits };
    await clock.until(core.close());
    await clock.until(devnet.close());
    return result;
  }
});

describe('over sockets', () => {
  test('a client sends to itself and reaches a server through the exit', async () => {
    const server = createServer((_, answer) => answer.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    await using devnet = await startDevnet({
      hosts: { 'example.test': typeof address === 'object' && address !== null ? address.port : 1 },
    });
    const traffic = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };
    const core = await ClientCore.connect({ platform: devnet.clientPlatform(), api: [devnet.api], traffic });
    const answers: Uint8Array[] = [];
    core.subscribe(message => void answers.push(message.data));
    await core.send(core.address, Uint8Array.of(1, 2, 3));
    await eventually(() => answers.length > 0);
    expect(answers).toEqual([Uint8Array.of(1, 2, 3)]);
    const exit = parseRecipient(devnet.exits[0] ?? '');
    const connect = Uint8Array.of(3, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 15, ...Buffer.from('example.test:80'));
    await core.sendAnonymous(core.pseudonym(exit, ''), connect, { replySurbs: 20 });
    await eventually(() => answers.length > 1);
    expect(Buffer.from(answers[1] ?? []).toString('hex')).toBe('0301030100000000000000000900000000000000' + '00');
    await core.close();
    server.close();
  });
});
