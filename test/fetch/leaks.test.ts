/** What is dropped without a word must be found, and what is used for long must not grow. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { bed, expectQuiet } from './bed.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('a response that is dropped', () => {
  const drops: [how: string, drop: (response: Response) => Promise<unknown>][] = [
    ['unread', async () => {}],
    [
      'after the first bytes',
      async response => {
        const reader = response.body?.getReader();
        await reader?.read();
        reader?.releaseLock();
      },
    ],
    ['with its clone', async response => response.clone().status],
  ];
  test.each(drops)('%s gives its connection back when it is collected', async (_, drop) => {
    const it = await bed();
    await (async () => {
      await drop(await it.fetch(it.at('/bytes/10000000')));
    })();
    await expect.poll(() => it.platform.holders).toBe(0);
    expect(it.fetch.stats().busy).toBe(1);
    await expect
      .poll(
        () => {
          collectGarbage();
          return it.fetch.stats();
        },
        { timeout: 10_000 },
      )
      .toMatchObject({ busy: 0, calls: 0 });
    await expectQuiet(it, 0);
  });

  test('coded, too', async () => {
    const { gzipSync } = await import('node:zlib');
    const { randomBytes } = await import('node:crypto');
    const it = await bed({
      routes: {
        '/much': (_, response) => {
          response.setHeader('content-encoding', 'gzip');
          response.end(gzipSync(randomBytes(8_000_000), { level: 0 }));
        },
      },
    });
    await (async () => {
      await it.fetch(it.at('/much'));
    })();
    await expect.poll(() => it.platform.holders).toBe(0);
    await expect
      .poll(
        () => {
          collectGarbage();
          return it.fetch.stats();
        },
        { timeout: 10_000 },
      )
      .toMatchObject({ busy: 0, calls: 0 });
    await expectQuiet(it, 0);
  });

  test('is not given up while only its reader is held', async () => {
    const it = await bed();
    const reader = await (async () => (await it.fetch(it.at('/bytes/10000000'))).body?.getReader())();
    let length = 0;
    for (let reads = 0; ; reads++) {
      if (reads % 20 === 0) collectGarbage();
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) break;
      length += value?.length ?? 0;
    }
    expect(length).toBe(10_000_000);
    await expectQuiet(it, 1);
  });
});

describe('long use', () => {
  test('two thousand requests leave memory as it was', async () => {
    const it = await bed();
    const { signal } = new AbortController();
    const rounds = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const response = await it.fetch(it.at(i % 2 === 0 ? '/text' : '/gzip'), { signal });
        await response.text();
      }
      collectGarbage();
      await new Promise(resolve => setImmediate(resolve));
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = await rounds(1000);
    const after = await rounds(2000);
    // Bytes for each request; the log of the server takes its part.
    expect((after - before) / 2000).toBeLessThan(1000);
    expect(it.origin.connections).toBe(1);
    await expectQuiet(it, 1);
  });

  test('thirty failed calls leave nothing', async () => {
    const it = await bed({ exit: { silent: ['nowhere.test'] }, timeouts: { connect: 20 } });
    await Promise.allSettled(
      Array.from({ length: 30 }, (_, i) => it.fetch(i % 2 === 0 ? 'https://nowhere.test/' : it.at('/garbage'))),
    );
    await expectQuiet(it, 0);
  });
});
