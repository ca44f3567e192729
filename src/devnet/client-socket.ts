/** The gateway's end of a client's websocket, over a socket or inside the process. */

export interface ClientSocket {
  send(data: string | Uint8Array): void;
  /** Whether the client answers a ping within a second. */
  ping(): Promise<boolean>;
  /** Ends the connection without a closing handshake, after what was sent. */
  cut(): void;
}

/** What the gateway wants to be told of it. */
export interface ClientSocketHandlers {
  message(data: string | Uint8Array): void;
  /** False where it must not be answered. */
  pinged(): boolean;
  /** Once. */
  closed(): void;
}

export type Accept = (socket: ClientSocket) => ClientSocketHandlers;
