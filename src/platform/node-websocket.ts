/**
 * A client websocket to a gateway, over a socket of Node, which has none of its own before version 22. An idle client hears
 * three frames for each that it sends: they are read into one buffer, and no events are raised for them.
 *
 * @module
 */

import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { MixnetError } from '../errors.ts';
import { UpgradeReader } from '../http/index.ts';
import {
  ABNORMAL,
  type CloseStatus,
  checkAnswer,
  closeStatusOf,
  encodeCloseStatus,
  encodeFrame,
  encodeOpening,
  FrameReader,
  type Incoming,
  NO_STATUS,
  newKey,
  type Opcode,
  opcodes,
} from '../rfc6455/index.ts';
import {
  longestGatewayFrame,
  type Milliseconds,
  type RandomBytes,
  type WebSocketConnection,
  type WebSocketHandlers,
} from './platform.ts';

/** How long a peer may take to answer our close frame before its socket is cut. */
const CLOSING_GRACE: Milliseconds = 1_000;
/** Some twenty frames. */
const READ_BYTES = 64 * 1024;

export interface NodeWebSocketOptions {
  /** PEM certificates that replace the authorities Node trusts. */
  readonly ca: readonly string[] | undefined;
  readonly randomBytes: RandomBytes;
}

/** The socket alone does not keep the process alive, neither while it connects nor afterwards. */
export function openNodeWebSocket(
  address: string,
  handlers: WebSocketHandlers,
  { ca, randomBytes }: NodeWebSocketOptions,
): WebSocketConnection {
  const url = new URL(address.replace(/^ws/, 'http'));
  const opening = { url, protocols: [], headers: [], key: newKey(randomBytes) };
  const answers = new UpgradeReader();
  const frames = new FrameReader(longestGatewayFrame);
  let phase: 'opening' | 'open' | 'closing' | 'over' = 'opening';
  let failure: string | undefined;
  let status = ABNORMAL;
  let cut: NodeJS.Timeout | undefined;

  const socket = connect(url, ca, bytes => {
    try {
      hear(bytes);
    } catch (error) {
      fail(error);
    }
  });
  socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => socket.write(encodeOpening(opening)));
  // The text of an error names hosts and ports; its code does not.
  socket.on('error', error => {
    failure ??= 'code' in error && typeof error.code === 'string' ? error.code : 'failed';
  });
  socket.once('close', () => {
    clearTimeout(cut);
    phase = 'over';
    handlers.close(failure ?? `closed with code ${status}`);
  });
  return {
    send(data) {
      if (phase !== 'open') return;
      if (typeof data === 'string') write(opcodes.text, new TextEncoder().encode(data));
      else write(opcodes.binary, data);
    },
    get bufferedBytes() {
      return socket.writableLength;
    },
    close() {
      if (phase === 'opening') socket.destroy();
      else if (phase === 'open') beginClosing({ status: undefined, reason: '' });
    },
  };

  function hear(bytes: Uint8Array): void {
    if (phase === 'over') return;
    if (phase !== 'opening') {
      for (const incoming of frames.read(bytes)) take(incoming);
      return;
    }
    const read = answers.read(bytes);
    if (read === undefined) return;
    checkAnswer(read.answer, opening);
    phase = 'open';
    handlers.open();
    hear(read.rest);
  }

  function take(incoming: Incoming): void {
    switch (incoming.type) {
      case 'text':
        handlers.message(incoming.text);
        return;
      case 'binary':
        handlers.message(incoming.bytes);
        return;
      case 'ping':
        if (phase === 'open') write(opcodes.pong, incoming.payload);
        return;
      case 'close':
        status = incoming.status ?? NO_STATUS;
        // RFC 6455, section 5.5.1: it is answered by one with the same status.
        if (phase === 'open') beginClosing({ status: incoming.status, reason: '' });
        socket.end();
    }
  }

  function beginClosing(told: CloseStatus): void {
    phase = 'closing';
    write(opcodes.close, encodeCloseStatus(told));
    cut = setTimeout(() => socket.destroy(), CLOSING_GRACE);
  }

  function write(opcode: Opcode, payload: Uint8Array): void {
    socket.write(encodeFrame({ opcode, fin: true, payload }, randomBytes(4)));
  }

  /** The peer breaks the protocol, and is told so before it is left (section 7.1.7). */
  function fail(error: unknown): void {
    if (!(error instanceof MixnetError)) throw error;
    failure ??= error.code;
    const told = closeStatusOf(error);
    if (phase === 'open' && told !== undefined) beginClosing({ status: told, reason: '' });
    phase = 'over';
    socket.destroySoon();
  }
}

function connect(url: URL, ca: readonly string[] | undefined, hear: (bytes: Uint8Array) => void): Socket {
  const secure = url.protocol === 'https:';
  // An address of version 6 has brackets in a URL, and nowhere else.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const options: TcpNetConnectOpts = {
    host,
    port: Number(url.port || (secure ? 443 : 80)),
    noDelay: true,
    onread: {
      buffer: new Uint8Array(READ_BYTES),
      callback(length, buffer) {
        hear(buffer.subarray(0, length));
        return true;
      },
    },
  };
  const socket = secure
    ? connectTls({ ...options, ...(isIP(host) ? {} : { servername: host }), ...(ca && { ca: [...ca] }) })
    : connectTcp(options);
  // Where a name has several addresses, the one that answers may have got a handle of its own.
  socket.once('connect', () => socket.unref());
  return socket.unref();
}
