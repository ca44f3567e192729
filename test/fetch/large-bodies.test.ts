/** Bodies of many megabytes, and of no end: what they hold at a time stays small. */

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/crypto/bytes.ts';
import { latin1 } from '../support/bytes.ts';
import { bed, expectQuiet, rejection } from './bed.ts';

describe('request bodies', () => {
  test('ten megabytes arrive whole', async () => {
    const { echo, at } = await bed();
    const body = new Uint8Array(10_000_000).map((_, i) => i % 251);
    const { body: received } = await echo(at('/echo'), { method: 'POST', body });
    expect(equalBytes(latin1(received), body)).toBe(true);
  });

  test('that are streams are read only as fast as the other side takes them', async () => {
    let pulled = 0;
    const { fetch, at } = await bed();
    const body = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
    });
    const abort = new AbortController();
    const sent = fetch(at('/silence'), { method: 'POST', body, duplex: 'half', signal: abort.signal });
    await expect.poll(() => pulled).toBeGreaterThan(1);
    let before = -1;
    while (before !== pulled) {
      before = pulled;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    expect(pulled * 64).toBeLessThan(16 * 1024); // KiB: what the two sockets hold
    abort.abort();
    await rejection(sent);
  });
});

describe('response bodies', () => {
  test('fifty megabytes arrive whole', async () => {
    const it = await bed();
    const response = await it.fetch(it.at('/bytes/50000000'));
    let length = 0;
    for await (const piece of response.body ?? []) length += piece.length;
    expect(length).toBe(50_000_000);
    await expectQuiet(it, 1);
  });

  test('a reader who pauses holds the server back', async () => {
    let sent = 0;
    const { fetch, at } = await bed({
      routes: {
        '/flood': (_, response) => {
          const piece = Buffer.alloc(64 * 1024);
          const more = () => {
            while (!response.destroyed && response.write(piece)) sent += piece.length;
          };
          response.on('drain', more);
          more();
        },
      },
    });
    const response = await fetch(at('/flood'));
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    expect(sent).toBeLessThan(16 * 1024 * 1024);
    await response.body?.cancel();
  });

  test('a reader who pauses holds the decoder of a coded one back', async () => {
    const it = await bed({
      routes: {
        '/flood': (_, response) => {
          response.setHeader('content-encoding', 'gzip');
          const piece = gzipSync(Buffer.alloc(1024 * 1024, 'abc'), { level: 1 });
          const more = () => {
            while (!response.destroyed && response.write(piece));
          };
          response.on('drain', more);
          more();
        },
      },
    });
    const response = await it.fetch(it.at('/flood'));
    const reader = response.body?.getReader();
    let length = 0;
    while (length < 4 * 1024 * 1024) length += (await reader?.read())?.value?.length ?? 0;
    await reader?.cancel();
    await expectQuiet(it, 0);
  });
});
