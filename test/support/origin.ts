/** Web servers on loopback with a route for each thing that servers do to clients, good and bad. */

import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createGzip, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { IssuedCertificate } from './certificates.ts';
import { oddAnswers } from './odd-answers.ts';
import { text } from './text.ts';

export interface Origin {
  /** `http://127.0.0.1:port`, or of the host that was asked for. */
  readonly url: string;
  readonly port: number;
  /** TCP connections accepted so far. */
  readonly connections: number;
  /** TCP connections open now. */
  readonly open: number;
  /** Requests so far, as `METHOD /path`. */
  readonly requests: readonly string[];
  /** Ends all connections that wait for a request. */
  dropIdle(): void;
  close(): Promise<void>;
}

export interface OriginOptions {
  /** An address of this machine. Default: 127.0.0.1. */
  readonly host?: '127.0.0.1' | '::1';
  readonly certificate?: IssuedCertificate;
  /** How long it keeps an idle connection, ms; it says so in a header. Default: for ever, without saying so. */
  readonly keepAlive?: number;
  /** In front of the usual routes. */
  readonly routes?: Readonly<Record<string, RequestListener>>;
}

export async function startOrigin(options: OriginOptions = {}): Promise<Origin> {
  const { host = '127.0.0.1', certificate, keepAlive, routes = {} } = options;
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const listener: RequestListener = (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const path = new URL(request.url ?? '/', 'http://origin').pathname;
    const route = routes[path] ?? usualRoutes[path] ?? usualRoutes[`/${path.split('/')[1]}/…`] ?? notFound;
    route(request, response);
  };
  const server = certificate ? createSecureServer(certificate, listener) : createServer(listener);
  server.keepAliveTimeout = keepAlive ?? 0;
  // A request may take as long as it takes: an upload of 100 MB does.
  server.requestTimeout = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>(resolve => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${certificate ? 'https' : 'http'}://${host === '::1' ? '[::1]' : host}:${port}`,
    port,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    requests,
    dropIdle: () => server.closeIdleConnections(),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** What `/echo` answers. */
export interface Echo {
  readonly method: string;
  readonly url: string;
  /** As they came: names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A route `/name/…` gets everything below `/name/`. */
const usualRoutes: Readonly<Record<string, RequestListener>> = {
  '/echo': async (request, response) => {
    const body = (await bytesOf(request))?.toString('latin1');
    if (body === undefined) return;
    const { method = '', url = '', rawHeaders, headers } = request;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method, url, rawHeaders, headers: headers as Echo['headers'], body } satisfies Echo));
  },
  '/text': (_, response) => response.end(text),
  '/json': (_, response) => response.setHeader('content-type', 'application/json').end('{"answer":42}'),
  '/status/…': (request, response) => {
    response.statusCode = Number(last(request));
    response.end();
  },
  /** `/redirect/307?to=/echo` */
  '/redirect/…': (request, response) => {
    const url = new URL(request.url ?? '', 'http://origin');
    const to = url.searchParams.get('to');
    if (!/^[1-9]\d\d$/.test(last(request))) return notFound(request, response);
    response.writeHead(Number(last(request)), to === null ? {} : { location: to });
    response.end('moved');
  },
  '/redirect-to-umlaut': (_, response) =>
    response.writeHead(302, { location: Buffer.from('/ü').toString('latin1') }).end(),
  /** `/countdown/3`: so many redirects. */
  '/countdown/…': (request, response) => {
    const left = Number(last(request));
    if (left === 0) response.end('landed');
    else response.writeHead(302, { location: `/countdown/${left - 1}` }).end();
  },
  /** `/bytes/1000000` */
  '/bytes/…': (request, response) => {
    const length = Number(last(request));
    response.writeHead(200, { 'content-length': length });
    sendBytes(response, length);
  },
  /** `/drip/5`: so many pieces, 10 ms apart. */
  '/drip/…': (request, response) => {
    let left = Number(last(request));
    const timer = setInterval(() => {
      response.write(`piece ${left};`);
      left -= 1;
      if (left > 0) return;
      clearInterval(timer);
      response.end();
    }, 10);
  },
  '/silence': () => {},
  '/silence-after-head': (_, response) => {
    response.writeHead(200, { 'content-length': 1_000_000 });
    response.write('first');
  },
  '/silence-before-end': (_, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('first');
  },
  '/early-hints': (_, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.writeProcessing();
    response.end('after the hints');
  },
  '/cookies': (_, response) => {
    response.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT']);
    response.end();
  },
  '/close': (_, response) => response.setHeader('connection', 'close').end('good-bye'),
  '/until-close': raw('HTTP/1.1 200 OK\r\n\r\nuntil the end'),
  '/until-close-1.0': raw('HTTP/1.0 200 OK\r\n\r\nuntil the end'),
  '/trailers': raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwith\r\n0\r\nX-Sum: 4\r\n\r\n'),
  '/status-999': raw('HTTP/1.1 999 Request denied\r\nContent-Length: 2\r\n\r\nno'),
  '/latin1': raw('HTTP/1.1 200 Tr\u00e8s bien\r\nX-Name: caf\u00e9\r\nContent-Length: 0\r\n\r\n'),
  '/short-length': raw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this'),
  '/short-chunks': raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'),
  '/garbage': raw('SSH-2.0-OpenSSH_9.2\r\n'),
  '/empty': raw(''),
  /** `/odd/folded-field` */
  '/odd/…': (request, response) => raw(oddAnswers[last(request)] ?? '')(request, response),
  /** A body of ten bytes, or of the range that is asked for. */
  '/range': (request, response) => {
    const [, from, to = '9'] = /^bytes=(\d+)-(\d+)?$/.exec(request.headers.range ?? '') ?? [];
    if (from === undefined) return void response.setHeader('accept-ranges', 'bytes').end('0123456789');
    if (Number(from) > 9) return void response.writeHead(416, { 'content-range': 'bytes */10' }).end();
    response.writeHead(206, { 'content-range': `bytes ${from}-${to}/10` });
    response.end('0123456789'.slice(Number(from), Number(to) + 1));
  },
  /** Has an entity tag, and does not send again what the client has. */
  '/tagged': (request, response) => {
    response.setHeader('etag', '"1"');
    if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
    else response.end('tagged');
  },
  '/endless-head': (request, _) => {
    const { socket } = request;
    socket.write('HTTP/1.1 200 OK\r\n');
    const line = `X-Filler: ${'x'.repeat(1000)}\r\n`;
    const more = () => {
      while (socket.writable && socket.write(line));
    };
    socket.on('drain', more);
    more();
  },
  '/two-answers': raw(
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond',
  ),
  '/refuse-upload': (_, response) => {
    response.writeHead(413, { connection: 'close' }).end('too much');
  },
  '/gzip': coded('gzip', gzipSync(text)),
  '/x-gzip': coded('x-gzip', gzipSync(text)),
  '/deflate': coded('deflate', deflateSync(text)),
  '/deflate-raw': coded('deflate', deflateRawSync(text)),
  '/gzip-members': coded('gzip', Buffer.concat([gzipSync(text.slice(0, 100)), gzipSync(text.slice(100))])),
  '/gzip-deflate': coded('gzip, deflate', deflateSync(gzipSync(text))),
  '/gzip-empty': coded('gzip', Buffer.alloc(0)),
  '/gzip-short': coded('gzip', gzipSync(text).subarray(0, -20)),
  '/gzip-corrupt': coded('gzip', Buffer.from(gzipSync(text)).fill(0x55, 20, 40)),
  '/gzip-plain': coded('gzip', Buffer.from('this is not gzip')),
  '/gzip-bomb': (_, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync(Buffer.alloc(64 * 1024 * 1024)));
  },
  /** Cut short by the connection. */
  '/gzip-cut': (_, response) => {
    const whole = gzipSync(text.repeat(50));
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': whole.length });
    response.write(whole.subarray(0, -50), () => response.destroy());
  },
  /** One piece, and then nothing more. */
  '/gzip-slow': (_, response) => {
    const gzip = createGzip();
    response.setHeader('content-encoding', 'gzip');
    gzip.pipe(response);
    gzip.write('first');
    gzip.flush();
  },
  '/unknown-coding': coded('br', Buffer.from('brotli would be here')),
  '/six-codings': coded('gzip, gzip, gzip, gzip, gzip, gzip', Buffer.from('anything')),
};

const notFound: RequestListener = (_, response) => {
  response.statusCode = 404;
  response.end('no such route');
};

function raw(answer: string): RequestListener {
  return request => void request.socket.end(Buffer.from(answer, 'latin1'));
}

function coded(coding: string, body: Buffer): RequestListener {
  return (_, response) => {
    response.writeHead(200, { 'content-encoding': coding, 'content-length': body.length });
    response.end(body);
  };
}

function sendBytes(response: ServerResponse, length: number): void {
  const piece = Buffer.alloc(64 * 1024, 'abcdefghijklmnopqrstuvwxyz');
  let left = length;
  const more = () => {
    while (left > 0 && !response.destroyed) {
      const size = Math.min(left, piece.length);
      left -= size;
      if (!response.write(piece.subarray(0, size))) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}

function last(request: IncomingMessage): string {
  return new URL(request.url ?? '', 'http://origin').pathname.split('/').at(-1) ?? '';
}

/** `undefined` if the client goes away before the end. */
async function bytesOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of request) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  } catch {
    return undefined;
  }
}
