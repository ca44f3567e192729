import { ClientCore, type ClientCoreOptions, type ReceivedMessage } from '../../src/client/index.ts';
import {
  type Devnet,
  type DevnetOptions,
  type ObservedFrame,
  seededRandom,
  startDevnet,
  VirtualPlatform,
} from '../../src/devnet/index.ts';

/** A whole mixnet in memory, under a virtual clock. */
export class Loopback {
  readonly platform: VirtualPlatform;
  readonly devnet: Devnet;
  /** What went over the websockets. */
  readonly frames: ObservedFrame[] = [];
  readonly #before: number;

  private constructor(platform: VirtualPlatform, devnet: Devnet) {
    this.platform = platform;
    this.devnet = devnet;
    this.#before = platform.pendingTimers;
    devnet.observe(frame => this.frames.push(frame));
  }

  static async start(options: DevnetOptions = {}): Promise<Loopback> {
    const platform = new VirtualPlatform();
    const random = seededRandom('devnet');
    const devnet = await platform.until(
      startDevnet({ transport: 'in-process', gateways: 1, exits: 0, platform, random, ...options }),
    );
    return new Loopback(platform, devnet);
  }

  /** Lets as much time pass as it needs. */
  connect(options: Partial<ClientCoreOptions> = {}): Promise<ClientCore> {
    return this.platform.until(this.connecting(options));
  }

  /** Lets no time pass. */
  connecting(options: Partial<ClientCoreOptions> = {}): Promise<ClientCore> {
    return ClientCore.connect({ platform: this.devnet.clientPlatform(), api: [this.devnet.api], ...options });
  }

  get directoryRequests(): number {
    return [...this.devnet.directory.requests.values()].reduce((sum, requests) => sum + requests, 0);
  }

  /** Packets that clients have handed to their gateways. */
  get packetsSent(): number {
    return this.frames.filter(({ direction, kind }) => direction === 'from-client' && kind === 'packet').length;
  }

  /** Throws unless every client is gone without a trace. Packets still in the mixnet may arrive first, gateways tidy up. */
  async leftNothing(): Promise<void> {
    await this.platform.advance(GATEWAY_PATIENCE);
    const timers = this.platform.pendingTimers - this.#before;
    const { holders } = this.platform;
    if (timers + holders > 0) throw new Error(`${timers} timers and ${holders} holders are left`);
  }
}

/** How long a gateway waits for a new connection to say who it is. */
const GATEWAY_PATIENCE = 11_000;

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
