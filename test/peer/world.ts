/** A devnet in virtual time with two clients, and an end of a stream as Nym's Rust SDK has it. */

import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { type Devnet, type DevnetOptions, startDevnet, VirtualPlatform } from '../../src/devnet/index.ts';
import { type IncomingMessage, MixnetClient, type MixnetClientOptions } from '../../src/mixnet-client/index.ts';
import type { MixnetStream } from '../../src/stream/index.ts';

/** Cover traffic is proved elsewhere, and costs time here. */
const quiet = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };

export interface World {
  readonly platform: VirtualPlatform;
  readonly devnet: Devnet;
  readonly alice: MixnetClient;
  readonly bob: MixnetClient;
  connect(options?: MixnetClientOptions): Promise<MixnetClient>;
  /** Lets as much virtual time pass as it takes. */
  until<T>(work: Promise<T>): Promise<T>;
}

export async function betweenClients(run: (world: World) => Promise<void>, options: DevnetOptions = {}): Promise<void> {
  const platform = new VirtualPlatform();
  const until = <T>(work: Promise<T>) => platform.until(work);
  const devnet = await until(startDevnet({ platform, transport: 'in-process', exits: 0, ...options }));
  const connect = (given?: MixnetClientOptions) =>
    until(MixnetClient.connect({ api: devnet.api, platform: devnet.clientPlatform(), traffic: quiet, ...given }));
  const [alice, bob] = [await connect(), await connect()];
  await run({ platform, devnet, alice, bob, connect, until });
  await until(Promise.all([alice.close(), bob.close()]));
  await until(devnet.close());
  expect({ timers: platform.pendingTimers, holders: platform.holders }).toEqual({ timers: 0, holders: 0 });
}

export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (data: Uint8Array) => new TextDecoder().decode(data);
export const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
export const noise = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, i) => Math.imul(i + seed, 2654435761) >>> 24);

export const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'fine',
    (error: { code?: string }) => error.code ?? String(error),
  );

/** All that is written, then the end. */
export function send(stream: MixnetStream, data: Uint8Array): Promise<void> {
  const writer = stream.writable.getWriter();
  const written = writer.write(data);
  const closed = writer.close();
  writer.releaseLock();
  return Promise.all([written, closed]).then(() => {});
}

export function write(stream: MixnetStream, data: Uint8Array): Promise<void> {
  const writer = stream.writable.getWriter();
  const written = writer.write(data);
  written.catch(() => {});
  writer.releaseLock();
  return written;
}

/** All of it, or so many bytes at least. */
export async function read(stream: MixnetStream, length = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const reader = stream.readable.getReader();
  for (let read = 0; read < length; ) {
    const { done, value } = await reader.read();
    if (done) break;
    read += value.length;
    chunks.push(value);
  }
  reader.releaseLock();
  return Uint8Array.from(Buffer.concat(chunks));
}

/** Sends back all that comes, until there is no more. */
export async function echo(stream: MixnetStream): Promise<void> {
  await stream.readable.pipeTo(stream.writable);
}

/** Echoes every stream that comes. */
export async function serveEcho(client: MixnetClient): Promise<void> {
  for await (const stream of client.listen()) echo(stream).catch(() => {});
}

export async function next<T>(iteration: AsyncIterator<T>): Promise<T> {
  const { value, done } = await iteration.next();
  if (done) throw new Error('there is no more');
  return value;
}

/** A frame as the SDK writes it, byte by byte: kind, stream, type, sequence, reserved byte, payload. */
export function sdkFrame(id: bigint, type: number, sequence: number, payload: Uint8Array = new Uint8Array(0)) {
  const frame = new Uint8Array(16 + payload.length);
  frame[0] = 3;
  const view = new DataView(frame.buffer);
  view.setBigUint64(2, id);
  frame[10] = type;
  view.setUint32(11, sequence);
  frame.set(payload, 16);
  return frame;
}

export interface SdkFrame {
  readonly id: bigint;
  readonly type: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly senderTag: string | undefined;
}

export function readSdkFrame({ data, senderTag }: IncomingMessage): SdkFrame {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  expect(view.getUint16(0, true)).toBe(3);
  return {
    id: view.getBigUint64(2),
    type: view.getUint8(10),
    sequence: view.getUint32(11),
    payload: data.subarray(16),
    senderTag,
  };
}
