/**
 * Agents for what makes its requests by `node:http` and `node:https`: axios, got, `ws`, and those two modules themselves.
 * What they send is theirs: see `createMixAgents`.
 *
 * @module
 */

import { Agent, type ClientRequestArgs } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { type PoolLimits, resolvePoolLimits } from './fetch/index.ts';
import { checkOptionNames } from './option-names.ts';
import type { Milliseconds } from './platform/platform.ts';
import { Dialer, type DialerOptions, type MixnetSource, type MixSocket } from './sockets/index.ts';

export type { MixnetSource } from './sockets/index.ts';

export interface MixAgentsOptions extends DialerOptions {
  /** As of `mixFetch`, `total` for each of the two agents. */
  readonly pool?: Partial<PoolLimits> | undefined;
}

/** The names are those that got has for its option `agent`. */
export interface MixAgents {
  readonly http: Agent;
  readonly https: HttpsAgent;
}

/**
 * Two agents, for `http:` and for `https:`, whose connections go through the mixnet, and never around it. Give both: for the
 * protocol that it has no agent for, a package makes a connection of its own, if only to follow a redirect.
 *
 * - Names are resolved by the exit; `lookup`, `family` and `localAddress` of a request have no effect.
 * - Certificates are checked against the host of the URL and the authorities given here. No option of a request changes
 *   that: neither `rejectUnauthorized` nor `servername` or `ca`.
 * - A connection has the timeouts `setup` and `connect`. What comes after it, the package has to limit: its own option for
 *   timeouts works, and so does abort.
 * - Errors are a `MixnetError`, or have one for their cause.
 * - The package writes its own headers (axios and got say in `user-agent` who they are). Requests made so can be told apart
 *   from those of `mixFetch`: the exit reads them with `http:`, the destination in any case.
 *
 * Closing: `destroy()` of an agent, or `close()` of the mixFetch or client below.
 *
 * @param source default: the shared `mixFetch`
 * @throws TypeError naming an option that does not exist, or has a value it cannot have.
 */
export function createMixAgents(source?: MixnetSource, options: MixAgentsOptions = {}): MixAgents {
  checkOptionNames(options, optionNames);
  const pool = resolvePoolLimits(options.pool);
  return {
    http: new MixAgent(new Dialer(source, options), pool, 'http:'),
    https: new MixAgent(new Dialer(source, options), pool, 'https:'),
  };
}

const optionNames = ['mixnet', 'ca', 'extraCa', 'platform', 'pool'];

/** On top of the second that Node ends a connection before the server would: an answer and the next request take their time. */
const KEEP_ALIVE_MARGIN: Milliseconds = 2_000;

class MixAgent extends Agent {
  /** Node's own, which only the type of the other agent knows. */
  declare options: HttpsAgent['options'];
  readonly #dialer: Dialer;
  readonly #idle: Milliseconds;
  readonly #secure: boolean;

  constructor(dialer: Dialer, { perOrigin, total, idle }: PoolLimits, protocol: 'http:' | 'https:') {
    super({ keepAlive: true, maxSockets: perOrigin, maxTotalSockets: total, timeout: idle });
    this.#dialer = dialer;
    this.#idle = idle;
    this.#secure = protocol === 'https:';
    // By these, Node's `http` and `https` know which of them an agent is for.
    Object.assign(this, { protocol, defaultPort: this.#secure ? 443 : 80 });
  }

  override createConnection({ host, port, socketPath }: ClientRequestArgs): MixSocket {
    if (socketPath) throw new TypeError('The option "socketPath" is for connections on this machine.');
    return this.#dialer.dial({
      hostname: host ?? '',
      port: Number(port),
      secure: this.#secure,
      alpn: ['http/1.1'],
    });
  }

  /** Only the destination tells connections apart: options of TLS, which are part of the name otherwise, have no effect. */
  override getName({ host, port }: ClientRequestArgs = {}): string {
    return `${host}:${port}`;
  }

  /** Whether a connection that is free now can be kept. Node has read the `Keep-Alive` of the server, and set its time. */
  override keepSocketAlive(socket: MixSocket): boolean {
    const kept: unknown = super.keepSocketAlive(socket);
    if (kept === false) return false;
    if (socket.timeout < this.#idle) socket.setTimeout(socket.timeout - KEEP_ALIVE_MARGIN);
    return socket.timeout > 0;
  }

  override reuseSocket(socket: MixSocket, ...rest: [Parameters<Agent['reuseSocket']>[1]]): void {
    socket.setTimeout(0);
    super.reuseSocket(socket, ...rest);
  }

  override destroy(): void {
    this.#dialer.close();
    super.destroy();
  }
}
