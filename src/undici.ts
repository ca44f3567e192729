/**
 * An undici `Agent`, for `fetch(url, { dispatcher })` of Node and for what undici itself has. Needs the package `undici`,
 * of version 7: the Agent of version 8 does not fit the global `fetch` of Node 20 to 24.
 *
 * @module
 */

import type { Socket } from 'node:net';
import { Agent, type buildConnector } from 'undici';
import { type PoolLimits, resolvePoolLimits } from './fetch/index.ts';
import { checkOptionNames } from './option-names.ts';
import type { Milliseconds } from './platform/platform.ts';
import { Dialer, type DialerOptions, type MixnetSource } from './sockets/index.ts';

export type { MixnetSource } from './sockets/index.ts';

export interface MixAgentOptions extends DialerOptions {
  readonly pool?: Partial<Pick<PoolLimits, 'perOrigin' | 'idle'>> | undefined;
  /**
   * Offer HTTP/2 to servers. Requests to one origin then share one connection, unless `pool.perOrigin` says otherwise; a
   * server that knows HTTP/1.1 only answers them one after the other. Default false.
   */
  readonly http2?: boolean | undefined;
}

/**
 * An undici Agent whose connections go through the mixnet, and never around it:
 *
 * ```ts
 * const dispatcher = createMixAgent(mixFetch);
 * await fetch('https://example.org/', { dispatcher });
 * ```
 *
 * - Names are resolved by the exit, and certificates checked as `mixFetch` does.
 * - All of `mixnet.timeouts` hold but `total`: `setup` and `connect` for a connection, `headers` and `body` for a request.
 * - What fails rejects as it does with undici; a `MixnetError` is the cause.
 * - An abort ends a request at once; a connection that is being made for it is finished, and kept for the next one.
 * - undici writes its own headers. Requests made so can be told apart from those of `mixFetch`: the exit reads them with
 *   `http:`, the destination in any case.
 *
 * `close()` waits for requests, `destroy()` does not; neither closes the mixFetch or client below.
 *
 * @param source default: the shared `mixFetch`
 * @throws TypeError naming an option that does not exist, or has a value it cannot have.
 */
export function createMixAgent(source?: MixnetSource, options: MixAgentOptions = {}): Agent {
  checkOptionNames(options, optionNames);
  if (!['undefined', 'boolean'].includes(typeof options.http2)) {
    throw new TypeError('The option "http2" must be true or false.');
  }
  return new MixAgent(new Dialer(source, options), options);
}

const optionNames = ['mixnet', 'ca', 'extraCa', 'platform', 'pool', 'http2'];

/** So long before the server would, undici ends an idle connection: an answer and the next request take their time. */
const KEEP_ALIVE_MARGIN: Milliseconds = 3_000;
/** What one connection of HTTP/2 carries at once; servers allow as many. */
const HTTP2_STREAMS = 100;

class MixAgent extends Agent {
  readonly #dialer: Dialer;

  constructor(dialer: Dialer, { pool, http2 = false }: MixAgentOptions) {
    const { perOrigin, idle } = resolvePoolLimits({ ...(http2 && { perOrigin: 1 }), ...pool });
    super({
      connect: connector(dialer, http2 ? ['h2', 'http/1.1'] : ['http/1.1']),
      connections: perOrigin,
      pipelining: http2 ? HTTP2_STREAMS : 1,
      allowH2: http2,
      keepAliveTimeout: idle,
      keepAliveMaxTimeout: idle,
      keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN,
      headersTimeout: asUndiciHasIt(dialer.timeouts.headers),
      bodyTimeout: asUndiciHasIt(dialer.timeouts.body),
    });
    this.#dialer = dialer;
  }

  override destroy(): Promise<void>;
  override destroy(error: Error | null): Promise<void>;
  override destroy(callback: () => void): void;
  override destroy(error: Error | null, callback: () => void): void;
  override destroy(...args: [] | [Error | null] | [() => void] | [Error | null, () => void]): Promise<void> | void {
    // What is still being connected, undici would not tell.
    const dialing = this.#dialer;
    const destroyed = super.destroy(...(args as [Error | null, () => void])) as Promise<void> | undefined;
    dialing.close();
    return destroyed;
  }
}

/** undici has no limit where ours is `Infinity`. */
function asUndiciHasIt(timeout: Milliseconds): Milliseconds {
  return timeout === Number.POSITIVE_INFINITY ? 0 : timeout;
}

function connector(dialer: Dialer, alpn: readonly string[]): buildConnector.connector {
  return ({ hostname, protocol, port }, callback) => {
    const secure = protocol === 'https:';
    const socket = dialer.dial({ hostname, port: Number(port) || (secure ? 443 : 80), secure, alpn });
    // undici asks for a `net.Socket`, and uses what a Duplex has.
    socket.usable.then(
      () => callback(null, socket as unknown as Socket),
      error => callback(error, null),
    );
  };
}
