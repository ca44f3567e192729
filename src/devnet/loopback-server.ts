import type { Server as HttpServer } from 'node:http';
import type { Server } from 'node:net';

/** Resolves to the port: any free one, or the one asked for. */
export function listenOnLoopback(server: Server, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('a server without a port'));
      else resolve(address.port);
    });
  });
}

/** Resolves when its port is free; connections are cut by whoever holds them, but for those of HTTP. */
export function closeServer(server: Server | HttpServer): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve());
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
}
