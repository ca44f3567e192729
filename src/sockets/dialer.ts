/** Makes sockets for the agents of other HTTP stacks: to a destination by way of an exit, never from this machine. */

import { createPlatform } from '#platform';
import { MixnetError } from '../errors.ts';
import { Deadlines, defaultTimeouts, type MixnetInit, reach, readMixnetInit, type Timeouts } from '../fetch/index.ts';
import { type MixFetch, mixFetch } from '../index.ts';
import { MixnetClient } from '../mixnet-client/index.ts';
import type { Platform } from '../platform/platform.ts';
import { createTls, type Tls } from '../tls/index.ts';
import { MixSocket } from './mix-socket.ts';

/** Whose streams: a `mixFetch`, connected when it is needed, or a client that is. Either stays the caller's to close. */
export type MixnetSource = MixFetch | MixnetClient;

export interface DialerOptions {
  /** As of a request by `mixFetch`; of the timeouts, `setup` and `connect` are for every connection. */
  readonly mixnet?: MixnetInit | undefined;
  /** Certificate authorities for the destinations, PEM, instead of the built-in ones. */
  readonly ca?: readonly string[] | undefined;
  /** Certificate authorities for the destinations, PEM, beside the others. */
  readonly extraCa?: readonly string[] | undefined;
  readonly platform?: Platform | undefined;
}

export interface SocketTarget {
  /** A name, which the exit resolves, or an IP literal. */
  readonly hostname: string;
  readonly port: number;
  readonly secure: boolean;
  /** Protocols to offer inside TLS, the best first. */
  readonly alpn: readonly string[];
}

export class Dialer {
  readonly timeouts: Timeouts;
  readonly #open: OpenStream;
  readonly #platform: Platform;
  readonly #tls: Tls;
  readonly #isolation: string;
  readonly #exit: string | undefined;
  readonly #sockets = new Set<MixSocket>();
  #closed = false;

  /** @throws TypeError naming the option that has a value it cannot have. */
  constructor(source: MixnetSource = mixFetch, options: DialerOptions = {}) {
    const { platform = createPlatform(), mixnet, ca, extraCa } = options;
    const { timeouts, isolation, exit } = readMixnetInit(mixnet, defaultTimeouts);
    this.#open = opener(source);
    this.#platform = platform;
    this.#tls = createTls({ ca, extraCa }, platform);
    this.#isolation = isolation;
    this.#exit = exit;
    this.timeouts = timeouts;
  }

  /** At once; the socket connects meanwhile, and fails with a `MixnetError`, or a TypeError for what is no destination. */
  dial(target: SocketTarget): MixSocket {
    const [platform, isolation, exit] = [this.#platform, this.#isolation, this.#exit];
    const socket = new MixSocket({
      platform,
      secure: target.secure,
      connect: signal => {
        const deadlines = new Deadlines(platform, this.timeouts, signal);
        if (this.#closed) deadlines.abort(new MixnetError('ERR_MIX_MIXNET_CLOSED'));
        // Whether the request that comes first may be made twice is not known here.
        const destination = { ...target, isolation, exit, idempotent: false };
        return { deadlines, reached: reach({ open: this.#open }, this.#tls, destination, deadlines) };
      },
    });
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }

  /** Ends every socket, and lets none be made any more. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const socket of [...this.#sockets]) socket.destroy(new MixnetError('ERR_MIX_MIXNET_CLOSED'));
  }
}

type OpenStream = Parameters<typeof reach>[0]['open'];

/** @throws TypeError for what is neither. */
function opener(source: MixnetSource): OpenStream {
  if (source instanceof MixnetClient) return options => source.openStream(options);
  if (typeof source !== 'function' || typeof source.ready !== 'function') {
    throw new TypeError('The first argument must be a mixFetch or a MixnetClient.');
  }
  return async options => {
    await source.ready({ signal: options.signal });
    return source.client.openStream(options);
  };
}
