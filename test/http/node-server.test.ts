/** The reader and the writer against Node's own HTTP server, over loopback. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import {
  encodeChunk,
  encodeLastChunk,
  encodeRequestHead,
  type Field,
  type ResponseEnd,
  type ResponseEvent,
  type ResponseHead,
  ResponseReader,
} from '../../src/http/index.ts';

interface Answer {
  readonly heads: ResponseHead[];
  readonly body: string;
  readonly end: ResponseEnd;
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function connectTo(listener: RequestListener): Promise<Socket> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  cleanups.push(() => {
    socket.destroy();
    server.close();
    server.closeAllConnections();
  });
  await once(socket, 'connect');
  return socket;
}

function exchange(socket: Socket, request: readonly Uint8Array[], method: string): Promise<Answer> {
  const reader = new ResponseReader({ method });
  const heads: ResponseHead[] = [];
  let body = '';
  return new Promise<Answer>((resolve, reject) => {
    const take = (events: Iterable<ResponseEvent>): void => {
      try {
        for (const event of events) {
          if (event.type === 'head') heads.push(event);
          if (event.type === 'body') body += Buffer.from(event.bytes).toString();
          if (event.type === 'end') resolve({ heads, body, end: event });
        }
      } catch (error) {
        reject(error);
      }
    };
    socket.removeAllListeners();
    socket.on('data', (bytes: Buffer) => take(reader.feed(bytes)));
    socket.on('end', () => take(reader.finish()));
    socket.on('error', () => take(reader.finish()));
    for (const bytes of request) socket.write(bytes);
  });
}

function get(target: string, headers: readonly Field[] = [], method = 'GET'): Uint8Array {
  return encodeRequestHead({ method, target, headers: [['Host', 'shop.test'], ...headers] });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  return body;
}

describe('against a Node server', () => {
  test('seven requests go over one connection', async () => {
    const socket = await connectTo(async (request, response) => {
      if (request.url === '/length') return response.setHeader('content-length', 5).end('hello');
      if (request.url === '/chunks')
        return response.writeHead(200, 'Fine').write('hello, ', () => response.end('chunks'));
      if (request.url === '/empty') return response.writeHead(204).end();
      if (request.url === '/trailers') {
        response.writeHead(200, { trailer: 'digest' });
        response.write('a');
        response.addTrailers({ digest: 'abc' });
        return response.end();
      }
      if (request.url === '/hints') {
        response.writeEarlyHints({ link: '</style.css>; rel=preload' });
        return response.end('hinted');
      }
      return response.end(`${request.method} ${request.headers['content-type']} ${await bodyOf(request)}`);
    });

    const length = await exchange(socket, [get('/length')], 'GET');
    expect([length.body, length.heads[0]?.bodyLength]).toEqual(['hello', 5]);

    const chunks = await exchange(socket, [get('/chunks')], 'GET');
    expect([chunks.body, chunks.heads[0]?.statusText]).toEqual(['hello, chunks', 'Fine']);

    expect((await exchange(socket, [get('/length', [], 'HEAD')], 'HEAD')).body).toBe('');
    expect((await exchange(socket, [get('/empty')], 'GET')).heads[0]?.status).toBe(204);
    expect((await exchange(socket, [get('/trailers')], 'GET')).end.trailers).toEqual([['digest', 'abc']]);
    const hints = await exchange(socket, [get('/hints')], 'GET');
    expect(hints.heads.map(head => head.status)).toEqual([103, 200]);

    const bytes = new TextEncoder().encode('a body');
    const post = get(
      '/',
      [
        ['Content-Type', 'text/plain'],
        ['Content-Length', String(bytes.length)],
      ],
      'POST',
    );
    expect((await exchange(socket, [post, bytes], 'POST')).body).toBe('POST text/plain a body');

    const upload = get(
      '/',
      [
        ['Content-Type', 'text/plain'],
        ['Transfer-Encoding', 'chunked'],
      ],
      'PUT',
    );
    const parts = [upload, encodeChunk(bytes), encodeChunk(new Uint8Array(0)), encodeChunk(bytes), encodeLastChunk()];
    const last = await exchange(socket, parts, 'PUT');
    expect(last.body).toBe('PUT text/plain a bodya body');
    expect(last.end.reusable).toBe(true);
  });

  test('a megabyte arrives as it was sent', async () => {
    const sent = Buffer.alloc(1 << 20, 'abcdefghijk').toString();
    const socket = await connectTo((_request, response) => response.end(sent));
    const { body, end } = await exchange(socket, [get('/')], 'GET');
    expect(body === sent).toBe(true);
    expect(end.reusable).toBe(true);
  });

  test('a server that closes says so, and is believed', async () => {
    const socket = await connectTo((_request, response) => response.writeHead(200, { connection: 'close' }).end('bye'));
    expect(await exchange(socket, [get('/')], 'GET')).toMatchObject({ body: 'bye', end: { reusable: false } });
  });

  test('a body that is cut off is an error', async () => {
    const socket = await connectTo((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('only this', () => response.destroy());
    });
    await expect(exchange(socket, [get('/')], 'GET')).rejects.toMatchObject({ code: 'ERR_MIX_HTTP_TRUNCATED' });
  });
});
