/** The same script with our socket and with that of undici, against the same server: event by event the same. */

import { WebSocket as UndiciWebSocket } from 'undici';
import { expect, test } from 'vitest';
import type { WebSocket as ServerSocket } from 'ws';
import { bed, echo, happens, logOf, type PeerOptions, startPeer } from './bed.ts';

interface Script {
  readonly what: string;
  readonly options?: PeerOptions;
  readonly greet?: (socket: ServerSocket) => void;
  readonly protocols?: string[];
  /** Where ours is another on purpose, and undici does not do as the standard has it. */
  readonly differs?: Partial<Awaited<ReturnType<typeof run>>>;
  readonly act?: (socket: WebSocket, log: string[]) => unknown;
}

const scripts: Script[] = [
  {
    what: 'an echo of text, bytes and blobs',
    act: async (socket, log) => {
      socket.binaryType = 'arraybuffer';
      await happens(socket, 'open');
      for (const data of ['text ✓', '', new Uint8Array([1, 2]), new Blob(['x']), '\ud800']) socket.send(data);
      await expect.poll(() => log.length).toBe(6);
      socket.close(1000, 'done');
    },
  },
  {
    what: 'blobs',
    act: async socket => {
      await happens(socket, 'open');
      socket.send(new Uint8Array(70_000));
      await happens(socket, 'message');
      socket.close();
    },
  },
  { what: 'a sub-protocol', protocols: ['chat', 'soap'], act: socket => closeWhenOpen(socket) },
  { what: 'a close with a code', act: socket => closeWhenOpen(socket, 4321) },
  { what: 'a close with a reason alone', act: socket => closeWhenOpen(socket, undefined, 'reason') },
  { what: 'a close by the server', greet: socket => socket.close(1001, 'going') },
  { what: 'a close by the server without a status', greet: socket => socket.close() },
  { what: 'a server that is gone', greet: socket => void setTimeout(() => socket.terminate(), 50) },
  {
    what: 'fragments',
    greet: socket => {
      socket.send('a', { fin: false });
      socket.send('b', { fin: true });
      socket.close(1000);
    },
  },
  {
    what: 'text that is not UTF-8',
    greet: socket => socket.send(Buffer.from([0xff]), { binary: false }),
  },
  { what: 'a handshake that is refused', options: { verifyClient: () => false } },
  { what: 'closing while it connects', differs: { state: 3 }, act: socket => socket.close() },
  {
    what: 'closing twice, and sending in between',
    differs: { buffered: 4 },
    act: async socket => {
      await happens(socket, 'open');
      socket.close(3000, 'first');
      socket.send('lost');
      socket.close(3001, 'second');
    },
  },
];

async function closeWhenOpen(socket: WebSocket, code?: number, reason?: string): Promise<void> {
  await happens(socket, 'open');
  socket.close(code, reason);
}

async function run(Class: typeof WebSocket, url: string, { protocols = [], act }: Script) {
  const socket = new Class(url, protocols);
  const log = logOf(socket);
  const closed = happens(socket, 'close');
  await act?.(socket, log);
  await closed;
  return { log, url: socket.url, buffered: socket.bufferedAmount, state: socket.readyState };
}

test.each(scripts)('$what', async script => {
  const { url } = await startPeer(script.options, script.greet ?? echo);
  const theirs = await run(UndiciWebSocket as unknown as typeof WebSocket, url, script);
  expect(await run(bed().WebSocket, url, script)).toEqual({ ...theirs, ...script.differs });
});
