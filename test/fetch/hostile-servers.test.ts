/** Whatever bytes a server sends, a call ends, with an answer or with an error of ours, and leaves nothing behind. */

import { createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import { createFetch, type Fetch } from '../../src/fetch/index.ts';
import { LoopbackExit } from '../support/loopback-streams.ts';
import { watchedPlatform } from '../support/watched-platform.ts';

let server: Server;
let url: string;
let answer: (socket: Socket) => void;

beforeAll(async () => {
  server = createServer(socket => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
});
afterAll(() => void server.close());

const answers = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: timeout=5\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.0 200 OK\r\nSet-Cookie: a=b\r\n\r\nuntil the end',
  'HTTP/1.1 302 Found\r\nLocation: ftp://elsewhere/\r\nContent-Length: 0\r\n\r\n',
].map(text => Buffer.from(text, 'latin1'));
const gzipped = gzipSync('hello '.repeat(100));
answers.push(
  Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${gzipped.length}\r\n\r\n`, 'latin1'),
    gzipped,
  ]),
);

/** One of the answers, with bytes changed, left out and put in, in two pieces. */
const mutated = fc
  .tuple(
    fc.constantFrom(...answers),
    fc.array(fc.tuple(fc.nat(400), fc.constantFrom('change', 'cut', 'insert'), fc.nat(255)), { maxLength: 4 }),
    fc.nat(400),
  )
  .map(([original, changes, split]) => {
    let bytes = [...original];
    for (const [at, how, value] of changes) {
      const index = at % bytes.length;
      if (how === 'change') bytes[index] = value;
      else if (how === 'insert') bytes.splice(index, 0, value);
      else bytes = bytes.slice(0, Math.max(1, index));
    }
    return [Buffer.from(bytes.slice(0, split)), Buffer.from(bytes.slice(split))] as const;
  });

describe('a server that sends', () => {
  const senders: [what: string, pieces: fc.Arbitrary<readonly Uint8Array[]>][] = [
    ['damaged answers', mutated],
    ['any bytes', fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 3 })],
    [
      'any head',
      fc
        .tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 40 }))
        .map(texts => {
          return [Buffer.from(`HTTP/1.1 200 OK\r\n${texts.join(':')}\r\nContent-Length: 0\r\n\r\n`)];
        }),
    ],
  ];
  test.each(senders)('%s', async (_, pieces) => {
    const platform = watchedPlatform();
    const exit = new LoopbackExit();
    const fetch = createFetch({ open: exit.openStream, platform, timeouts: { headers: 500, body: 500, total: 5_000 } });
    await fc.assert(
      fc.asyncProperty(pieces, async sent => {
        answer = socket => {
          for (const piece of sent) socket.write(piece);
          socket.end();
        };
        await endsWell(fetch);
      }),
      { numRuns: 300 },
    );
    await fetch.close();
    await expect.poll(() => [exit.open, platform.timers, platform.holders]).toEqual([0, 0, 0]);
  });
});

async function endsWell(fetch: Fetch): Promise<void> {
  try {
    const response = await fetch(url);
    expect(response.status).toBeGreaterThanOrEqual(200);
    await response.arrayBuffer();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).cause).toBeInstanceOf(MixnetError);
    expect(((error as Error).cause as MixnetError).code).toMatch(/^ERR_MIX_HTTP_/);
  }
}

describe('a server that redirects', () => {
  test('to anything: the request ends there, or where it says', async () => {
    const fetch = createFetch({ open: new LoopbackExit().openStream, platform: watchedPlatform() });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 30 }), async location => {
        const line = Buffer.from(location.replace(/[\r\n\0]/g, ''), 'utf8').toString('latin1');
        let asked = 0;
        answer = socket => {
          asked += 1;
          const head = asked === 1 ? `302 Found\r\nLocation: http://127.0.0.1${line}` : '200 OK';
          socket.end(Buffer.from(`HTTP/1.1 ${head}\r\nContent-Length: 0\r\n\r\n`, 'latin1'));
        };
        await fetch(url, { mixnet: { timeouts: { total: 2_000 } } }).catch((error: unknown) => {
          expect(error).toBeInstanceOf(TypeError);
        });
      }),
      { numRuns: 100 },
    );
    await fetch.close();
  });
});

describe('a data: URL', () => {
  test('of anything is content or a TypeError', async () => {
    const fetch = createFetch({ open: () => expect.fail('nothing is sent'), platform: watchedPlatform() });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.boolean(), async (text, encoded) => {
        const response = await fetch(`data:${encoded ? encodeURIComponent(text) : text}`).catch(
          (error: unknown) => error,
        );
        if (response instanceof Response) expect(response.headers.get('content-type')).toMatch(/^[^/]+\/[^/]+/);
        else expect(response).toBeInstanceOf(TypeError);
      }),
      { numRuns: 500 },
    );
  });

  test('carries every byte string', async () => {
    const fetch = createFetch({ open: () => expect.fail('nothing is sent'), platform: watchedPlatform() });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async bytes => {
        const response = await fetch(`data:application/x;base64,${Buffer.from(bytes).toString('base64')}`);
        expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
      }),
    );
  });
});
