import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { MixnetError } from '../../src/errors.ts';

// Node 20 has every global of a browser that this platform needs, but for the WebSocket.
let web: typeof import('../../src/platform/web.ts');
beforeAll(async () => {
  vi.stubGlobal('WebSocket', WebSocket);
  web = await import('../../src/platform/web.ts');
  vi.unstubAllGlobals();
});

const server = createServer((request, answer) => {
  if (request.url === '/redirect') answer.writeHead(302, { location: '/' });
  answer.end(JSON.stringify(request.headers));
});
const sockets = new WebSocketServer({ server });
let host = '';
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

describe('the web platform', () => {
  test('carries text and binary frames over the WebSocket that stood there when it was loaded', async () => {
    sockets.once('connection', peer => {
      peer.on('message', (data: Buffer, isBinary: boolean) => {
        peer.send(data, { binary: isBinary });
        if (isBinary) peer.close(4000);
      });
    });
    const seen: unknown[] = [];
    await new Promise<void>(resolve => {
      const connection = web.createPlatform().openWebSocket(`ws://${host}/`, {
        open() {
          connection.send('wörd');
          connection.send(Uint8Array.of(0, 255));
        },
        message: data => seen.push(data),
        close(reason) {
          seen.push(reason);
          resolve();
        },
      });
      expect(connection.bufferedBytes).toBe(0);
    });
    expect(seen).toEqual(['wörd', Uint8Array.of(0, 255), 'closed with code 4000']);
  });

  test('tells once that a connection never opened', async () => {
    const reason = await new Promise(resolve => {
      web.createPlatform().openWebSocket('ws://127.0.0.1:1/', { open() {}, message() {}, close: resolve });
    });
    expect(reason).toMatch(/^(failed|closed with code 1006)$/);
  });

  test('asks the directory without following redirects', async () => {
    const { directoryFetch } = web.createPlatform();
    const init = { headers: { Accept: 'application/json' }, signal: new AbortController().signal };
    const headers: unknown = await (await directoryFetch(`http://${host}/`, init)).json();
    expect(headers).toMatchObject({ accept: 'application/json' });
    expect((await directoryFetch(`http://${host}/redirect`, init)).ok).toBe(false);
  });

  test('fills arrays longer than one call of getRandomValues may', () => {
    const bytes = web.createPlatform().randomBytes(200_000);
    expect(bytes).toHaveLength(200_000);
    for (const start of [0, 65_536, 131_072, 199_000]) {
      expect(bytes.subarray(start, start + 100).some(byte => byte !== 0)).toBe(true);
    }
  });

  test('refuses certificate authorities of one’s own, which it could not obey', () => {
    expect(() => web.createPlatform({ ca: ['x'] })).toThrow(MixnetError);
  });
});
