/**
 * A mixnet without cryptography, for hours of whole clients in seconds: packets are what they hold, nodes are a delay. What
 * can go wrong does: packets and acknowledgements are lost, nodes drop packets of keys that are gone, gateways go away and
 * come back with or without what they kept, connections take along what is on its way, and the directory fails.
 */

import { ed25519PublicKey } from '#crypto';
import { exponential, uniformUnit } from '../../src/crypto/sampling.ts';
import { Epochs } from '../../src/devnet/epoch.ts';
import { VirtualPlatform } from '../../src/devnet/virtual-clock.ts';
import { MixnetError } from '../../src/errors.ts';
import { type FragmentId, isCover, type NymMessage, parseFragment, Reassembler } from '../../src/message/index.ts';
import { decodeNymMessage } from '../../src/message/nym-message.ts';
import type { Milliseconds } from '../../src/platform/platform.ts';
import { nodeKey, parseNodeAddress, type RotationMarker, rotationMarker } from '../../src/sphinx/index.ts';
import { type GatewayNode, type KeyRotation, type MixNode, Topology } from '../../src/topology/index.ts';

/** What a gateway gets for somebody in the end. */
export interface Delivered {
  readonly gateway: string;
  /** The client it is for. */
  readonly destination: string;
  readonly bytes: Uint8Array;
}

/** A packet with the acknowledgement that is sealed inside. */
export interface Journey extends Delivered {
  readonly rotation: RotationMarker;
  readonly delay: Milliseconds;
  readonly acknowledgement: Delivered & { readonly delay: Milliseconds };
}

/** One end of a connection: what a client does with what its gateway pushes. */
export type Ear = (bytes: Uint8Array) => void;

export interface PlainMixnetOptions {
  readonly epochMs?: Milliseconds;
  readonly rotationEpochs?: number;
  readonly firstEpoch?: number;
  readonly seed?: string;
}

export class PlainMixnet {
  readonly platform: VirtualPlatform;
  readonly epochs: Epochs;
  readonly gateways: readonly PlainGateway[];
  /** Share of packets that are lost; acknowledgements are packets of their own. */
  loss = 0;
  directoryUp = true;
  /** How often the directory was asked. */
  directoryRequests = 0;
  readonly lost = { packets: 0, acknowledgements: 0 };
  /** Packets whose keys no node had any more. */
  expired = 0;
  /** What gateways have acknowledged and then lost, and why. */
  readonly losses: { readonly set: number; readonly why: string }[] = [];
  readonly #messages = new Reassembler({ maxBytes: 2 ** 30, maxSets: 2 ** 20 });
  /** What was in the sets of fragments that gateways have acknowledged to the last. */
  readonly #contents = new Map<number, NymMessage>();

  constructor(options: PlainMixnetOptions = {}) {
    const { epochMs = 3_600_000, rotationEpochs = 24, firstEpoch = 2980, seed = 'plain' } = options;
    this.platform = new VirtualPlatform({ seed, promisesOnly: true });
    this.epochs = new Epochs({ platform: this.platform, epochMs, rotationEpochs, firstEpoch });
    this.gateways = ['near', 'far'].map((_, i) => new PlainGateway(this, ed25519PublicKey(numbered(100 + i))));
  }

  /** A directory for one client. */
  readonly directory = {
    topology: () => this.#answer(() => this.topology()),
    keyRotation: () => this.#answer(() => this.#keyRotation()),
  };

  topology(): Topology {
    const { epoch, rotation } = this.epochs.current;
    const [first, second, third] = [0, 1, 2].map(layer => [0, 1].map(i => node(1 + 2 * layer + i)));
    return new Topology({
      epoch,
      rotationId: rotation,
      refreshedAt: this.platform.wallTime(),
      layers: [first ?? [], second ?? [], third ?? []],
      gateways: this.gateways.map(({ identity }): GatewayNode => ({ ...node(0), identity, ips: [] })),
    });
  }

