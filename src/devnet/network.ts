/** The parts of a devnet that packets go through, and the directory that lists them. */

import { ed25519PublicKey } from '#crypto';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import { type CertificateAuthority, createAuthority, type IssuedCertificate } from './certificates.ts';
import type { NodeDescription } from './directory-answers.ts';
import { DirectoryServer } from './directory-server.ts';
import { Entrance } from './entrance.ts';
import { Epochs, RotatingKeys } from './epoch.ts';
import { Faults } from './faults.ts';
import { GatewayServer, type ObservedFrame } from './gateway-server.ts';
import { InProcessLinks } from './in-process-links.ts';
import { Lifetime } from './lifetime.ts';
import type { Links } from './links.ts';
import { MixNode, type NodeReading, type ObservedPacket, observedPacket } from './mix-node.ts';
import { PacketCounters } from './node-stats.ts';
import type { CompleteOptions } from './options.ts';
import { PacketWays } from './packet-ways.ts';
import { inProcessWebSockets } from './platforms.ts';
import { TcpLinks } from './tcp-links.ts';

export interface PlacedMixNode {
  readonly node: MixNode;
  readonly layer: 1 | 2 | 3;
  readonly identity: Uint8Array;
}

const LAYERS = [1, 2, 3] as const;
/** Default ports of gateways, where there are no real ones. */
const IN_PROCESS_PORTS = { ws: 9_000, wss: 9_001 };

export class Network {
  readonly lifetime: Lifetime;
  readonly faults: Faults;
  readonly counters = new PacketCounters();
  readonly mixNodes: PlacedMixNode[] = [];
  readonly gateways: GatewayServer[] = [];
  readonly observers = new Set<(frame: ObservedFrame) => void>();
  readonly nodeObservers = new Set<(packet: ObservedPacket) => void>();
  /** Told what nodes read of the packets that come to them. */
  readonly readers = new Set<(reading: NodeReading) => void>();
  /** Addresses of the network requesters, by the place of their gateway. */
  readonly requesters = new Map<number, string>();
  readonly authority: CertificateAuthority | undefined;
  readonly #options: CompleteOptions;
  readonly #ways = new PacketWays();
  readonly #epochs: Epochs;
  readonly #links: Links;
  readonly #entrance: Entrance;
  readonly #certificate: IssuedCertificate | undefined;
  #directory: DirectoryServer | undefined;

