/** A service before an embedded mixnet, a friend elsewhere in it, and programs at the service. */

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { type Devnet, startDevnet } from '../../../src/devnet/index.ts';
import { MixnetClient } from '../../../src/mixnet-client/index.ts';
import {
  createWebSocketService,
  type MessageClient,
  type WebSocketService,
  type WebSocketServiceOptions,
} from '../../../src/servers/index.ts';

/** Pacing and cover are proved elsewhere, and would take most of the time here. */
export const quiet = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };

export interface World {
  readonly devnet: Devnet;
  readonly client: MixnetClient;
  readonly friend: MixnetClient;
}

/** Made once for a file of tests. */
export function serviceWorld(): World {
  const world: Partial<{ -readonly [K in keyof World]: World[K] }> = {};
  beforeAll(async () => {
    const devnet = await startDevnet({ transport: 'in-process', delayScale: 0, exits: 0 });
    const connect = () => MixnetClient.connect({ api: devnet.api, platform: devnet.clientPlatform(), traffic: quiet });
    Object.assign(world, { devnet, client: await connect(), friend: await connect() });
  });
  afterAll(async () => {
    const { devnet, client, friend } = world as World;
    await Promise.all([client.close(), friend.close()]);
    await devnet.close();
  });
  return world as World;
}

/** Closed with the test. */
export async function serviceFor(
  client: MessageClient,
  options: WebSocketServiceOptions = {},
): Promise<WebSocketService> {
  const service = await createWebSocketService(client, { port: 0, ...options });
  onTestFinished(() => service.close());
  return service;
}

/** A client of that address that does nothing but what `send` does. */
export function standIn(address: string, send: MessageClient['send'] = () => Promise.resolve()): MessageClient {
  return Object.assign(new EventTarget(), {
    address,
    send,
    reply: () => Promise.resolve(),
    laneLength: () => 0,
    dropLane: () => {},
  });
}

/** Runs a program of this folder to its end; gives the lines it has printed. */
export function run(command: string, script: string, ...args: readonly string[]): Promise<string[]> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return new Promise((resolve, reject) => {
    execFile(command, [file, ...args], { timeout: 80_000 }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`${error.message}\n${stdout}\n${stderr}`));
      else resolve(stdout.trimEnd().split('\n'));
    });
  });
}

/** A program for nym-client, from its documented formats alone. */
export class Program {
  readonly socket: WebSocket;
  /** Frames that have come and were not taken: text, or bytes. */
  readonly received: (string | Buffer)[] = [];
  /** The code by which the connection was closed, once it is. */
  closeCode: number | undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => this.received.push(isBinary ? data : data.toString()));
    socket.on('error', () => {});
    socket.on('close', code => {
      this.closeCode = code;
    });
  }

  /** Rejects where the service refuses it. */
  static async at(
    { url }: Pick<WebSocketService, 'url'>,
    { headers = {}, query = '' }: { readonly headers?: Record<string, string>; readonly query?: string } = {},
  ): Promise<Program> {
    const socket = new WebSocket(`${url}/${query}`, { headers });
    const program = new Program(socket);
    await once(socket, 'open');
    return program;
  }

  text(request: object): void {
    this.socket.send(JSON.stringify(request));
  }

  bytes(...parts: readonly (number | Uint8Array | string)[]): void {
    this.socket.send(joined(parts));
  }

  /** The next frame, as soon as it is there. */
  async next(): Promise<string | Buffer> {
    await expect.poll(() => this.received.length, { interval: 5 }).toBeGreaterThan(0);
    return this.received.shift() ?? '';
  }

  async nextText(): Promise<Record<string, unknown>> {
    const frame = await this.next();
    if (typeof frame !== 'string') throw new Error('a frame of bytes');
    return JSON.parse(frame);
  }

  async nextBytes(): Promise<Buffer> {
    const frame = await this.next();
    if (typeof frame === 'string') throw new Error(`a frame of text: ${frame}`);
    return frame;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed();
  }

  async closed(): Promise<number | undefined> {
    await expect.poll(() => this.closeCode, { interval: 5 }).toBeDefined();
    return this.closeCode;
  }
}

/** A program that writes its frames by hand. */
export class Frames {
  readonly socket: Socket;
  /** What has come since the handshake. */
  received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  static async at({ host, port }: Pick<WebSocketService, 'host' | 'port'>): Promise<Frames> {
    const socket = connect(port, host);
    const frames = new Frames(socket);
    socket.on('error', () => {});
    const lines = ['GET / HTTP/1.1', `Host: ${host}`, 'Upgrade: websocket', 'Connection: Upgrade'];
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    socket.write([...lines, `Sec-WebSocket-Key: ${key}`, 'Sec-WebSocket-Version: 13', '', ''].join('\r\n'));
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toContain(' 101 ');
    socket.on('data', bytes => {
      frames.received = Buffer.concat([frames.received, bytes]);
    });
    return frames;
  }

  /** Of a closing frame, where that is all that has come. */
  get closeCode(): number | undefined {
    return this.received[0] === 0x88 ? this.received.readUInt16BE(2) : undefined;
  }
}

/** A number of 64 bits, as all numbers of the binary form but one. */
export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function joined(parts: readonly (number | Uint8Array | string)[]): Buffer {
  return Buffer.concat(
    parts.map(part =>
      typeof part === 'number' ? Buffer.of(part) : typeof part === 'string' ? Buffer.from(part) : part,
    ),
  );
}