  /** From the client's gateway on. */
  enter(journey: Journey): void {
    const { rotation, delay } = journey;
    if (this.#isLost()) {
      this.lost.packets += 1;
      return;
    }
    this.platform.setTimer(() => {
      if (this.#accepts(rotation)) this.gatewayNamed(journey.gateway)?.take(journey);
      else this.expired += 1;
    }, delay);
  }

  /** A gateway has taken a packet: the acknowledgement sets out. */
  acknowledge({ acknowledgement, rotation, bytes }: Journey): void {
    this.#read(bytes);
    if (this.#isLost()) {
      this.lost.acknowledgements += 1;
      return;
    }
    this.platform.setTimer(() => {
      if (!this.#accepts(rotation)) this.expired += 1;
      else this.gatewayNamed(acknowledgement.gateway)?.hand(acknowledgement);
    }, acknowledgement.delay);
  }

  gatewayNamed(name: string): PlainGateway | undefined {
    return this.gateways.find(gateway => gateway.name === name);
  }

  /** A frame for a client is gone, for that reason. */
  loseBehindAck({ bytes }: Delivered, why: string): void {
    const set = setOf(bytes);
    if (set !== undefined) this.losses.push({ set, why });
  }

  /** The messages of which something was acknowledged by a gateway and then lost, by what they hold. */
  get explained(): NymMessage[] {
    return this.losses.flatMap(({ set }) => this.#contents.get(set) ?? []);
  }

  /** Of three mix nodes and the links between them. */
  delays(mean: Milliseconds): Milliseconds {
    const { randomBytes } = this.platform;
    return [1, 2, 3].reduce(sum => sum + exponential(mean, randomBytes), 0);
  }

  /** What gateways have acknowledged, put together as its receiver would. */
  #read(bytes: Uint8Array): void {
    const set = setOf(bytes);
    if (set === undefined) return;
    const message = this.#messages.insert(bytes.subarray(KEY_BYTES), this.platform.now());
    if (message !== undefined) this.#contents.set(set, decodeNymMessage(message));
  }

  #accepts(marker: RotationMarker): boolean {
    const { rotation, epoch, firstEpochOfRotation, lastEpochOfRotation } = this.epochs.current;
    const accepted = [rotation];
    if (epoch === firstEpochOfRotation) accepted.push(rotation - 1);
    if (epoch === lastEpochOfRotation) accepted.push(rotation + 1);
    return accepted.map(rotationMarker).includes(marker);
  }

  #isLost(): boolean {
    return this.loss > 0 && uniformUnit(this.platform.randomBytes) < this.loss;
  }

  #keyRotation(): KeyRotation {
    const { epoch, startedAt } = this.epochs.current;
    return {
      validityEpochs: this.epochs.rotationEpochs,
      initialEpoch: 0,
      referenceEpoch: epoch,
      referenceStart: startedAt,
      epochDuration: this.epochs.epochMs,
    };
  }

  #answer<T>(answer: () => T): Promise<T> {
    this.directoryRequests += 1;
    return new Promise((resolve, reject) => {
      this.platform.setTimer(() => {
        if (this.directoryUp) resolve(answer());
        else reject(new MixnetError('ERR_MIX_DIRECTORY_UNREACHABLE'));
      }, 100);
    });
  }
}

export class PlainGateway {
  readonly identity: Uint8Array;
  readonly name: string;
  up = true;
  /** Its connections are dead, and neither side has noticed: what is sent on them is gone. */
  mute = false;
  readonly #mixnet: PlainMixnet;
  readonly #connections = new Map<string, { readonly ear: Ear; readonly cut: () => void }>();
  readonly #kept: Delivered[] = [];

  constructor(mixnet: PlainMixnet, identity: Uint8Array) {
    this.#mixnet = mixnet;
    this.identity = identity;
    this.name = nameOf(identity);
  }

  /** The client is connected, and gets what was kept for it. */
  connect(client: string, ear: Ear, cut: () => void): void {
    this.#connections.set(client, { ear, cut });
    const kept = this.#kept.splice(0);
    for (const delivered of kept) {
      if (delivered.destination === client) this.hand(delivered);
      else this.#kept.push(delivered);
    }
  }

  disconnect(client: string): void {
    this.#connections.delete(client);
  }

  /** Goes away, with what it kept. */
  kill(): void {
    this.up = false;
    for (const delivered of this.#kept.splice(0)) this.#mixnet.loseBehindAck(delivered, 'the gateway forgot it');
    this.cut();
  }

  /** Breaks the connections with its clients. */
  cut(): void {
    for (const { cut } of [...this.#connections.values()]) cut();
  }

  /** A packet for one of its clients, which the gateway acknowledges whether the client is there or not. */
  take(journey: Journey): void {
    if (!this.up) return;
    this.#mixnet.acknowledge(journey);
    this.hand(journey);
  }

  hand(delivered: Delivered): void {
    if (!this.up) return;
    const connection = this.#connections.get(delivered.destination);
    if (connection === undefined) {
      this.#kept.push(delivered);
      return;
    }
    this.#mixnet.platform.setTimer(() => {
      const alive = !this.mute && this.#connections.get(delivered.destination) === connection;
      if (alive) connection.ear(delivered.bytes);
      else this.#mixnet.loseBehindAck(delivered, 'the connection was broken');
    }, TRANSIT_MS);
  }
}

/** Between a client and its gateway. */
export const TRANSIT_MS: Milliseconds = 10;
/** What stands before the content of every packet that is pushed: a key, or the digest of one. */
export const KEY_BYTES = 32;
export const ACK_FRAME_BYTES = 21;

/** The set that a pushed fragment is of; none for cover and acknowledgements. */
function setOf(bytes: Uint8Array): FragmentId['set'] | undefined {
  const content = bytes.subarray(KEY_BYTES);
  return bytes.length === ACK_FRAME_BYTES || isCover(content) ? undefined : parseFragment(content).id.set;
}

/** All have the same key: nothing is encrypted to it. */
const key = nodeKey(Uint8Array.of(9, ...new Uint8Array(31)));
const address = parseNodeAddress('192.0.2.1', 1789);

function node(n: number): MixNode {
  return { nodeId: n, identity: numbered(n), address, key, performance: 100 };
}

function numbered(n: number): Uint8Array {
  return new Uint8Array(32).fill(n);
}

export function nameOf(identity: Uint8Array): string {
  return String.fromCharCode(...identity);
}
