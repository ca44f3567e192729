/**
 * `mixfetch/compat/nym-v2`: the calls of `@nymproject/mix-fetch` 2.1, for programs that are written for it.
 *
 * What its options become here is said beside each of them. What it does not do as it should is not repeated: the README
 * has the list, in "Coming from Nym's mix-fetch".
 *
 * @module
 */

import { MixnetError } from '../errors.ts';
import type { MixFetch, MixFetchOptions } from '../index.ts';
import { OneClient, type SetupState } from './one-client.ts';

/** Unknown options are ignored, as they are there. */
export interface SetupMixTunnelOpts {
  /**
   * Nym address of an IP packet router. Requests leave by the network requester of the same node, which the directory
   * knows: our `exits`.
   */
  preferredIpr?: string | undefined;
  /** Identity of the gateway to enter by: our `gateway`. */
  preferredGateway?: string | undefined;
  /** Enter only by `wss:`: our `secureGateway`. Default true, as there. */
  forceTls?: boolean | undefined;
  /** Our `traffic.disableMainPoissonPacketDistribution`. Weakens what the mixnet protects: who watches sees when is sent what. */
  disablePoissonTraffic?: boolean | undefined;
  /** Our `traffic.disableLoopCoverTrafficStream`. Weakens what the mixnet protects, with the one above. */
  disableCoverTraffic?: boolean | undefined;
  /** Until a connection through the exit stands, TLS included: our `timeouts.connect`. Default 30 000. */
  connectTimeoutMs?: number | undefined;
  /** Our `maxRedirects`, with 20 for what is more. Default 20; 2.1 has 5. */
  maxRedirects?: number | undefined;
  /** Without effect: a client is a new one each time. See `withOptions` and its option `storage`. */
  clientId?: string | undefined;
  /** Without effect: nothing is stored. */
  storagePassphrase?: string | undefined;
  /** Without effect: reply blocks are given as answers need them. */
  openReplySurbs?: number | undefined;
  /** Without effect: reply blocks are given as answers need them. */
  dataReplySurbs?: number | undefined;
  /** Without effect: the exit resolves names. */
  primaryDns?: string | undefined;
  /** Without effect: the exit resolves names. */
  fallbackDns?: string | undefined;
  /** Without effect: the exit resolves names. */
  dnsTimeoutMs?: number | undefined;
  /** Without effect: TCP is the exit's. */
  tcpKeepaliveMs?: number | undefined;
  /** Without effect: TCP is the exit's. */
  tcpBufferSize?: number | undefined;
  /** Without effect: see the option `logger` of `withOptions`. */
  debug?: boolean | undefined;
}

export type TaskName = 'bridge' | 'reactor';
export type FailureReason = { kind: 'task_exited'; task: TaskName } | { kind: 'task_panicked' };
export type TunnelState =
  | { state: 'connecting' }
  | { state: 'ready' }
  | { state: 'shutting_down' }
  | { state: 'shutdown' }
  | { state: 'failed'; reason: FailureReason };
export type TunnelStateName = TunnelState['state'];

/** What `fetch` takes: `Request`, `Headers`, `signal`, bodies of all kinds. */
export type NymFetch = (...args: Parameters<MixFetch>) => Promise<Response>;

export interface NymMixTunnel {
  /** Resolves when the one client of these functions is connected; the options of the first call hold. */
  readonly setupMixTunnel: (opts?: SetupMixTunnelOpts) => Promise<void>;
  /** Ends every call and the client. Unlike that of 2.1, it lets `setupMixTunnel` set up anew. */
  readonly disconnectMixTunnel: () => Promise<void>;
  /**
   * `connecting` before the first set-up too, as there, and while a lost gateway is looked for; `failed` after a set-up that
   * failed, until the next one.
   */
  readonly getTunnelState: () => Promise<TunnelState>;
  /** Rejects as our `mixFetch` does, and with `ERR_MIX_MIXNET_CLOSED` behind it where nothing is set up. */
  readonly mixFetch: NymFetch;
  /** `setupMixTunnel`, which gives `mixFetch`. */
  readonly createMixFetch: (opts?: SetupMixTunnelOpts) => Promise<NymFetch>;
}

