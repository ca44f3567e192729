import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { GatewayHost, Peer } from './gateway-host.ts';

/** Puts a gateway behind a real websocket server on the loopback. */
export async function listen(
  host: GatewayHost,
  port = 0,
): Promise<{ url: string; port: number; close(): Promise<void> }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port });
  await once(server, 'listening');
  server.on('connection', socket => {
    const { receive, closed } = host.accept(peerOf(socket));
    socket.on('message', (data: Buffer, isBinary) => receive(isBinary ? new Uint8Array(data) : data.toString()));
    socket.on('close', closed);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `ws://127.0.0.1:${bound}/`,
    port: bound,
    async close() {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

function peerOf(socket: WebSocket): Peer {
  return {
    send: data => socket.send(data),
    cut: () => socket.terminate(),
    ping: () =>
      new Promise(resolve => {
        const timer = setTimeout(() => resolve(false), 1_000);
        socket.once('pong', () => {
          clearTimeout(timer);
          resolve(true);
        });
        socket.ping(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
      }),
  };
}
