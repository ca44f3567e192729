/**
 * `mixfetch/compat/nym-v1`: the calls of `@nymproject/mix-fetch` 1.4, for programs that are written for it.
 *
 * What its options become here is said beside each of them. What it does not do as it should is not repeated: the README
 * has the list, in "Coming from Nym's mix-fetch".
 *
 * @module
 */

import type { MixFetchInit, MixFetchOptions } from '../index.ts';
import { type DebugWasmOverride, trafficOf } from './client-override.ts';
import { OneClient } from './one-client.ts';

export type {
  AcknowledgementsWasmOverride,
  CoverTrafficWasmOverride,
  DebugWasmOverride,
  TrafficWasmOverride,
} from './client-override.ts';

/** Unknown options are ignored, as they are there. */
export interface SetupMixFetchOps {
  /** Identity of the gateway to enter by: our `gateway`. */
  preferredGateway?: string | undefined;
  /** Nym address of the network requester to use: our `exits`. */
  preferredNetworkRequester?: string | undefined;
  /** Enter only by `wss:`: our `secureGateway`. */
  forceTls?: boolean | undefined;
  /** Base URL of the directory: our `api`. */
  nymApiUrl?: string | undefined;
  mixFetchOverride?: MixFetchDebugOverride | undefined;
  clientOverride?: DebugWasmOverride | undefined;
  /** Without effect: every body can be read in every way. */
  responseBodyConfigMap?: ResponseBodyConfigMap | undefined;
  /** Without effect: a client is a new one each time. See `withOptions` and its option `storage`. */
  clientId?: string | undefined;
  /** Without effect: nothing is stored. */
  storagePassphrase?: string | undefined;
  /** Without effect: the chain is not asked. */
  nyxdUrl?: string | undefined;
  /** Without effect, as in 1.4: of versions before it. */
  extra?: unknown;
}

export interface MixFetchDebugOverride {
  /**
   * From the call, or from when the client is connected, to the last byte of the answer, ms; 0 for no limit: our
   * `timeouts.total`. Default: no limit on the whole, but one on every stage; 1.4 has one of 5 or 60 s.
   */
  requestTimeoutMs?: number | undefined;
}

export type ResponseBodyMethod = 'uint8array' | 'json' | 'text' | 'formData' | 'blob';

export interface ResponseBodyConfigMap extends Partial<Record<ResponseBodyMethod, (RegExp | string)[]>> {
  fallback?: ResponseBodyMethod;
}

/** Without effect, and here for programs that spread it into a map of their own. */
export const ResponseBodyConfigMapDefaults: ResponseBodyConfigMap = {
  uint8array: ['application/octet-stream'],
  json: ['application/json', 'text/json', /application\/json.*/, /text\/json\+.*/],
  text: ['text/plain', /text\/plain.*/, 'text/html', /text\/html.*/],
  formData: ['application/x-www-form-urlencoded', 'multipart/form-data'],
  blob: [/image\/.*/, /video\/.*/],
  fallback: 'blob',
};

/** What a worker says when it is loaded. There is no worker here. */
export const EventKinds = { Loaded: 'Loaded' } as const;

export interface LoadedEvent {
  kind: typeof EventKinds.Loaded;
  args: { loaded: true };
}

/**
 * @param url whatever `fetch` takes
 * @param args what `fetch` takes, `signal` and bodies of all kinds included, and the mode `unsafe-ignore-cors`, which is how
 *   it is in any case: CORS protects pages, and there is none
 * @param opts what to set up with, if nobody has
 */
export type IMixFetchFn = (url: RequestInfo | URL, args?: object | null, opts?: SetupMixFetchOps) => Promise<Response>;

export interface IMixFetch {
  mixFetch: IMixFetchFn;
  setupMixFetch: (opts?: SetupMixFetchOps) => Promise<void>;
  disconnectMixFetch: () => Promise<void>;
}

export interface NymMixFetch {
  /** Resolves when the one client of these functions is connected; the options of the first call hold. */
  readonly createMixFetch: (opts?: SetupMixFetchOps) => Promise<IMixFetch>;
  /** Sets up if nobody has, then rejects as our `mixFetch` does. After `disconnectMixFetch` it rejects until the next set-up. */
  readonly mixFetch: IMixFetchFn;
  /** Ends every call and the client. Unlike that of 1.4, it lets `createMixFetch` set up anew. */
  readonly disconnectMixFetch: () => Promise<void>;
}

/**
 * The same functions over a client of their own, with options of this package beneath those of that one: `storage`, `extraCa`
 * and the like.
 */
export function withOptions(options: MixFetchOptions = {}): NymMixFetch {
  const one = new OneClient(options);
  const setupMixFetch = async (opts?: SetupMixFetchOps): Promise<void> => one.connect(optionsOf(opts ?? {}));
  const mixFetch: IMixFetchFn = async (url, args, opts) => {
    const fetch = await one.use(opts && optionsOf(opts), signalOf(url, args));
    return fetch(url, initOf(args));
  };
  const disconnectMixFetch = (): Promise<void> => one.close();
  const createMixFetch = async (opts?: SetupMixFetchOps): Promise<IMixFetch> => {
    await setupMixFetch(opts);
    return { mixFetch, setupMixFetch, disconnectMixFetch };
  };
  return { createMixFetch, mixFetch, disconnectMixFetch };
}

const shared: NymMixFetch = /* @__PURE__ */ withOptions();

export const createMixFetch: NymMixFetch['createMixFetch'] = opts => shared.createMixFetch(opts);
export const mixFetch: IMixFetchFn = (url, args, opts) => shared.mixFetch(url, args, opts);
export const disconnectMixFetch: NymMixFetch['disconnectMixFetch'] = () => shared.disconnectMixFetch();

function optionsOf({
  preferredGateway,
  preferredNetworkRequester,
  forceTls,
  nymApiUrl,
  mixFetchOverride,
  clientOverride,
}: SetupMixFetchOps): MixFetchOptions {
  return {
    ...(preferredGateway !== undefined && { gateway: preferredGateway }),
    ...(preferredNetworkRequester !== undefined && { exits: [preferredNetworkRequester] }),
    ...(forceTls !== undefined && { secureGateway: forceTls }),
    ...(nymApiUrl !== undefined && { api: nymApiUrl }),
    timeouts: timeoutsOf(mixFetchOverride?.requestTimeoutMs),
    traffic: trafficOf(clientOverride),
  };
}

/** Who allows more for the whole than a stage has by default, allows the stage that much. */
function timeoutsOf(total: number | undefined): NonNullable<MixFetchOptions['timeouts']> {
  if (total === undefined) return {};
  if (total === 0) return { total: Number.POSITIVE_INFINITY };
  return total > STAGE_MS ? { total, headers: total, body: total } : { total };
}

const STAGE_MS = 60_000;

/** What is wrong with it, `fetch` says, which takes it for what it is: something from outside. */
function initOf(args: object | null | undefined): MixFetchInit {
  if (args === null || args === undefined) return {};
  return 'mode' in args && args.mode === 'unsafe-ignore-cors' ? { ...args, mode: 'cors' } : args;
}

function signalOf(url: unknown, args: object | null | undefined): AbortSignal | undefined {
  const { signal }: { readonly signal?: unknown } = args ?? {};
  if (signal instanceof AbortSignal) return signal;
  return url instanceof Request ? url.signal : undefined;
}