/**
 * The same functions over a client of their own, with options of this package beneath those of that one: `storage`, `extraCa`
 * and the like.
 */
export function withOptions(options: MixFetchOptions = {}): NymMixTunnel {
  const one = new OneClient({ secureGateway: true, ...options });
  const setupMixTunnel = async (opts?: SetupMixTunnelOpts): Promise<void> => one.connect(optionsOf(opts ?? {}));
  const mixFetch: NymFetch = async (input, init) => {
    if (one.mixFetch !== undefined) return one.mixFetch(input, init);
    const message = 'Nothing is set up: call setupMixTunnel first.';
    throw new TypeError('fetch failed', { cause: new MixnetError('ERR_MIX_MIXNET_CLOSED', { message }) });
  };
  return {
    setupMixTunnel,
    disconnectMixTunnel: () => one.close(),
    getTunnelState: async () => tunnelStates[one.state],
    mixFetch,
    async createMixFetch(opts) {
      await setupMixTunnel(opts);
      return mixFetch;
    },
  };
}

const shared: NymMixTunnel = /* @__PURE__ */ withOptions();

export const setupMixTunnel: NymMixTunnel['setupMixTunnel'] = opts => shared.setupMixTunnel(opts);
export const disconnectMixTunnel: NymMixTunnel['disconnectMixTunnel'] = () => shared.disconnectMixTunnel();
export const getTunnelState: NymMixTunnel['getTunnelState'] = () => shared.getTunnelState();
export const mixFetch: NymFetch = (input, init) => shared.mixFetch(input, init);
export const createMixFetch: NymMixTunnel['createMixFetch'] = opts => shared.createMixFetch(opts);

const tunnelStates: Readonly<Record<SetupState, TunnelState>> = {
  never: { state: 'connecting' },
  connecting: { state: 'connecting' },
  connected: { state: 'ready' },
  failed: { state: 'failed', reason: { kind: 'task_exited', task: 'bridge' } },
  closing: { state: 'shutting_down' },
  closed: { state: 'shutdown' },
};

function optionsOf(opts: SetupMixTunnelOpts): MixFetchOptions {
  const { preferredIpr, preferredGateway, forceTls, disablePoissonTraffic, disableCoverTraffic } = opts;
  const { connectTimeoutMs, maxRedirects } = opts;
  return {
    ...(preferredIpr !== undefined && { exits: [nodeOf(preferredIpr)] }),
    ...(preferredGateway !== undefined && { gateway: preferredGateway }),
    ...(forceTls !== undefined && { secureGateway: forceTls }),
    ...(maxRedirects !== undefined && { maxRedirects: Math.min(maxRedirects, MOST_REDIRECTS) }),
    ...(connectTimeoutMs !== undefined && { timeouts: { connect: connectTimeoutMs } }),
    traffic: {
      ...(disablePoissonTraffic !== undefined && { disableMainPoissonPacketDistribution: disablePoissonTraffic }),
      ...(disableCoverTraffic !== undefined && { disableLoopCoverTrafficStream: disableCoverTraffic }),
    },
  };
}

const MOST_REDIRECTS = 20;

/** The router of a node is a client of the node's own gateway, and so is its requester. */
function nodeOf(ipr: string): string {
  const node = /^[1-9A-HJ-NP-Za-km-z]{32,44}\.[1-9A-HJ-NP-Za-km-z]{32,44}@([1-9A-HJ-NP-Za-km-z]{32,44})$/.exec(
    ipr,
  )?.[1];
  if (node === undefined) throw new TypeError('The option "preferredIpr" must be a Nym address.');
  return node;
}