  private constructor(
    options: CompleteOptions,
    authority: CertificateAuthority | undefined,
    certificate: IssuedCertificate | undefined,
  ) {
    const { platform, random, transport, frameVersion } = options;
    this.#options = options;
    this.#epochs = new Epochs(options);
    this.#links = transport === 'in-process' ? new InProcessLinks() : new TcpLinks(frameVersion);
    this.lifetime = new Lifetime(platform);
    this.faults = new Faults(options.faults);
    this.#entrance = new Entrance({
      ...{ faults: this.faults, random, lifetime: this.lifetime, counters: this.counters },
      entered: ({ nodeId }, packet) => {
        if (this.nodeObservers.size > 0) this.#ways.entered(nodeId, packet);
      },
    });
    this.authority = authority;
    this.#certificate = certificate;
  }

  static async start(options: CompleteOptions): Promise<Network> {
    const authority = options.tls && options.transport === 'sockets' ? await createAuthority() : undefined;
    const certificate = await authority?.issue({ hosts: ['localhost', '127.0.0.1'] });
    const network = new Network(options, authority, certificate);
    try {
      for (const layer of LAYERS) {
        for (let i = 0; i < options.nodesPerLayer; i++) await network.#addMixNode(layer);
      }
      for (let i = 0; i < options.gateways; i++) await network.#addGateway();
      network.#directory = await DirectoryServer.start({
        nodes: () => network.#describe(),
        epochs: network.#epochs,
        ...network.#listen(),
      });
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  get directory(): DirectoryServer {
    if (this.#directory === undefined) throw new Error('a network that is not started');
    return this.#directory;
  }

  /** As the directory has it. */
  gatewayUrl(place: number): string {
    const { ip, hostname, ws, wss } = this.#entry(place);
    return wss === undefined ? `ws://${ip}:${ws}/` : `wss://${hostname}:${wss}/`;
  }

  /** For clients inside the process. */
  get openWebSocket(): Platform['openWebSocket'] {
    const connectors = new Map(
      this.gateways.flatMap((gateway, place) => {
        const { ip, hostname, ws, wss } = this.#entry(place);
        const connect: GatewayServer['connectInProcess'] = handlers => gateway.connectInProcess(handlers);
        return [`${ip}:${ws}`, `${hostname}:${wss}`].map(host => [host, connect] as const);
      }),
    );
    return inProcessWebSockets(connectors);
  }

  async close(): Promise<void> {
    const parts = [...this.mixNodes.map(({ node }) => node), ...this.gateways];
    await Promise.all([...parts.map(part => part.kill()), this.#directory?.kill()]);
    this.lifetime.end();
    this.observers.clear();
    this.nodeObservers.clear();
    this.#ways.clear();
    this.readers.clear();
  }

  async #addMixNode(layer: 1 | 2 | 3): Promise<void> {
    const identity = ed25519PublicKey(this.#options.random(32));
    this.mixNodes.push({ node: await MixNode.start(this.#nodeOptions()), layer, identity });
  }

  async #addGateway(): Promise<void> {
    const { platform, random, requireTickets } = this.#options;
    const gateway = await GatewayServer.start({
      platform,
      identitySeed: random(32),
      node: this.#nodeOptions(),
      entrance: this.#entrance,
      counters: this.counters,
      requireTickets,
      observed: frame => {
        for (const observer of this.observers) observer(frame);
      },
      ...this.#listen(),
    });
    this.gateways.push(gateway);
  }

  #nodeOptions() {
    const { platform, random, delayScale } = this.#options;
    return {
      nodeId: this.mixNodes.length + this.gateways.length + 1,
      keys: new RotatingKeys(random(32), this.#epochs),
      links: this.#links,
      lifetime: this.lifetime,
      delayScale,
      observed: (reading: NodeReading) => {
        for (const reader of this.readers) reader(reading);
        if (this.nodeObservers.size > 0) this.#observe(reading, platform.now());
      },
    };
  }

  #observe(reading: NodeReading, now: Milliseconds): void {
    const { nodeId, carried, unwrapped } = reading;
    const next = unwrapped.type === 'forward' ? unwrapped.packet : undefined;
    const seen = observedPacket(reading, now, this.#ways.unwrapped(nodeId, carried.packet, next));
    for (const observer of this.nodeObservers) observer(seen);
  }

  #listen(): { listen?: { certificate?: IssuedCertificate } } {
    if (this.#options.transport === 'in-process') return {};
    return { listen: this.#certificate === undefined ? {} : { certificate: this.#certificate } };
  }

  #entry(place: number): { ip: string; hostname: string | undefined; ws: number; wss: number | undefined } {
    const gateway = this.gateways[place];
    if (gateway === undefined) throw new RangeError('there is no such gateway');
    const { tls } = this.#options;
    const { ws, wss } = gateway.ports ?? IN_PROCESS_PORTS;
    const hostname = gateway.ports === undefined ? `gateway-${place + 1}.test` : 'localhost';
    return {
      ip: gateway.node.address.ip,
      ws,
      hostname: tls ? hostname : undefined,
      wss: tls ? wss : undefined,
    };
  }

  #describe(): NodeDescription[] {
    const firstExit = this.#options.gateways - this.#options.exits;
    return [
      ...this.mixNodes.map(({ node, layer, identity }) => describe(node, identity, layer)),
      ...this.gateways.map((gateway, place): NodeDescription => {
        const { hostname, ws, wss } = this.#entry(place);
        const requester = this.requesters.get(place);
        return {
          ...describe(gateway.node, gateway.identity.publicKey, place < firstExit ? 'entry' : 'exit'),
          entry: { wsPort: ws, ...(hostname && { hostname }), ...(wss && { wssPort: wss }) },
          ...(requester && { requester }),
        };
      }),
    ];
  }
}

function describe(node: MixNode, identity: Uint8Array, role: NodeDescription['role']): NodeDescription {
  const { nodeId, keys, address } = node;
  return { nodeId, identity, keys, role, ip: address.ip, mixPort: address.port };
}
