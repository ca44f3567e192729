import { createServer } from 'node:net';
import { listen } from '../support/tcp-stream.ts';

/** For a program that must be told its port. */
export async function freePort(): Promise<number> {
  const { server, port } = await listen(createServer());
  await new Promise(resolve => server.close(resolve));
  return port;
}
