import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { createPlatform } from '../../src/platform/node.ts';
import type { WebSocketHandlers } from '../../src/platform/platform.ts';
import { acceptOf } from '../../src/rfc6455/index.ts';
import { createAuthority } from '../support/certificates.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

describe('websockets', () => {
  test('text and binary frames go both ways, nothing is compressed and nothing names the client', async () => {
    const { server, port } = await webSocketServer();
    const connected = once(server, 'connection');
    const events = recorder();
    const connection = createPlatform().openWebSocket(`ws://127.0.0.1:${port}/`, events.handlers);
    const [peer, request] = await connected;
    const { headers } = request as IncomingMessage;
    await events.until('open');
    expect(Object.keys(headers).sort()).toEqual([
      'connection',
      'host',
      'sec-websocket-key',
      'sec-websocket-version',
      'upgrade',
    ]);
    peer.on('message', (data: Buffer, isBinary: boolean) => peer.send(data, { binary: isBinary }));
    connection.send('wörd');
    connection.send(Uint8Array.of(0, 255));
    await events.until(Uint8Array.of(0, 255));
    expect(events.seen).toEqual(['open', 'wörd', Uint8Array.of(0, 255)]);
    expect(Buffer.isBuffer(events.seen[2])).toBe(false);
    connection.close();
    await events.until('close: closed with code 1005');
  });

  test('the opening is that of Nym clients, byte for byte', async () => {
    const { port, opening } = await rawServer();
    createPlatform().openWebSocket(`ws://127.0.0.1:${port}/`, recorder().handlers);
    // snapview/tungstenite-rs src/handshake/client.rs, `construct_expected`
    expect((await opening).replace(/Key: [\w+/]{22}==/, 'Key: …')).toBe(
      [
        'GET / HTTP/1.1',
        `Host: 127.0.0.1:${port}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: …\r\n\r\n',
      ].join('\r\n'),
    );
  });

  test('messages come whole, whatever their length and however they are sliced', async () => {
    const { server, port } = await webSocketServer();
    const events = recorder();
    const messages = ['', 'ä'.repeat(300), new Uint8Array(125).fill(1), new Uint8Array(200_000).fill(2)];
    server.on('connection', peer => {
      for (const message of messages) peer.send(message);
      peer.send('in ', { fin: false });
      peer.ping('between');
      peer.send('fragments', { fin: true });
      peer.once('pong', data => peer.send(`pong ${data}`));
    });
    createPlatform().openWebSocket(`ws://127.0.0.1:${port}/`, events.handlers);
    await events.until('pong between');
    expect(events.seen).toEqual(['open', ...messages, 'in fragments', 'pong between']);
  });

  test('a gateway that closes is answered', async () => {
    const { server, port } = await webSocketServer();
    const answered = new Promise(resolve => {
      server.on('connection', peer => {
        peer.once('close', resolve);
        peer.close(1012, 'restarting');
      });
    });
    const events = recorder();
    createPlatform().openWebSocket(`ws://127.0.0.1:${port}/`, events.handlers);
    await events.until('close: closed with code 1012');
    expect(await answered).toBe(1012);
  });

  test('a gateway that breaks the protocol is told so, and left', async () => {
    const { port, opening, answer, heard } = await rawServer();
    const events = recorder();
    createPlatform().openWebSocket(`ws://127.0.0.1:${port}/`, events.handlers);
    const key = /Key: (.*)\r/.exec(await opening)?.[1] ?? '';
    const masked = Uint8Array.of(0x81, 0x80, 0, 0, 0, 0);
    answer(
      `HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`,
    );
    answer(masked);
    await events.until('close: ERR_MIX_WEBSOCKET_MALFORMED');
    expect(events.seen).toEqual(['open', 'close: ERR_MIX_WEBSOCKET_MALFORMED']);
    const [first, length, ...rest] = await heard;
    const [mask, payload] = [rest.slice(0, 4), rest.slice(4)];
    expect([first, length]).toEqual([0x88, 0x82]);
    expect(payload.map((byte, i) => byte ^ (mask[i] ?? 0))).toEqual([1002 >> 8, 1002 & 0xff]);
  });

  test.each([
    ['HTTP/1.1 403 Forbidden\r\n\r\n', 'ERR_MIX_WEBSOCKET_REFUSED'],
    [
      'HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
      'ERR_MIX_WEBSOCKET_REFUSED',
    ],
    ['SSH-2.0-OpenSSH_9.9\r\n', 'ERR_MIX_HTTP_MALFORMED'],
  ])('what is no websocket never opens: %j', async (answered, code) => {
    const { port, opening, answer } = await rawServer();
    const events = recorder();
    createPlatform().openWebSocket(`ws://127.0.0.1:${port}/`, events.handlers);
    await opening;
    answer(answered);
    await events.until(`close: ${code}`);
    expect(events.seen).toEqual([`close: ${code}`]);
  });

  test('closed before it is open, it connects no further', async () => {
    const { port, opening } = await rawServer();
    const events = recorder();
    const connection = createPlatform().openWebSocket(`ws://127.0.0.1:${port}/`, events.handlers);
    await opening;
    connection.close();
    await events.until('close: closed with code 1006');
    expect(events.seen).toHaveLength(1);
  });

  test('a frame beyond the limit ends the connection', async () => {
    const { server, port } = await webSocketServer();
    server.on('connection', peer => peer.send(new Uint8Array(256 * 1024 + 1)));
    const events = recorder();
    createPlatform().openWebSocket(`ws://127.0.0.1:${port}/`, events.handlers);
    await events.until('close: ERR_MIX_WEBSOCKET_TOO_LARGE');
    expect(events.seen).toHaveLength(2);
  });

  test('a refused connection is one close event, and does not name the host', async () => {
    const { server, port } = await webSocketServer();
    server.close();
    const events = recorder();
    createPlatform().openWebSocket(`ws://127.0.0.1:${port}/`, events.handlers);
    await events.until('close: ECONNREFUSED');
    expect(events.seen).toEqual(['close: ECONNREFUSED']);
  });

  test('a peer that does not answer the close frame is cut off', async () => {
    const { server, port } = await webSocketServer();
    server.on('connection', peer => peer.pause());
    const events = recorder();
    const connection = createPlatform().openWebSocket(`ws://127.0.0.1:${port}/`, events.handlers);
    await events.until('open');
    connection.close();
    await events.until('close: closed with code 1006');
    connection.close();
  });

  test('certificate authorities given replace those of Node for wss gateways too', async () => {
    const authority = await createAuthority();
    const tls = createTlsServer(await authority.issue({ hosts: ['localhost'] }));
    new WebSocketServer({ server: tls });
    const port = await listening(tls);
    cleanups.push(() => tls.closeAllConnections());
    const trusting = recorder();
    const connection = createPlatform({ ca: [authority.certificate] }).openWebSocket(
      `wss://localhost:${port}/`,
      trusting.handlers,
    );
    await trusting.until('open');
    connection.close();
    const strict = recorder();
    createPlatform().openWebSocket(`wss://localhost:${port}/`, strict.handlers);
    await strict.until(/^close: [A-Z_]+$/);
    expect(strict.seen).toHaveLength(1);
  });
});

describe('the directory fetch', () => {
  test('sends the headers given and names neither program nor platform', async () => {
    let headers: IncomingMessage['headers'] = {};
    const url = await httpServer((request, answer) => {
      headers = request.headers;
      answer.end('{}');
    });
    const response = await createPlatform().directoryFetch(`${url}/x?page=0`, get());
    expect(await response.json()).toEqual({});
    expect(headers).toEqual({
      host: new URL(url).host,
      connection: 'close',
      accept: 'application/json',
      'accept-encoding': 'gzip',
    });
  });

  test('reads compressed answers, and reports broken ones as errors', async () => {
    const zipped = gzipSync(JSON.stringify({ nodes: 'x'.repeat(100_000) }));
    const url = await httpServer((request, answer) => {
      answer.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      answer.end(request.url === '/whole' ? zipped : zipped.subarray(0, 50));
    });
    const { directoryFetch } = createPlatform();
    const whole = await directoryFetch(`${url}/whole`, get());
    expect(whole.headers.get('content-type')).toBe('application/json');
    expect(await whole.json()).toEqual({ nodes: 'x'.repeat(100_000) });
    const broken = await directoryFetch(`${url}/broken`, get());
    await expect(broken.text()).rejects.toThrow(TypeError);
  });

  test('asks over https of the authorities given, and of no other', async () => {
    const authority = await createAuthority();
    const server = createTlsServer(await authority.issue({ hosts: ['localhost'] }), (_, answer) => answer.end('{}'));
    const url = `https://localhost:${await listening(server)}/`;
    const response = await createPlatform({ ca: [authority.certificate] }).directoryFetch(url, get());
    expect(await response.json()).toEqual({});
    await expect(createPlatform().directoryFetch(url, get())).rejects.toThrow(/^fetch failed: [A-Z_]+$/);
  });

  test('does not follow a redirect', async () => {
    const url = await httpServer((_, answer) => answer.writeHead(302, { location: 'http://127.0.0.2/' }).end());
    expect((await createPlatform().directoryFetch(url, get())).status).toBe(302);
  });

  test('fails without naming the host, and with the reason of its signal', async () => {
    const url = await httpServer((_, answer) => void answer.writeHead(200).write('{'));
    const { directoryFetch } = createPlatform();
    await expect(directoryFetch('http://127.0.0.1:1/', get())).rejects.toThrow(/^fetch failed: ECONNREFUSED$/);
    const controller = new AbortController();
    const response = await directoryFetch(url, get(controller.signal));
    const body = response.text();
    controller.abort(new Error('enough'));
    await expect(body).rejects.toThrow(TypeError);
    await expect(directoryFetch(url, get(controller.signal))).rejects.toThrow('enough');
  });

  test('an answer that nobody reads to its end lets go of its connection', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const url = await httpServer((request, answer) => {
      closed = once(request.socket, 'close');
      answer.writeHead(200).write('{');
    });
    const response = await createPlatform().directoryFetch(url, get());
    await response.body?.cancel();
    await closed;
  });
});

describe('what keeps the process alive', () => {
  test('neither an open websocket nor a timer does; a hold does, until it is let go', async () => {
    const { port } = await webSocketServer();
    const platform = fileURLToPath(new URL('../../src/platform/node.ts', import.meta.url));
    const program = `
      import { createPlatform } from ${JSON.stringify(platform)};
      const platform = createPlatform();
      const release = platform.hold();
      platform.hold()();
      platform.setTimer(() => process.stdout.write('never'), 60_000);
      platform.openWebSocket('ws://127.0.0.1:${port}/', {
        open() { process.stdout.write('open'); release(); },
        message() {},
        close() { process.stdout.write('closed'); },
      });`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program]);
    let output = '';
    child.stdout.on('data', data => {
      output += data;
    });
    const [code] = await once(child, 'exit');
    expect({ code, output }).toEqual({ code: 0, output: 'open' });
  });
});

