/** The proxy: listens, and keeps count of its connections. */

import { createServer } from 'node:net';
import { createPlatform } from '#platform';
import * as limits from '../../limits.ts';
import { checkOptionNames } from '../../option-names.ts';
import type { Milliseconds, Platform } from '../../platform/platform.ts';
import { checkPlace, listen, secretCheck, urlOf } from '../place.ts';
import { SocksConnection, type StreamSource } from './connection.ts';
import { Handshake } from './handshake.ts';

export interface Socks5ServerOptions {
  /** An IP address of this machine. One that others can reach needs a `password`. Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** 0 takes any that is free. Default 1080. */
  readonly port?: number | undefined;
  /**
   * Without it, none is demanded, and user name and password only tell programs apart. With it, a program must give it, 1 to
   * 255 bytes, and the user name tells programs apart; SOCKS4 is refused, since it has none.
   */
  readonly password?: string | undefined;
  /** The Nym address of the one network requester to use. Default: as of the client. */
  readonly exit?: string | undefined;
  /** Until an exit has connected, ms. Default 30 000. */
  readonly connectTimeoutMs?: Milliseconds | undefined;
  /** Ends the proxy, as `close()` does. */
  readonly signal?: AbortSignal | undefined;
  /** Clock and timers. Default: those of Node. */
  readonly platform?: Pick<Platform, 'now' | 'setTimer'> | undefined;
}

export interface Socks5Server extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `socks5h://…`: the form by which programs are told to leave names to the proxy. */
  readonly url: string;
  /** Open now, handshakes included. */
  readonly connections: number;
  /**
   * Takes no more connections, and ends those there are: at once, or with `drain` when they end by themselves, and after so
   * many ms. All calls resolve when the last is over; the client stays open.
   */
  close(options?: { readonly drain?: Milliseconds }): Promise<void>;
}

/**
 * A proxy for SOCKS5, SOCKS4 and SOCKS4a, whose connections leave the mixnet through an exit. Resolves when it listens;
 * rejects with the error of the system if it cannot, or the signal's reason.
 *
 * - Names are resolved by the exit. A program that resolves them itself has told them to somebody before the proxy could
 *   help: `socks5h:`, not `socks5:`.
 * - CONNECT alone. Success is said when the exit has connected; a failure has the code that fits.
 * - Connections of different users or passwords cannot be linked by the exit, as with Tor.
 * - An exit cuts a connection five minutes after the last byte sent up. The program then reads the end; where bytes were on
 *   their way, or for every other failure, a reset.
 * - Exits know no half-closed connection: who ends sending is still read to, until nothing has come for 30 seconds.
 *
 * @throws TypeError for an option that cannot be, or a host that others can reach without a password.
 */
export async function createSocks5Server(
  client: StreamSource,
  options: Socks5ServerOptions = {},
): Promise<Socks5Server> {
  checkOptions(options);
  const { password, exit, connectTimeoutMs, signal, platform = createPlatform() } = options;
  signal?.throwIfAborted();
  const { host = DEFAULT_PLACE.host } = options;
  const isPassword = password === undefined ? undefined : secretCheck(password);
  const connections = new Set<SocksConnection>();
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, socket => {
    const connection = new SocksConnection({
      socket,
      handshake: new Handshake({ isPassword }),
      source: client,
      platform,
      exit,
      connectTimeout: connectTimeoutMs,
    });
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  });
  // One more is closed as soon as it is accepted.
  server.maxConnections = limits.socksConnections;
  const port = await listen(server, { host, port: options.port ?? DEFAULT_PLACE.port });
  const whileOpen = new AbortController();
  let closed: Promise<void> | undefined;
  const close: Socks5Server['close'] = async ({ drain = 0 } = {}) => {
    closed ??= new Promise<void>(resolve => server.close(() => resolve())).then(() => whileOpen.abort());
    const end = () => {
      for (const connection of connections) connection.close();
    };
    const timer = drain > 0 ? platform.setTimer(end, drain) : undefined;
    if (timer === undefined) end();
    await closed;
    timer?.cancel();
  };
  signal?.addEventListener('abort', () => void close(), { signal: whileOpen.signal });
  if (signal?.aborted) await close();
  signal?.throwIfAborted();
  return {
    host,
    port,
    url: urlOf('socks5h', { host, port }),
    get connections() {
      return connections.size;
    },
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

const optionNames = ['host', 'port', 'password', 'exit', 'connectTimeoutMs', 'signal', 'platform'];

function checkOptions(options: Socks5ServerOptions): void {
  checkOptionNames(options, optionNames);
  const { host = DEFAULT_PLACE.host, port = DEFAULT_PLACE.port, password } = options;
  if (password !== undefined && !isBetween(Buffer.byteLength(password), 1, 255)) {
    throw new TypeError('The option "password" must have 1 to 255 bytes.');
  }
  checkPlace({ host, port }, { option: 'password', value: password });
}

function isBetween(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

const DEFAULT_PLACE = { host: '127.0.0.1', port: 1080 };
