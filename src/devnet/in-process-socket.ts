import type { WebSocketConnection, WebSocketHandlers } from '../platform/platform.ts';
import type { Accept, ClientSocketHandlers } from './client-socket.ts';

/** A websocket without a socket: what one side sends the other gets a moment later, in order. */
export class InProcessSocket implements WebSocketConnection {
  readonly bufferedBytes = 0;
  readonly #client: WebSocketHandlers;
  #server: ClientSocketHandlers | undefined;
  #closed = false;

  constructor(client: WebSocketHandlers) {
    this.#client = client;
  }

  /** The gateway takes the connection. */
  open(accept: Accept): void {
    queueMicrotask(() => {
      if (this.#closed) return;
      this.#client.open();
      if (this.#closed) return;
      this.#server = accept({
        send: data => queueMicrotask(() => this.#closed || this.#client.message(data)),
        ping: async () => !this.#closed,
        cut: () => this.end('closed with code 1006'),
      });
    });
  }

  send(data: string | Uint8Array): void {
    if (!this.#closed) queueMicrotask(() => this.#server?.message(data));
  }

  close(): void {
    this.end('closed with code 1005');
  }

  /** For whatever reason; each side hears of it once. */
  end(reason: string): void {
    if (this.#closed) return;
    queueMicrotask(() => {
      if (this.#closed) return;
      this.#closed = true;
      this.#server?.closed();
      this.#client.close(reason);
    });
  }
}