test('random bytes are plain arrays of any length', () => {
  const { randomBytes } = createPlatform();
  expect(randomBytes(0)).toEqual(new Uint8Array(0));
  expect(randomBytes(100_000)).toHaveLength(100_000);
  expect(randomBytes(32)).not.toEqual(randomBytes(32));
  expect(Buffer.isBuffer(randomBytes(1))).toBe(false);
});

function get(signal = new AbortController().signal) {
  return { headers: { Accept: 'application/json' }, signal };
}

async function webSocketServer() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  cleanups.push(() => {
    for (const peer of server.clients) peer.terminate();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** A server of one connection that knows nothing of websockets. */
async function rawServer() {
  let opening = (_: string) => {};
  let heard = (_: Uint8Array) => {};
  let answer = (_: string | Uint8Array) => {};
  const server = createTcpServer(socket => {
    socket.on('error', () => {});
    socket.once('data', head => {
      opening(head.toString('latin1'));
      socket.once('data', heard);
    });
    answer = bytes => socket.write(bytes);
    cleanups.push(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return {
    port: (server.address() as AddressInfo).port,
    opening: new Promise<string>(resolve => {
      opening = resolve;
    }),
    heard: new Promise<Uint8Array>(resolve => {
      heard = resolve;
    }),
    answer: (bytes: string | Uint8Array) => answer(bytes),
  };
}

async function httpServer(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handler);
  const port = await listening(server);
  cleanups.push(() => server.closeAllConnections());
  return `http://127.0.0.1:${port}`;
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Notes what a connection tells its owner; `until` waits for one of it. */
function recorder() {
  const seen: (string | Uint8Array)[] = [];
  let wake = () => {};
  const note = (event: string | Uint8Array) => {
    seen.push(event);
    wake();
  };
  const handlers: WebSocketHandlers = {
    open: () => note('open'),
    message: data => note(data),
    close: reason => note(`close: ${reason}`),
  };
  return {
    seen,
    handlers,
    async until(wanted: string | RegExp | Uint8Array): Promise<void> {
      const matches = (event: string | Uint8Array) =>
        wanted instanceof RegExp ? wanted.test(String(event)) : String(event) === String(wanted);
      while (!seen.some(matches))
        await new Promise<void>(resolve => {
          wake = resolve;
        });
    },
  };
}
