/** A page with a client, and what the benchmark has it do. */

import { createPlatform } from '#platform';
import { generateClientKeys } from '../../src/client/client-keys.ts';
import { OwnCover } from '../../src/client/own-cover.ts';
import { SphinxPacketBuilder } from '../../src/client/packet-builder.ts';
import { completeTraffic } from '../../src/client/traffic.ts';
import { createMixFetch, type MixFetch } from '../../src/index.ts';
import type { Recipient } from '../../src/message/index.ts';
import { TinyMixnet } from '../support/tiny-mixnet.ts';

let mixFetch: MixFetch | undefined;

const here = {
  /** How long one packet takes to build when all is compiled and all keys are known well, ms: the median. */
  buildTime(): number {
    const { randomBytes } = createPlatform();
    const mixnet = new TinyMixnet(randomBytes);
    const { identity, encryption, ackKey } = generateClientKeys(randomBytes);
    const builder = new SphinxPacketBuilder({
      self: { identity: identity.publicKey, encryption: encryption.publicKey, gateway: mixnet.gateway } as Recipient,
      ackKey,
      traffic: completeTraffic(),
      random: randomBytes,
      ownCover: new OwnCover(),
    });
    const times = Array.from({ length: 400 }, () => {
      const start = performance.now();
      builder.cover(mixnet);
      return performance.now() - start;
    });
    return times.slice(200).sort((a, b) => a - b)[100] ?? Number.NaN;
  },
  async connect(options: { readonly api: string; readonly gateway: string }): Promise<void> {
    mixFetch = createMixFetch(options);
    await mixFetch.ready();
  },
  async download(url: string): Promise<number> {
    try {
      const response = await mixFetch?.(url);
      return (await response?.arrayBuffer())?.byteLength ?? 0;
    } catch (error) {
      // All that is told of an error outside the page is its message.
      throw new Error(String((error as { cause?: unknown }).cause ?? error));
    }
  },
  close: () => mixFetch?.close(),
};

declare global {
  var smoothPage: typeof here;
}

Object.assign(globalThis, { smoothPage: here });
