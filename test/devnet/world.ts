/** A devnet on virtual time, and somebody who sends single packets through it by hand. */

import { base58 } from '@scure/base';
import { onTestFinished } from 'vitest';
import { ed25519PublicKey } from '#crypto';
import { concatBytes } from '../../src/crypto/bytes.ts';
import { type Devnet, startDevnet, VirtualPlatform } from '../../src/devnet/index.ts';
import type { DevnetOptions } from '../../src/devnet/options.ts';
import { GatewayLink, type Identity, type LinkState } from '../../src/gateway/index.ts';
import { type AckKey, createSurbAck, type FragmentId, openAck } from '../../src/message/index.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { buildPacket, type NodeAddress, packetSizes } from '../../src/sphinx/index.ts';
import { Directory, type Topology } from '../../src/topology/index.ts';

export interface VirtualWorld {
  readonly clock: VirtualPlatform;
  readonly devnet: Devnet;
  readonly platform: Platform;
}

/** Without exits, unless the options have them. Closed with the test. */
export async function virtualWorld(options: DevnetOptions = {}, seed = 'devnet'): Promise<VirtualWorld> {
  const clock = new VirtualPlatform({ seed });
  const devnet = await clock.until(startDevnet({ exits: 0, ...options, platform: clock, transport: 'in-process' }));
  onTestFinished(() => clock.until(devnet.close()));
  return { clock, devnet, platform: devnet.clientPlatform() };
}

export function topologyOf({ api }: Devnet, platform: Platform): Promise<Topology> {
  return new Directory({ urls: [api], platform }).topology();
}

export interface SendOptions {
  readonly to?: PacketSender;
  /** Per hop. Default none. */
  readonly delayMs?: number;
  readonly version?: 258 | 259;
  readonly firstHop?: NodeAddress;
}

/** A registered client that builds its packets from the codecs, one at a time. */
export class PacketSender {
  readonly identity: Identity;
  /** What came that was no acknowledgement: the part of the payload that is for the client. */
  readonly received: Uint8Array[] = [];
  readonly acknowledged: FragmentId[] = [];
  readonly states: LinkState[] = [];
  readonly link: GatewayLink;
  topology: Topology;
  readonly #platform: Platform;
  readonly #gateway: Uint8Array;
  readonly #ackKey: AckKey;
  #sent = 0;

  private constructor(platform: Platform, topology: Topology, gateway: { identity: string; url: string }) {
    const seed = platform.randomBytes(32);
    this.#platform = platform;
    this.#gateway = base58.decode(gateway.identity);
    this.#ackKey = platform.randomBytes(16) as AckKey;
    this.topology = topology;
    this.identity = { seed, publicKey: ed25519PublicKey(seed) };
    this.link = new GatewayLink({
      platform,
      identity: this.identity,
      gateway: { identity: this.#gateway, url: gateway.url },
      on: {
        push: bytes => this.#take(bytes),
        state: state => void this.states.push(state),
      },
    });
  }

  static async connect(devnet: Devnet, platform: Platform, gateway = 0): Promise<PacketSender> {
    const entry = devnet.gateways[gateway];
    if (entry === undefined) throw new Error('no such gateway');
    const sender = new PacketSender(platform, await topologyOf(devnet, platform), entry);
    onTestFinished(() => sender.link.close());
    await sender.link.connect();
    return sender;
  }

  /** One packet with an acknowledgement, to itself or another. Returns the id that acknowledges it, and what it holds. */
  send({ to = this, delayMs = 0, version = 259, firstHop }: SendOptions = {}) {
    const { built, id, content } = this.build({ to, delayMs, version });
    const packet = { packet: built.bytes, firstHop: firstHop ?? built.firstHop, rotation: this.topology.rotation };
    if (!this.link.send(packet)) throw new Error('the link is down');
    return { id, content, packet };
  }

  build({ to = this, delayMs = 0, version = 259 }: SendOptions = {}) {
    const random = this.#platform.randomBytes;
    const id: FragmentId = { set: 1 + Math.floor(this.#sent / 255), position: 1 + (this.#sent++ % 255) };
    const delaysNs = Array.from({ length: 4 }, () => delayMs * 1e6);
    const ack = createSurbAck({
      route: this.topology.route(this.#gateway, random),
      delaysNs,
      ackKey: this.#ackKey,
      fragmentId: id,
      destination: this.identity.publicKey,
      random,
    });
    const content = random(packetSizes.regular.plaintext - ack.block.length);
    const built = buildPacket({
      route: this.topology.route(to.#gateway, random),
      delaysNs,
      destination: to.identity.publicKey,
      plaintext: concatBytes(ack.block, content),
      size: packetSizes.regular,
      version,
      random,
    });
    return { built, id, content };
  }

  #take(bytes: Uint8Array): void {
    if (bytes.length !== 21) this.received.push(bytes);
    else {
      const id = openAck(this.#ackKey, bytes);
      if (id !== 'cover') this.acknowledged.push(id);
    }
  }
}

/** Resolves when `condition` holds; looks again after every turn of the event loop, for tests on real time. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve));
}
