/** What the services offer to programs on this machine. */

import type { MixnetClient } from '../../mixnet-client/index.ts';
import { createSocks5Server, createWebSocketService } from '../../servers/index.ts';
import type { ServiceName } from '../command.ts';

export interface FaceOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly password?: string | undefined;
  /** Of web pages, at the websocket. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Of the proxy. */
  readonly connectTimeoutMs?: number | undefined;
}

/** One that listens. */
export interface Face {
  readonly url: string;
  /** With `drain`, what is open gets so many ms to end. */
  close(options: { readonly drain: number }): Promise<void>;
}

export interface FaceDescription {
  readonly about: string;
  readonly open: (client: MixnetClient, options: FaceOptions) => Promise<Face>;
}

export const faces: Readonly<Record<ServiceName, FaceDescription>> = {
  socks5: {
    about: 'a SOCKS proxy into the mixnet; programs take its URL as it is: socks5h leaves names to the exit',
    open: (client, { host, port, password, connectTimeoutMs }) =>
      createSocks5Server(client, { host, port, password, connectTimeoutMs }),
  },
  client: {
    about: 'a websocket by which programs send and receive messages, as with nym-client',
    open: (client, { host, port, password, allowedOrigins }) =>
      createWebSocketService(client, { host, port, token: password, allowedOrigins }),
  },
};
