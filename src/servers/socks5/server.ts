/** The proxy: listens, and keeps count of its connections. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { createPlatform } from '#platform';
import { isWithin, parseIpAddress } from '../../ip-address.ts';
import { limits } from '../../limits.ts';
import type { Milliseconds, Platform } from '../../platform/platform.ts';
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
 * rejects with the error of the system if it cannot.
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
  const { host = '127.0.0.1', port = 1080, password, exit, connectTimeoutMs, platform = createPlatform() } = options;
  const isPassword = password === undefined ? undefined : passwordCheck(password);
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
  server.maxConnections = limits.socksConnections.value;
  const listening = await listen(server, host, port);
  let closed: Promise<void> | undefined;
  const close: Socks5Server['close'] = async ({ drain = 0 } = {}) => {
    closed ??= new Promise<void>(resolve => server.close(() => resolve()));
    const end = () => {
      for (const connection of connections) connection.close();
    };
    const timer = drain > 0 ? platform.setTimer(end, drain) : undefined;
    if (timer === undefined) end();
    await closed;
    timer?.cancel();
  };
  return {
    host,
    port: listening,
    url: `socks5h://${host.includes(':') ? `[${host}]` : host}:${listening}`,
    get connections() {
      return connections.size;
    },
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

const optionNames = ['host', 'port', 'password', 'exit', 'connectTimeoutMs', 'platform'];

function checkOptions(options: Socks5ServerOptions): void {
  const unknown = Object.keys(options).find(name => !optionNames.includes(name));
  if (unknown !== undefined) throw new TypeError(`There is no option "${unknown}".`);
  const { host = '127.0.0.1', port = 1080, password } = options;
  const address = parseIpAddress(host);
  if (address === undefined) throw new TypeError('The option "host" must be an IP address.');
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new TypeError('The option "port" must be 0 to 65535.');
  if (password !== undefined && !isBetween(Buffer.byteLength(password), 1, 255)) {
    throw new TypeError('The option "password" must have 1 to 255 bytes.');
  }
  if (password === undefined && !isLoopback(address)) {
    throw new TypeError('The option "host" is an address that others can reach: that needs the option "password".');
  }
}

function isBetween(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

function isLoopback(address: Uint8Array): boolean {
  return LOOPBACK.some(({ prefix, bits }) => prefix.length === address.length && isWithin(address, prefix, bits));
}

/** 127.0.0.0/8 and ::1. */
const LOOPBACK = [
  { prefix: Uint8Array.of(127, 0, 0, 0), bits: 8 },
  { prefix: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), bits: 128 },
];

/** Takes as long for every password of one length; hashed, since lengths are no secret only when they are equal. */
function passwordCheck(password: string): (given: Uint8Array) => boolean {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
  const wanted = digest(Buffer.from(password));
  return given => timingSafeEqual(digest(given), wanted);
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
