/** A proxy before an embedded mixnet, and programs at it. */

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Devnet, type DevnetOptions, startDevnet } from '../../../src/devnet/index.ts';
import { MixnetClient } from '../../../src/mixnet-client/index.ts';
import { createNodePlatform } from '../../../src/platform/node.ts';
import type { Platform } from '../../../src/platform/platform.ts';
import { createSocks5Server, type Socks5Server, type Socks5ServerOptions } from '../../../src/servers/index.ts';
import { type Origin, startOrigin } from '../../support/origin.ts';

/** Pacing and cover are proved elsewhere, and would take most of the time here. */
export const quiet = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };

export interface World {
  readonly origin: Origin;
  readonly devnet: Devnet;
  readonly client: MixnetClient;
  readonly proxy: Socks5Server;
}

/** Made once for a file of tests. */
export function socksWorld(hosts: NonNullable<DevnetOptions['hosts']> = {}, options: Socks5ServerOptions = {}): World {
  const world: Partial<{ -readonly [K in keyof World]: World[K] }> = {};
  beforeAll(async () => {
    const origin = await startOrigin();
    const devnet = await startDevnet({
      transport: 'in-process',
      delayScale: 0,
      allowLocal: true,
      hosts: { 'shop.test': origin.port, ...hosts },
    });
    const client = await MixnetClient.connect({ api: devnet.api, platform: devnet.clientPlatform(), traffic: quiet });
    const proxy = await createSocks5Server(client, { port: 0, platform: impatient(), ...options });
    Object.assign(world, { origin, devnet, client, proxy });
  });
  afterAll(async () => {
    const { origin, devnet, client, proxy } = world as World;
    await proxy.close();
    await client.close();
    await devnet.close();
    await origin.close();
  });
  return world as World;
}

/** As Node's, but that the half-closed are not kept for thirty seconds of a test. */
function impatient(): Platform {
  const platform = createNodePlatform();
  return { ...platform, setTimer: (callback, delay) => platform.setTimer(callback, delay < 30_000 ? delay : 3_000) };
}

/** Of no program is anything left here, and at the exit no more than was there before. */
export async function nothingIsLeft(world: World, atExit: number): Promise<void> {
  await nothingIsLeftHere(world);
  await expect.poll(() => openAtExit(world)).toBeLessThanOrEqual(atExit);
}

/** An exit is told of an end for ten seconds; a machine that is slower than that leaves the rest to its five idle minutes. */
export async function nothingIsLeftHere({ proxy, client }: World): Promise<void> {
  // Those that have only said that they send no more are kept for a while.
  await expect.poll(() => proxy.connections).toBe(0);
  await expect.poll(() => client.stats().streamsOpen).toBe(0);
}

export function openAtExit({ devnet }: World): number {
  return devnet.requesters.reduce((sum, { openConnections }) => sum + openConnections, 0);
}

export function curl(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    execFile('curl', ['-q', '-sS', '--max-time', '80', ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

/** Speaks the protocol by hand. */
export class Program {
  readonly socket: Socket;
  /** All that has come and was not taken. */
  received = Buffer.alloc(0);
  /** How the connection ended, once it has. */
  end: 'closed' | 'reset' | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', bytes => {
      this.received = Buffer.concat([this.received, bytes]);
    });
    socket.on('end', () => {
      this.end ??= 'closed';
    });
    socket.on('error', () => {
      this.end ??= 'reset';
    });
  }

  static async at({ port, host }: Socks5Server): Promise<Program> {
    const socket = connect({ host, port, allowHalfOpen: true });
    await once(socket, 'connect');
    return new Program(socket);
  }

  send(...bytes: readonly number[]): void {
    this.socket.write(Uint8Array.from(bytes));
  }

  /** So many bytes, as soon as they are there. */
  async take(length: number): Promise<Buffer> {
    await expect.poll(() => this.received.length, { interval: 5 }).toBeGreaterThanOrEqual(length);
    const taken = this.received.subarray(0, length);
    this.received = this.received.subarray(length);
    return taken;
  }

  /** Asks for a connection; gives the code of the reply. */
  async ask(hostname: string, port = 80): Promise<number> {
    this.request(hostname, port);
    expect([...(await this.take(2))]).toEqual([5, 0]);
    const reply = await this.take(10);
    expect([...reply]).toEqual([5, reply[1], 0, 1, 0, 0, 0, 0, 0, 0]);
    return reply[1] ?? -1;
  }

  request(hostname: string, port = 80): void {
    this.send(5, 1, 0, ...[5, 1, 0, 3, hostname.length, ...Buffer.from(hostname)], port >> 8, port & 0xff);
  }

  ended(): Promise<'closed' | 'reset' | undefined> {
    return expect
      .poll(() => this.end)
      .toBeDefined()
      .then(() => this.end);
  }
}
