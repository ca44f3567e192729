import { base58 } from '@scure/base';
import { ClientCore, type ClientCoreOptions, type ReceivedMessage } from '../../src/client/index.ts';
import { splitAckBlock } from '../../src/message/index.ts';
import { packetSizeOfTotal, unwrapPacket } from '../../src/sphinx/index.ts';
import { GatewayHost, MemoryNetwork } from '../gateway/gateway-host.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { VirtualPlatform } from '../support/virtual-platform.ts';
import { network, rotationInfo, skimmed } from '../topology/directory-answers.ts';

/** A whole network in memory, under a virtual clock: directory, three mixes, one gateway. */
export class Loopback {
  readonly platform: VirtualPlatform;
  readonly host: GatewayHost;
  readonly wire: MemoryNetwork;
  readonly asked: string[] = [];
  /** Whether a packet, seen when it enters the first mix, is lost. */
  lost: (isAck: boolean) => boolean = () => false;
  #directoryDown = false;
  readonly #answers = network();

  constructor(seed = 'loopback') {
    this.host = new GatewayHost({}, () => this.platform.wallTime());
    this.wire = new MemoryNetwork(this.host);
    this.platform = new VirtualPlatform({
      seed,
      wallTime: Date.UTC(2026, 4, 1, 12, 10),
      openWebSocket: (url, handlers) => this.wire.openWebSocket(url, handlers),
      directoryFetch: async url => this.#answer(url),
    });
    for (const gateway of this.#answers.gateways) {
      gateway.ed25519_identity_pubkey = base58.encode(this.host.identity.publicKey);
    }
    this.host.forwarded.push = (...packets) => {
      for (const { packet, firstHop } of packets) this.#enter(packet, firstHop.port);
      return 0;
    };
  }

  async connect(options: Partial<ClientCoreOptions> = {}): Promise<ClientCore> {
    const connecting = ClientCore.connect({ platform: this.platform, api: ['http://directory.test/api'], ...options });
    connecting.catch(() => {});
    await this.platform.advance(0);
    return connecting;
  }

  /** Throws unless every client is gone without a trace. Packets still in the mixnet may arrive first. */
  async leftNothing(): Promise<void> {
    await this.platform.advance(1000);
    const { pendingTimers, holders } = this.platform;
    const { connections } = this.host;
    if (pendingTimers + holders + connections > 0) {
      throw new Error(`${pendingTimers} timers, ${holders} holders and ${connections} connections are left`);
    }
  }

  breakDirectory(): void {
    this.#directoryDown = true;
  }

  breakGateway(fault: MemoryNetwork['fault']): void {
    this.wire.fault = fault;
  }

  requireTickets(): void {
    this.host.options = { requireTickets: true };
  }

  #answer(url: string): Response {
    const { pathname } = new URL(url);
    this.asked.push(pathname);
    if (this.#directoryDown) return new Response('', { status: 503 });
    const { mixes, gateways, rewardedSet, metadata } = this.#answers;
    if (pathname.endsWith('/rewarded-set')) return Response.json(rewardedSet);
    if (pathname.endsWith('/key-rotation-info')) return Response.json(rotationInfo());
    if (pathname.endsWith('/mixnodes/active')) return Response.json(skimmed(metadata, mixes));
    if (pathname.endsWith('/entry-gateways')) return Response.json(skimmed(metadata, gateways));
    return new Response('', { status: 404 });
  }

  #enter(packet: Uint8Array, port: number): void {
    const isAck = packetSizeOfTotal(packet.length)?.name === 'ack';
    if (!this.lost(isAck)) this.#arrive(packet, port);
  }

  #arrive(packet: Uint8Array, port: number): void {
    const unwrapped = unwrapPacket(packet, seededRandom(`sphinx ${port - 17_890}`)(32));
    if (unwrapped.type === 'forward') {
      const { packet: next, nextHop, delayNs } = unwrapped;
      this.platform.setTimer(() => this.#arrive(next, nextHop.port), Number(delayNs) / 1e6);
      return;
    }
    const { plaintext, destination } = unwrapped;
    if (plaintext.length === 21) {
      this.host.deliver(destination, plaintext);
      return;
    }
    const { firstHop, ackPacket, message } = splitAckBlock(plaintext);
    this.host.deliver(destination, message);
    this.#enter(ackPacket, firstHop.port);
  }
}

/** Everything a client receives from now on. */
export function collect(core: ClientCore): ReceivedMessage[] {
  const messages: ReceivedMessage[] = [];
  core.subscribe(message => messages.push(message));
  return messages;
}

/** What became of a promise, as a value. */
export function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'done',
    (error: unknown) => error,
  );
}

/** For tests of behaviour rather than of traffic: fewer packets. */
export const quiet = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true } as const;
