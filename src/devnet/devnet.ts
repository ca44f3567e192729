/** An embedded mixnet: everything that a client meets on the live one, on this machine, with every wire format real. */

import { ClientCore } from '../client/index.ts';
import { encodeBase58 } from '../crypto/base58.ts';
import { formatRecipient } from '../message/index.ts';
import { createNodePlatform } from '../platform/node.ts';
import type { Platform } from '../platform/platform.ts';
import type { DirectoryLie } from './directory-lies.ts';
import type { FaultSettings } from './faults.ts';
import type { ObservedFrame } from './gateway-server.ts';
import { type DevnetHost, HostMap } from './host-map.ts';
import type { ObservedPacket } from './mix-node.ts';
import { Network } from './network.ts';
import type { NodeStats, PacketStats } from './node-stats.ts';
import { type CompleteOptions, completeOptions, type DevnetOptions } from './options.ts';
import { withParts } from './platforms.ts';
import { Requester } from './requester.ts';
import type { ExitBehaviour } from './requester-options.ts';
import type { Switchable } from './switch.ts';

export interface Devnet extends AsyncDisposable {
  /** Base URL of the directory: the `api` option of clients. */
  readonly api: string;
  /** PEM of the authority behind `https:` and `wss:`, with the option `tls` over sockets. */
  readonly ca: string | undefined;
  /** Nym addresses of the network requesters. */
  readonly exits: readonly string[];
  readonly directory: DevnetDirectory;
  readonly mixNodes: readonly DevnetMixNode[];
  readonly gateways: readonly DevnetGateway[];
  /** The network requesters, in the order of `exits`. */
  readonly requesters: readonly DevnetRequester[];
  /** May be changed at any time; throws a `RangeError` for what cannot be. */
  readonly faults: FaultSettings;
  /** Adds or, with `undefined`, removes a name that exits resolve. */
  setHost(name: string, host: DevnetHost | undefined): void;
  stats(): DevnetStats;
  /** Calls `listener` with every frame between a client and its gateway, until the returned function is called. */
  observe(listener: (frame: ObservedFrame) => void): () => void;
  /** The same with every packet that a mix node or a gateway unwraps. */
  observeNodes(listener: (packet: ObservedPacket) => void): () => void;
  /**
   * What a client of this devnet runs on. In-process it is the only way in: directory and gateway without sockets, on the
   * clock of the devnet. Over sockets it differs from the default platform in that it trusts `ca`.
   */
  clientPlatform(): Platform;
  /** Leaves no socket, timer or listener. Idempotent. */
  close(): Promise<void>;
}

export interface DevnetDirectory extends Switchable {
  /** From the next answer on, until it is `undefined` again. The exits of the devnet are told the truth. */
  lie: DirectoryLie | undefined;
  /** How many requests came, by path below `api`. */
  readonly requests: ReadonlyMap<string, number>;
}

export interface DevnetMixNode extends Switchable {
  readonly nodeId: number;
  readonly layer: 1 | 2 | 3;
  /** Base58. */
  readonly identity: string;
}

export interface DevnetGateway extends Switchable {
  readonly nodeId: number;
  /** Base58: the `gateway` option of clients. */
  readonly identity: string;
  readonly url: string;
  /** Cuts every client off; they may come back at once. */
  disconnectClients(): void;
  /** Loses all registrations, with bandwidth and stored messages: who comes back has to register anew. */
  forgetClients(): void;
}

export interface DevnetRequester {
  /** Its Nym address. */
  readonly address: string;
  behaviour: ExitBehaviour;
  /** TCP connections to servers. */
  readonly openConnections: number;
  /** Pseudonyms of clients that have asked it for connections so far: what it can tell apart. */
  readonly senders: number;
}

export interface DevnetStats {
  readonly packets: PacketStats;
  /** Mix nodes, then gateways. */
  readonly nodes: readonly NodeStats[];
}

/**
 * Starts a mixnet on this machine, for tests of programs that use one: a directory, three layers of mix nodes, gateways,
 * and exits that connect to what the option `hosts` names. Rejects with the signal's reason, and then leaves nothing
 * behind; throws TypeError or RangeError for options that cannot be.
 */
