/**
 * `fetch()` through the Nym mixnet.
 *
 * @module
 */

import { createPlatform } from '#platform';
import {
  DiagnosticEvent,
  type DiagnosticName,
  Diagnostics,
  DiagnosticsTarget,
  diagnosticNames,
  type Logger,
} from './diagnostics/index.ts';
import {
  ClientSetup,
  type Connections,
  connectionsOf,
  createFetch,
  type Decoder,
  type FetchStats,
  type MixFetchInit,
  offerConnections,
  type PoolLimits,
  readObjectUrl,
  type Timeouts,
} from './fetch/index.ts';
import * as limits from './limits.ts';
import { type ClientOptions, checkClientOptions, clientOptionNames, MixnetClient } from './mixnet-client/index.ts';
import { checkOptionNames } from './option-names.ts';
import type { Milliseconds, Platform } from './platform/platform.ts';

export {
  type ClientEventDetails,
  type DiagnosticDetails,
  DiagnosticEvent,
  type DiagnosticName,
  DiagnosticsTarget,
  type FailureCode,
  type Logger,
  type RequestTimes,
} from './diagnostics/index.ts';
export { MixnetError, type MixnetErrorCode, mixnetErrorCodes } from './errors.ts';
export {
  type Decoder,
  defaultHeaders,
  type MixFetchInit,
  type MixnetInit,
  type PoolLimits,
  rawHeaders,
  type Timeouts,
} from './fetch/index.ts';
export { type ClientOptions, type IncomingMessage, MixnetClient } from './mixnet-client/index.ts';
export type { Platform } from './platform/platform.ts';
export {
  type ClientStorage,
  memoryStorage,
  type PassphraseOptions,
  type StorageLock,
  withPassphrase,
} from './storage/index.ts';

