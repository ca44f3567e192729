/** A TCP connection over loopback as a pair of web streams, which keeps next to nothing in memory. */

import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { ByteStream } from '../../src/tls/index.ts';

export interface TcpStream extends ByteStream {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  /** Bytes received so far. */
  readonly received: number;
}

export function tcpStream(socket: Socket): TcpStream {
  let received = 0;
  socket.pause();
  const closed = new Promise<void>((resolve, reject) => {
    socket.on('error', reject).on('close', () => resolve());
  });
  closed.catch(() => {});
  let cancelled = false;
  const readable = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        socket.on('data', (bytes: Buffer) => {
          received += bytes.length;
          socket.pause();
          controller.enqueue(new Uint8Array(bytes));
        });
        socket.on('end', () => cancelled || controller.close());
        socket.on('error', error => controller.error(error));
      },
      pull() {
        socket.resume();
      },
      cancel() {
        cancelled = true;
        socket.destroy();
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array>({
    write: bytes => new Promise((resolve, reject) => socket.write(bytes, error => (error ? reject(error) : resolve()))),
    close: () => new Promise(resolve => socket.end(resolve)),
    abort: () => void socket.destroy(),
  });
  return {
    readable,
    writable,
    closed,
    socket,
    get received() {
      return received;
    },
    close(reason) {
      cancelled = true;
      socket.end(() => socket.destroy());
      if (reason !== undefined) socket.destroy();
      return closed;
    },
  };
}

/** Listens on a free port of 127.0.0.1. */
export async function listen<S extends Server>(server: S): Promise<{ server: S; port: number }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}
