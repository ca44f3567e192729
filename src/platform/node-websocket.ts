/** A client websocket over the `ws` package: Node 20 has none of its own. */

import { WebSocket } from 'ws';
import { longestGatewayFrame, type WebSocketConnection, type WebSocketHandlers } from './platform.ts';

/** How long a peer may take to answer our close frame before its socket is cut. */
const CLOSING_GRACE = 1_000;

export function openNodeWebSocket(
  url: string,
  handlers: WebSocketHandlers,
  ca: readonly string[] | undefined,
): WebSocketConnection {
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload: longestGatewayFrame,
    ...(ca === undefined ? {} : { ca: [...ca] }),
    // The socket alone must not keep the process alive, neither while it connects nor afterwards.
    finishRequest(request) {
      request.once('socket', stream => stream.unref());
      request.end();
    },
  });
  let failure: string | undefined;
  socket.once('upgrade', response => response.socket.unref());
  socket.once('open', () => handlers.open());
  socket.on('message', (data, isBinary) => {
    const bytes = joined(data);
    handlers.message(isBinary ? bytes : new TextDecoder().decode(bytes));
  });
  // The text of an error names hosts and ports; its code does not.
  socket.on('error', error => {
    failure = 'code' in error && typeof error.code === 'string' ? error.code : 'failed';
  });
  let cut: NodeJS.Timeout | undefined;
  socket.once('close', code => {
    clearTimeout(cut);
    handlers.close(failure ?? `closed with code ${code}`);
  });
  return {
    send: data => socket.send(data, () => {}),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    close() {
      if (socket.readyState === WebSocket.CLOSED) return;
      cut ??= setTimeout(() => socket.terminate(), CLOSING_GRACE);
      socket.close();
    },
  };
}

/** A plain view, without the methods that `Buffer` has different from `Uint8Array`. */
function joined(data: Buffer | ArrayBuffer | Buffer[]): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  const bytes = Array.isArray(data) ? Buffer.concat(data) : data;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