/** A `fetch()` over one client. */
export interface MixFetch {
  /**
   * Like the global `fetch`, through the mixnet, and never around it. Rejects with a TypeError that names the argument at
   * fault; with `TypeError('fetch failed')`, whose `cause` is a `MixnetError`, when the request fails; with the reason of
   * the signal when that is aborted. A body that breaks off ends with `TypeError('terminated')`, with such a cause.
   */
  (input: RequestInfo | URL, init?: MixFetchInit): Promise<Response>;
  /**
   * The client below: another one after that was lost for good, and a call has connected anew.
   *
   * @throws TypeError before the first one is connected; see `ready`.
   */
  readonly client: MixnetClient;
  /** What it and its clients tell of themselves: see the chapter "Diagnostics" of the README. */
  readonly events: DiagnosticsTarget;
  /** Calls and connections counted so far, and at this moment. Of packets: `client.stats()`. */
  stats(): FetchStats;
  /**
   * Resolves when the client is connected, which it begins if need be. Rejects with the `MixnetError` of a set-up that
   * failed, or with the reason of the signal. A failure is not for ever: the next call tries again.
   */
  ready(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * Takes no more calls, lets those under way finish for up to `drain` ms (default 0), then ends them, their connections,
   * and the client unless it was given. With a drain, exits are told that the connections close, for which another second
   * may go by. A second call cuts the drain of the first short to its own: `close()` ends everything at once.
   */
  close(options?: { readonly drain?: Milliseconds | undefined }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface FetchOptions {
  /**
   * Whose TLS: that of the runtime, or this package's own, whose ClientHello is the same everywhere. Default: `platform`;
   * where that has none, as in browsers, it is this package's own.
   */
  readonly tls?: 'platform' | 'own' | undefined;
  /** Certificate authorities for the destinations, PEM, instead of the built-in ones. */
  readonly ca?: readonly string[] | undefined;
  /** Certificate authorities for the destinations, PEM, beside the others. */
  readonly extraCa?: readonly string[] | undefined;
  readonly pool?: Partial<PoolLimits> | undefined;
  /** Content codings to decode beside gzip and deflate: `{ br: () => new SomeBrotliStream() }`. */
  readonly decoders?: Readonly<Record<string, Decoder>> | undefined;
  /** For calls that have none of their own, in `init.mixnet.timeouts`. */
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** How many redirects in a row are followed before that is an error, 0 to 20. Default 20. */
  readonly maxRedirects?: number | undefined;
  readonly diagnostics?: DiagnosticsSettings | undefined;
}

export interface DiagnosticsSettings {
  /** How events name destinations: by a keyed hash, or as they are. A logger gets neither. Default `hashed`. */
  readonly hosts?: 'hashed' | 'plain' | undefined;
}

export interface MixFetchOptions extends ClientOptions, FetchOptions {
  /**
   * The network requesters to use, in no order: their Nym addresses, or the identities of the nodes they run on. Default:
   * those of the directory.
   */
  readonly exits?: readonly string[] | undefined;
}

/** Over a client that exists already, and stays the caller's to close. */
export interface SharedClientOptions extends FetchOptions {
  readonly client: MixnetClient;
  readonly platform?: Platform | undefined;
  /** Gets a line of text for each event of requests: codes, counts, durations and states, nothing else. Default: none. */
  readonly logger?: Logger | undefined;
}

/**
 * A `fetch()` with a client of its own, which is connected when a call, or `ready`, first needs it, and which does not keep
 * the process alive.
 *
 * @throws TypeError naming an option that does not exist, or has a value it cannot have.
 */
export function createMixFetch(options: MixFetchOptions | SharedClientOptions = {}): MixFetch {
  return makeMixFetch(options, new DiagnosticsTarget());
}

function makeMixFetch(options: MixFetchOptions | SharedClientOptions, events: DiagnosticsTarget): MixFetch {
  checkOptions(options);
  const { platform = createPlatform(), tls, ca, extraCa, pool, decoders, timeouts, maxRedirects, logger } = options;
  const source = 'client' in options ? existing(options.client, events) : connecting(options, platform, events);
  const diagnostics = new Diagnostics({
    randomBytes: platform.randomBytes,
    logger,
    plainHosts: options.diagnostics?.hosts === 'plain',
    listeners: [events],
  });
  const fetch = createFetch({
    ...{ platform, tls, ca, extraCa, pool, decoders, timeouts, maxRedirects, diagnostics },
    open(stream) {
      const client = source.get(stream.signal);
      return client instanceof Promise ? client.then(it => it.openStream(stream)) : client.openStream(stream);
    },
    get baseUrl() {
      return globalThis.location?.href;
    },
    blobOf: url => readObjectUrl(url, platform),
  });
  return asMixFetch({
    fetch,
    events,
    connections: () => fetch.connections,
    stats: () => fetch.stats(),
    client: () => {
      const client = source.client();
      if (client === undefined) throw new TypeError('There is no client yet: wait for ready() first.');
      return client;
    },
    async ready({ signal } = {}) {
      const letGo = platform.hold();
      try {
        await source.get(signal);
      } finally {
        letGo();
      }
    },
    async close({ drain = 0 } = {}) {
      const until = platform.now() + drain;
      await fetch.close({ drain });
      await source.close(drain > 0 ? Math.max(FAREWELL, until - platform.now()) : 0);
    },
  });
}

/**
 * The `fetch()` of everybody in this program who does not need one of their own: one client with the default options,
 * connected on first use. After `close`, the next call begins with a new one.
 */
export const mixFetch: MixFetch = /* @__PURE__ */ sharedMixFetch();

function sharedMixFetch(): MixFetch {
  const events = new DiagnosticsTarget();
  let current: MixFetch | undefined;
  const closing = new Set<MixFetch>();
  const begin = (): MixFetch => {
    current ??= makeMixFetch({}, events);
    return current;
  };
  return asMixFetch({
    fetch: async (input, init) => begin()(input, init),
    events,
    connections: () => connectionsOf(begin())(),
    stats: () => begin().stats(),
    client: () => begin().client,
    ready: async options => begin().ready(options),
    async close(options) {
      if (current !== undefined) closing.add(current);
      current = undefined;
      const close = async (it: MixFetch) => {
        await it.close(options);
        closing.delete(it);
      };
      await Promise.all([...closing].map(close));
    },
  });
}

/** In which a closing message reaches the exit, where the calls have used up the time to drain. */
const FAREWELL: Milliseconds = 1000;

/** Where the client comes from. */
interface ClientSource {
  get(signal: AbortSignal | undefined): MixnetClient | Promise<MixnetClient>;
  client(): MixnetClient | undefined;
  close(drain: Milliseconds): Promise<void>;
}

function connecting(options: MixFetchOptions, platform: Platform, events: DiagnosticsTarget): ClientSource {
  const { api, gateway, secureGateway, storage, traffic, exits, timeouts, logger, signal: ended } = options;
  const setup = new ClientSetup<MixnetClient>({
    platform,
    connect: signal =>
      MixnetClient.connect(
        {
          ...{ api, gateway, secureGateway, storage, traffic, exits, platform, logger, background: true },
          ...(timeouts?.setup !== undefined && { setupTimeoutMs: timeouts.setup }),
          signal: ended === undefined ? signal : AbortSignal.any([signal, ended]),
        },
        events,
      ),
    isAlive: client => client.state !== 'closed',
    discard: client => void client.close(),
  });
  return {
    get: signal => setup.get(signal),
    client: () => setup.client,
    close: async drain => setup.close()?.close({ drain }),
  };
}

/** Its events are passed on until the fetch is closed. */
function existing(client: MixnetClient, events: DiagnosticsTarget): ClientSource {
  const passing = diagnosticNames.filter(isOfClients).map(name => ({
    type: name.slice('client:'.length),
    passOn: (event: Event) => {
      if (event instanceof DiagnosticEvent) events.tell(name, event.detail);
    },
  }));
  for (const { type, passOn } of passing) client.addEventListener(type, passOn);
  return {
    get: () => client,
    client: () => client,
    async close() {
      for (const { type, passOn } of passing) client.removeEventListener(type, passOn);
    },
  };
}

function isOfClients(name: DiagnosticName): boolean {
  return name.startsWith('client:');
}

interface MixFetchParts extends Pick<MixFetch, 'ready' | 'close' | 'events' | 'stats'> {
  readonly fetch: (...args: Parameters<MixFetch>) => ReturnType<MixFetch>;
  readonly client: () => MixnetClient;
  readonly connections: () => Connections;
}

function asMixFetch({ fetch, client, connections, ready, close, events, stats }: MixFetchParts): MixFetch {
  const mixFetch = (input: RequestInfo | URL, init?: MixFetchInit): Promise<Response> => fetch(input, init);
  offerConnections(mixFetch, connections);
  const members = { events, stats, ready, close, [Symbol.asyncDispose]: () => close() };
  return Object.defineProperty(Object.assign(mixFetch, members), 'client', { get: client }) as typeof mixFetch &
    typeof members & { readonly client: MixnetClient };
}

const optionNames = [
  ...clientOptionNames,
  'exits',
  'client',
  'tls',
  'ca',
  'extraCa',
  'pool',
  'decoders',
  'timeouts',
  'maxRedirects',
  'diagnostics',
];

function checkOptions(options: Partial<MixFetchOptions & SharedClientOptions>): void {
  checkOptionNames(options, optionNames);
  const { client, tls, decoders = {}, maxRedirects = 0, diagnostics } = options;
  if ('client' in options && !(client instanceof MixnetClient)) throw invalid('client', 'a MixnetClient');
  checkClientOptions(options);
  const hosts = (diagnostics as { readonly hosts?: unknown } | null)?.hosts;
  if (diagnostics === null || !['hashed', 'plain', undefined].includes(hosts as string | undefined)) {
    throw invalid('diagnostics', '{ hosts: "hashed" } or { hosts: "plain" }');
  }
  if (!['platform', 'own', undefined].includes(tls)) throw invalid('tls', '"platform" or "own"');
  const most = limits.redirects;
  if (!Number.isInteger(maxRedirects) || maxRedirects < 0 || maxRedirects > most) {
    throw invalid('maxRedirects', `a whole number from 0 to ${most}`);
  }
  if (Object.values(decoders).some(decoder => typeof decoder !== 'function')) throw invalid('decoders', 'functions');
}

function invalid(option: string, what: string): TypeError {
  return new TypeError(`The option "${option}" must be ${what}.`);
}
