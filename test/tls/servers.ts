/** TLS servers on loopback, streams to them, and what may stand between the two. */

import { once } from 'node:events';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { afterEach } from 'vitest';
import { listen, type TcpStream, tcpStream } from '../support/tcp-stream.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Starts a TLS server and returns its port. Errors of its sockets are its clients' business. */
export async function tlsServer(options: TlsOptions, serve: (socket: TLSSocket) => void = () => {}): Promise<number> {
  const server = createServer(options, socket => {
    socket.on('error', () => {});
    serve(socket);
  });
  server.on('tlsClientError', () => {});
  return opened(server);
}

export async function tcpServer(serve: (socket: Socket) => void): Promise<number> {
  return opened(
    createTcpServer({ allowHalfOpen: true }, socket => {
      socket.on('error', () => {});
      serve(socket);
    }),
  );
}

async function opened(server: ReturnType<typeof createTcpServer>): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  cleanups.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (await listen(server)).port;
}

export async function connectTo(port: number): Promise<TcpStream> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  cleanups.push(() => socket.destroy());
  await once(socket, 'connect');
  return tcpStream(socket);
}

/** A relay before `port`, which changes what the server sends once the server has ended. It does not pass on the client's end. */
export function relay(port: number, change: (sent: Buffer) => Buffer): Promise<number> {
  return tcpServer(client => {
    const server = connect({ port, host: '127.0.0.1', noDelay: true });
    cleanups.push(() => server.destroy());
    server.on('error', () => client.destroy());
    client.on('data', bytes => server.write(bytes));
    // The handshake goes through as it comes. What follows the first request is held until the server is done.
    const held: Buffer[] = [];
    let requested = false;
    server.on('data', (bytes: Buffer) => (requested ? held.push(bytes) : client.write(bytes)));
    server.on('end', () => client.end(change(Buffer.concat(held))));
    client.once('close', () => server.destroy());
    requests.set(client.remotePort ?? 0, () => {
      requested = true;
    });
  });
}

const requests = new Map<number, () => void>();

/** From now on, the relay holds what the server sends on this connection. */
export function holdAnswers(stream: TcpStream): void {
  requests.get(stream.socket.localPort ?? 0)?.();
}
