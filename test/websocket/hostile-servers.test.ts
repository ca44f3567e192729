/** Whatever a server sends: the socket ends as the RFC has it, the server is told why, and nothing is left behind. */

import { createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptOf } from '../../src/rfc6455/handshake.ts';
import { bed, expectQuiet, happens, logOf } from './bed.ts';

let server: Server;
let url: string;
/** What the server does with the handshake of the client. */
let answer: (socket: Socket, key: string) => void;

beforeAll(async () => {
  server = createServer(socket => {
    socket.on('error', () => {});
    socket.once('data', data => answer(socket, /sec-websocket-key: (.*)\r/i.exec(data.toString('latin1'))?.[1] ?? ''));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `ws://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
});
afterAll(() => void server.close());

function accepted(key: string, more = ''): string {
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n${more}\r\n`;
}

/** The events of a socket, the code of its error, and the bytes that the server got after the handshake. */
async function meet(act: typeof answer, protocols: string[] = []) {
  const got: Buffer[] = [];
  const ended = new Promise<void>(resolve => {
    answer = (socket, key) => {
      socket.on('data', data => got.push(data));
      socket.on('close', () => resolve());
      act(socket, key);
    };
  });
  const it = bed({ socket: { mixnet: { timeouts: { headers: 500 } } } });
  const socket = new it.WebSocket(url, protocols);
  const log = logOf(socket);
  let code: unknown;
  socket.onerror = event => {
    code = (event as Event & { error: { code: unknown } }).error.code;
  };
  await happens(socket, 'close');
  await expectQuiet(it);
  await ended;
  return { log, code, got: unmasked(Buffer.concat(got)) };
}

/** A short frame of the client. */
function unmasked(frame: Buffer): string {
  const length = (frame[1] ?? 0) & 0x7f;
  const payload = frame.subarray(6, 6 + length).map((byte, i) => byte ^ (frame[2 + (i % 4)] ?? 0));
  return Buffer.concat([frame.subarray(0, 1), payload]).toString('hex');
}

describe('a handshake', () => {
  const REFUSED = 'ERR_MIX_WEBSOCKET_REFUSED';
  const answers: [what: string, head: (key: string) => string, code: string, protocols?: string[]][] = [
    ['200', () => 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', REFUSED],
    ['a redirect', () => 'HTTP/1.1 302 Found\r\nLocation: ws://other.test/\r\n\r\n', REFUSED],
    ['401', () => 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n', REFUSED],
    ['no Upgrade', key => accepted(key).replace('Upgrade: websocket\r\n', ''), REFUSED],
    ['another Upgrade', key => accepted(key).replace('websocket', 'h2c'), REFUSED],
    ['no Connection', key => accepted(key).replace('Connection: Upgrade\r\n', ''), REFUSED],
    ['the answer to another key', () => accepted('another'), REFUSED],
    ['no answer to the key', key => accepted(key).replace(/Sec.*\r\n/, ''), REFUSED],
    ['two answers', key => accepted(key, `Sec-WebSocket-Accept: ${acceptOf(key)}\r\n`), REFUSED],
    ['compression', key => accepted(key, 'Sec-WebSocket-Extensions: permessage-deflate\r\n'), REFUSED],
    ['an unasked sub-protocol', key => accepted(key, 'Sec-WebSocket-Protocol: chat\r\n'), REFUSED],
    ['another sub-protocol', key => accepted(key, 'Sec-WebSocket-Protocol: other\r\n'), REFUSED, ['chat']],
    ['no sub-protocol', key => accepted(key), REFUSED, ['chat']],
    ['two sub-protocols', key => accepted(key, 'Sec-WebSocket-Protocol: chat, soap\r\n'), REFUSED, ['chat', 'soap']],
    ['no HTTP', () => 'SSH-2.0-server\r\n', 'ERR_MIX_HTTP_MALFORMED'],
    ['half a head', () => 'HTTP/1.1 101 Swit', 'ERR_MIX_HTTP_TRUNCATED'],
    ['nothing', () => '', 'ERR_MIX_HTTP_TRUNCATED'],
    ['a head without end', () => `HTTP/1.1 101 OK\r\nX: ${'x'.repeat(70_000)}`, 'ERR_MIX_HTTP_TOO_LARGE'],
  ];
  test.each(answers)('with %s fails', async (_, head, code, protocols) => {
    const met = await meet((socket, key) => socket.end(head(key)), protocols);
    expect(met).toEqual({ log: ['error 3', 'close 3 1006 "" unclean'], code, got: '' });
  });

  test('may be preceded by other informational answers, and be spelt in any case', async () => {
    const met = await meet((socket, key) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
      socket.end(`${accepted(key).replace('websocket', 'WebSocket').replace(': Upgrade', ': keep-alive, upgrade')}`);
    });
    expect(met.log).toEqual(['open 1 ""', 'error 3', 'close 3 1006 "" unclean']);
    expect(met.code).toBe('ERR_MIX_WEBSOCKET_TRUNCATED');
  });

  test('that never ends is given up', async () => {
    const met = await meet(socket => void socket.write('HTTP/1.1 101 OK\r\n'));
    expect(met.code).toBe('ERR_MIX_TIMEOUT_HEADERS');
  });
});

describe('frames', () => {
  const faults: [what: string, frames: string, status: number, code: string][] = [
    ['a reserved bit', 'c100', 1002, 'ERR_MIX_WEBSOCKET_MALFORMED'],
    ['a mask', '818100000000', 1002, 'ERR_MIX_WEBSOCKET_MALFORMED'],
    ['an unknown kind', '8300', 1002, 'ERR_MIX_WEBSOCKET_MALFORMED'],
    ['a fragmented ping', '0900', 1002, 'ERR_MIX_WEBSOCKET_MALFORMED'],
    ['a continuation of nothing', '8000', 1002, 'ERR_MIX_WEBSOCKET_MALFORMED'],
    ['a close with 1005', '880203ed', 1002, 'ERR_MIX_WEBSOCKET_MALFORMED'],
    ['text that is not UTF-8', '8102c328', 1007, 'ERR_MIX_WEBSOCKET_TEXT'],
    ['a message that is too large', '827f0000000010000000', 1009, 'ERR_MIX_WEBSOCKET_TOO_LARGE'],
  ];
  test.each(faults)('with %s end the connection, and the server is told why', async (_, frames, status, code) => {
    const met = await meet((socket, key) => {
      socket.write(accepted(key));
      socket.write(Buffer.from(`8101 61${frames}`.replaceAll(' ', ''), 'hex'));
    });
    expect(met).toEqual({
      log: ['open 1 ""', 'message "a"', 'error 3', 'close 3 1006 "" unclean'],
      code,
      got: `88${status.toString(16).padStart(4, '0')}`,
    });
  });

  test('after a close are not looked at', async () => {
    const met = await meet((socket, key) => {
      socket.write(accepted(key));
      socket.write(Buffer.from('880203e8ffffff', 'hex'));
    });
    expect(met).toEqual({ log: ['open 1 ""', 'close 3 1000 "" clean'], code: undefined, got: '8803e8' });
  });

  test('that say goodbye together with TCP make a clean end', async () => {
    const met = await meet((socket, key) => socket.end(Buffer.from(`${accepted(key)}\x88\x02\x03\xe8`, 'latin1')));
    expect(met.log).toEqual(['open 1 ""', 'close 3 1000 "" clean']);
  });

  test('of a thousand pings are answered, by the last at least', async () => {
    const met = await meet((socket, key) => {
      socket.write(accepted(key));
      for (let i = 0; i < 1_000; i++) socket.write(Buffer.from('890161', 'hex'));
      socket.write(Buffer.from('880203e8', 'hex'));
    });
    expect(met.log).toEqual(['open 1 ""', 'close 3 1000 "" clean']);
    expect(met.got).toBe('8a61');
  });

  test('of any bytes: the socket closes, once, with an error of ours or none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }), async pieces => {
        const met = await meet((socket, key) => {
          socket.write(accepted(key));
          for (const piece of pieces) socket.write(piece);
          socket.end();
        });
        expect(met.log.filter(line => line.startsWith('close')).length).toBe(1);
        expect(met.log.at(-1)).toMatch(/^close/);
        if (met.code !== undefined) expect(met.code).toMatch(/^ERR_MIX_WEBSOCKET_/);
      }),
      { numRuns: 100 },
    );
  });
});
