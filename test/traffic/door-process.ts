/**
 * A process that stands at the door of a gateway, notes when each websocket frame of a client arrives, and passes it
 * on. It does nothing else, so that its times are those of the arrivals: a gateway that shares its thread with a whole
 * mixnet reads frames when it gets round to it, several at once.
 *
 * Of a frame it reads the length (RFC 6455, section 5.2): all of a client's are masked and none is fragmented.
 *
 * @module
 */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { serve } from '../support/child.ts';
import type { Arrival } from './recording.ts';

export type DoorJobs = typeof jobs;

const arrivals: Arrival[] = [];

const jobs = {
  /** The address to use in place of the gateway's. */
  async open(gateway: string): Promise<string> {
    const { hostname, port } = new URL(gateway);
    const server = createServer({ noDelay: true }, client => {
      const behind = connect({ host: hostname, port: Number(port), noDelay: true });
      const reader = new FrameReader();
      client.on('data', chunk => {
        const at = performance.now();
        for (const frame of reader.push(chunk)) arrivals.push({ at, ...frame });
        behind.write(chunk);
      });
      behind.on('data', chunk => client.write(chunk));
      for (const [one, other] of [
        [client, behind],
        [behind, client],
      ] as const) {
        one.on('error', () => {});
        one.on('close', () => other.destroy());
      }
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  },

  /** What has arrived since the last time. */
  take: (): Arrival[] => arrivals.splice(0),

  stop: () => process.disconnect(),
};

/** Finds the frames in what a client sends, after the request that begins it. */
class FrameReader {
  #pending = Buffer.alloc(0);
  #upgraded = false;

  push(chunk: Buffer): Omit<Arrival, 'at'>[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const frames: Omit<Arrival, 'at'>[] = [];
    if (!this.#upgraded) {
      const end = this.#pending.indexOf('\r\n\r\n');
      if (end === -1) return [];
      this.#pending = this.#pending.subarray(end + 4);
      this.#upgraded = true;
    }
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Omit<Arrival, 'at'> | undefined {
    const [first, second] = this.#pending;
    if (first === undefined || second === undefined) return undefined;
    const short = second & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const header = 2 + lengthBytes + MASK_BYTES;
    if (this.#pending.length < header) return undefined;
    const bytes =
      lengthBytes === 0
        ? short
        : lengthBytes === 2
          ? this.#pending.readUInt16BE(2)
          : Number(this.#pending.readBigUInt64BE(2));
    if (this.#pending.length < header + bytes) return undefined;
    this.#pending = this.#pending.subarray(header + bytes);
    return { bytes, kind: (first & 0x0f) === BINARY ? 'packet' : 'control' };
  }
}

const MASK_BYTES = 4;
const BINARY = 2;

serve(jobs);
