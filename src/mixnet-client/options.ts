/** What a client can be told, and the refusal of what it cannot. */

import { completeTraffic, type Traffic } from '../client/index.ts';
import { decodeBase58 } from '../crypto/base58.ts';
import { isLogger, type Logger } from '../diagnostics/index.ts';
import { readExitName } from '../exit/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import { type ClientStorage, isClientStorage } from '../storage/index.ts';

export interface ClientOptions {
  /**
   * Base URL of the directory, or several that stand in for one another: http or https, without user, query or hash.
   * Default: the API of the Nym network (`NYM_API` of nymtech/nym `common/network-defaults/src/mainnet.rs`).
   */
  readonly api?: string | readonly string[] | undefined;
  /**
   * Identity of the gateway to enter by, base58. Default: that of the stored client; without one any that takes us, chosen
   * anew for each client.
   */
  readonly gateway?: string | undefined;
  /**
   * Enter only by gateways that speak `wss:`: whoever watches the line then sees TLS, and no websocket. Default: on pages
   * that are served securely, where nothing else is allowed.
   */
  readonly secureGateway?: boolean | undefined;
  /**
   * Keeps keys, gateway and registration, so that the next client with it has the same address. One client at a time uses
   * it. Default: nothing is kept, and every client is a new one.
   */
  readonly storage?: ClientStorage | undefined;
  /**
   * Pace of the traffic and the like, by the names of Nym's configuration. Default: Nym's values, line by line in `Traffic`.
   * Cover is full unless it is lowered here by name; whoever differs from the defaults can be told from the crowd.
   */
  readonly traffic?: Partial<Traffic> | undefined;
  /** Clock, timers, randomness, sockets. Default: those of the runtime. */
  readonly platform?: Platform | undefined;
  /** Gets a line of text for each event: codes, counts, durations and states, nothing else. Default: none. */
  readonly logger?: Logger | undefined;
  /** Ends the connecting. Without effect on a connected client. */
  readonly signal?: AbortSignal | undefined;
}

export interface MixnetClientOptions extends ClientOptions {
  /**
   * The network requesters to use for streams to servers, in no order: their Nym addresses, `identity.encryption@gateway`,
   * or the identities of the nodes they run on, base58, where the directory says what their addresses are.
   * Default: those of the directory, chosen by performance, role and policy.
   */
  readonly exits?: readonly string[] | undefined;
  /** Do not keep the process alive while the client is connected. Default false. */
  readonly background?: boolean | undefined;
  /** How long `connect` may take, ms; then it rejects with `ERR_MIX_TIMEOUT_SETUP`. Default 60 000. */
  readonly setupTimeoutMs?: Milliseconds | undefined;
}

/** Of every client, whatever is made over it. */
export const clientOptionNames = [
  'api',
  'gateway',
  'secureGateway',
  'storage',
  'traffic',
  'platform',
  'logger',
  'signal',
];

/**
 * What is wrong with the options is told before the directory or a gateway hears of this client.
 *
 * @throws TypeError naming the option that has a value it cannot have.
 */
export function checkClientOptions({
  api,
  gateway,
  secureGateway,
  storage,
  traffic,
  platform,
  signal,
  exits,
  logger,
}: MixnetClientOptions): void {
  if (!isListOf(typeof api === 'string' ? [api] : api, isDirectoryUrl) || api?.length === 0) {
    throw invalid('api', 'one or more URLs of http or https, without user, query or hash');
  }
  if (gateway !== undefined && !isIdentity(gateway)) throw invalid('gateway', 'the identity of a gateway');
  if (!['boolean', 'undefined'].includes(typeof secureGateway)) throw invalid('secureGateway', 'true or false');
  if (storage !== undefined && !isClientStorage(storage)) throw invalid('storage', 'a ClientStorage');
  if (typeof (traffic ?? {}) !== 'object' || traffic === null) throw invalid('traffic', 'an object');
  completeTraffic(traffic);
  if (platform !== undefined && typeof platform?.openWebSocket !== 'function') throw invalid('platform', 'a Platform');
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('signal', 'an AbortSignal');
  if (logger !== undefined && !isLogger(logger)) throw invalid('logger', 'an object with debug, info, warn and error');
  if (exits !== undefined && !Array.isArray(exits)) throw invalid('exits', 'a list');
  for (const exit of exits ?? []) readExitName(exit, 'exits');
}

function isListOf(value: unknown, isMember: (member: unknown) => boolean): boolean {
  return value === undefined || (Array.isArray(value) && value.every(isMember));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isDirectoryUrl(value: unknown): boolean {
  if (!isText(value) || !URL.canParse(value)) return false;
  const { protocol, username, search, hash } = new URL(value);
  return /^https?:$/.test(protocol) && username + search + hash === '';
}

/** 32 bytes in base58. */
function isIdentity(value: unknown): boolean {
  return isText(value) && decodeBase58(value, 32) !== undefined;
}

function invalid(option: string, what: string): TypeError {
  return new TypeError(`The option "${option}" must be ${what}.`);
}
