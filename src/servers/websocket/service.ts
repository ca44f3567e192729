/** The service: a door, the programs that have come in by it, and the client. */

import { createPlatform } from '#platform';
import { parseRecipient } from '../../message/index.ts';
import { checkOptionNames } from '../../option-names.ts';
import type { Milliseconds, Platform } from '../../platform/platform.ts';
import { checkPlace, listen, secretCheck, urlOf } from '../place.ts';
import { isOrigin } from './admission.ts';
import { Door } from './door.ts';
import { Mailroom } from './mailroom.ts';
import { type MessageClient, Program } from './program.ts';

export interface WebSocketServiceOptions {
  /** An IP address of this machine. One that others can reach needs a `token`. Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** 0 takes any that is free. Default 1977. */
  readonly port?: number | undefined;
  /**
   * Demanded of every program, as `Authorization: Bearer …` or `?token=…`. Without it whoever has an account on this machine
   * can use the client.
   */
  readonly token?: string | undefined;
  /** Of web pages that may connect, as `https://app.example.org`. Default: none. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Ends the service, as `close()` does. */
  readonly signal?: AbortSignal | undefined;
  /** Timers. Default: those of Node. */
  readonly platform?: Pick<Platform, 'setTimer'> | undefined;
}

export interface WebSocketService extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `ws://…`, without a token. */
  readonly url: string;
  /** Open now, handshakes included. */
  readonly connections: number;
  /** Messages that have come and that a program has not been given yet; see `limits`. */
  readonly waiting: number;
  /** Messages that were given up since more came than may wait. */
  readonly givenUp: number;
  /**
   * Takes no more connections, and ends those there are: at once, or with `drain` when they end by themselves, and after so
   * many ms. All calls resolve when the last is over; the client stays open, and sends what it has accepted.
   */
  close(options?: { readonly drain?: Milliseconds }): Promise<void>;
}

/**
 * The local API of Nym's native client, `nym-client`, over this one: programs connect by websocket, send and receive messages
 * as JSON or as bytes. Resolves when it listens; rejects with the error of the system if it cannot, or the signal's reason.
 *
 * - What is received is pushed in the form of the last request, in the binary one before the first; while no program is there,
 *   it waits for the next. Where there are several, each gets everything but answers: those are for the one that has asked.
 * - What a program has sent is sent, also when it has left.
 * - Web pages are refused unless their origin is allowed.
 * - It ends with its client.
 *
 * @throws TypeError for an option that cannot be, or a host that others can reach without a token.
 */
export async function createWebSocketService(
  client: MessageClient,
  options: WebSocketServiceOptions = {},
): Promise<WebSocketService> {
  checkOptions(options);
  const { host = DEFAULT_PLACE.host, token, allowedOrigins = [], signal, platform = createPlatform() } = options;
  signal?.throwIfAborted();
  const address = parseRecipient(client.address);
  const programs = new Set<Program>();
  const door = new Door({
    rules: {
      isToken: token === undefined ? undefined : secretCheck(token),
      host,
      allowedOrigins: new Set(allowedOrigins.map(origin => origin.toLowerCase())),
    },
    platform,
    entered(webSocket, socket, form) {
      const program = new Program({ webSocket, socket, client, address, mailroom, platform, form });
      programs.add(program);
      webSocket.once('close', () => programs.delete(program));
    },
  });
  const port = await listen(door.server, { host, port: options.port ?? DEFAULT_PLACE.port });
  // By its port, since a client may have several services.
  const mailroom = new Mailroom(`websocket:${port}:`);

  const events = new AbortController();
  const whileOpen = { signal: events.signal };
  client.addEventListener('message', message => mailroom.arrived(message), whileOpen);
  client.addEventListener('state', ({ state }) => void (state === 'closed' && close()), whileOpen);
  signal?.addEventListener('abort', () => void close(), whileOpen);

  let closed: Promise<void> | undefined;
  const close: WebSocketService['close'] = async ({ drain = 0 } = {}) => {
    closed ??= new Promise<void>(resolve => door.server.close(() => resolve())).then(() => events.abort());
    const end = () => {
      door.endHandshakes();
      for (const program of programs) program.close();
    };
    const timer = drain > 0 ? platform.setTimer(end, drain) : undefined;
    if (timer === undefined) end();
    await closed;
    timer?.cancel();
  };
  if (signal?.aborted) await close();
  signal?.throwIfAborted();
  return {
    host,
    port,
    url: urlOf('ws', { host, port }),
    get connections() {
      return door.handshakes + programs.size;
    },
    get waiting() {
      return mailroom.waiting;
    },
    get givenUp() {
      return mailroom.givenUp;
    },
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

const optionNames = ['host', 'port', 'token', 'allowedOrigins', 'signal', 'platform'];

function checkOptions(options: WebSocketServiceOptions): void {
  checkOptionNames(options, optionNames);
  const { host = DEFAULT_PLACE.host, port = DEFAULT_PLACE.port, token, allowedOrigins = [] } = options;
  if (token !== undefined && (typeof token !== 'string' || token === '')) {
    throw new TypeError('The option "token" must be a text, and not empty.');
  }
  if (!Array.isArray(allowedOrigins) || !allowedOrigins.every(isOrigin)) {
    throw new TypeError('The option "allowedOrigins" must be a list of origins, as "https://app.example.org".');
  }
  checkPlace({ host, port }, { option: 'token', value: token });
}

const DEFAULT_PLACE = { host: '127.0.0.1', port: 1977 };