export async function startDevnet(options: DevnetOptions = {}): Promise<Devnet> {
  const { signal } = options;
  signal?.throwIfAborted();
  const complete = completeOptions(options);
  const hosts = new HostMap(complete);
  const network = await Network.start(complete);
  const requesters: Requester[] = [];
  try {
    for (let exit = 0; exit < complete.exits; exit++) {
      const place = complete.gateways - complete.exits + exit;
      const requester = await startRequester(network, place, hosts, complete, signal);
      requesters.push(requester);
      network.requesters.set(place, formatRecipient(requester.core.address));
    }
    signal?.throwIfAborted();
  } catch (error) {
    await closeAll(network, requesters);
    throw error;
  }
  return devnetOf(network, requesters, hosts, complete);
}

/** A client like any other, inside the process of its gateway, without pacing and cover: an exit has nothing to hide. */
async function startRequester(
  network: Network,
  place: number,
  hosts: HostMap,
  { platform, random, policy }: CompleteOptions,
  signal: AbortSignal | undefined,
): Promise<Requester> {
  const { directory, openWebSocket, gateways, lifetime } = network;
  const core = await ClientCore.connect({
    platform: withParts(platform, {
      randomBytes: random,
      directoryFetch: directory.honestFetch,
      openWebSocket,
    }),
    api: [directory.url],
    gateway: encodeBase58(gateways[place]?.identity.publicKey ?? new Uint8Array(32)),
    traffic: { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true },
    replies: { strictReserve: true },
    ...(signal && { signal }),
  });
  return new Requester({ core, platform, lifetime, hosts, policy });
}

function devnetOf(
  network: Network,
  requesters: readonly Requester[],
  hosts: HostMap,
  options: CompleteOptions,
): Devnet {
  const { directory, mixNodes, gateways, faults, counters, observers, nodeObservers } = network;
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= closeAll(network, requesters);
    return closed;
  };
  return {
    api: directory.url,
    ca: network.authority?.certificate,
    exits: requesters.map(addressOf),
    directory,
    mixNodes: mixNodes.map(({ node, layer, identity }) => ({
      ...switchOf(node),
      get state() {
        return node.state;
      },
      nodeId: node.nodeId,
      layer,
      identity: encodeBase58(identity),
    })),
    gateways: gateways.map((gateway, place) => ({
      ...switchOf(gateway),
      get state() {
        return gateway.state;
      },
      nodeId: gateway.node.nodeId,
      identity: encodeBase58(gateway.identity.publicKey),
      url: network.gatewayUrl(place),
      disconnectClients: () => gateway.disconnectClients(),
      forgetClients: () => gateway.forgetClients(),
    })),
    requesters: requesters.map(requester => ({
      address: addressOf(requester),
      get behaviour() {
        return requester.behaviour;
      },
      set behaviour(behaviour) {
        requester.behaviour = behaviour;
      },
      get openConnections() {
        return requester.openConnections;
      },
      get senders() {
        return requester.senders;
      },
    })),
    faults,
    setHost: (name, host) => hosts.set(name, host),
    stats: () => ({
      packets: counters.snapshot(),
      nodes: [...mixNodes, ...gateways].map(({ node }) => node.stats()),
    }),
    observe(listener) {
      observers.add(listener);
      return () => void observers.delete(listener);
    },
    observeNodes(listener) {
      nodeObservers.add(listener);
      return () => void nodeObservers.delete(listener);
    },
    clientPlatform: () => clientPlatform(network, options),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function clientPlatform(network: Network, { transport, platform, ownClock }: CompleteOptions): Platform {
  if (transport === 'in-process') {
    const { directory, openWebSocket } = network;
    return withParts(platform, { directoryFetch: directory.fetch, openWebSocket });
  }
  const ca = network.authority?.certificate;
  const sockets = createNodePlatform(ca === undefined ? {} : { ca: [ca] });
  if (!ownClock) return sockets;
  return withParts(platform, { directoryFetch: sockets.directoryFetch, openWebSocket: sockets.openWebSocket });
}

function switchOf(part: Switchable): Pick<Switchable, 'kill' | 'stall' | 'revive'> {
  return { kill: () => part.kill(), stall: () => part.stall(), revive: () => part.revive() };
}

function addressOf({ core }: Requester): string {
  return formatRecipient(core.address);
}

async function closeAll(network: Network, requesters: readonly Requester[]): Promise<void> {
  await Promise.all(requesters.map(requester => requester.close()));
  await network.close();
}
