/** A whole client on a `PlainMixnet`: all its parts are real, but for cryptography and the link. */

import { assemble, type ClientParts, type Link } from '../../src/client/assemble.ts';
import { generateClientKeys } from '../../src/client/client-keys.ts';
import { ClientCore, completeTraffic, type ReceivedMessage, type Traffic } from '../../src/client/index.ts';
import type { OutgoingPacket, PacketBuilder, Routes } from '../../src/client/packet-builder.ts';
import type { PayloadOpener } from '../../src/client/receive.ts';
import { concatBytes } from '../../src/crypto/bytes.ts';
import { MixnetError } from '../../src/errors.ts';
import { exponentialBackoff } from '../../src/gateway/backoff.ts';
import type { LinkState } from '../../src/gateway/index.ts';
import {
  coverFragmentId,
  type Fragment,
  type Recipient,
  type ReplySurb,
  replyKeyDigest,
} from '../../src/message/index.ts';
import { coverContent } from '../../src/message/payload.ts';
import { encodeFragmentId } from '../../src/message/surb-ack.ts';
import type { Milliseconds, Timer } from '../../src/platform/platform.ts';
import { HEADER_BYTES, packetSizes, parseNodeAddress, type RotationMarker } from '../../src/sphinx/index.ts';
import {
  ACK_FRAME_BYTES,
  type Delivered,
  type Journey,
  KEY_BYTES,
  nameOf,
  type PlainGateway,
  type PlainMixnet,
  TRANSIT_MS,
} from './plain-mixnet.ts';

export class PlainClient {
  readonly core: ClientCore;
  readonly link: PlainLink;
  readonly received: ReceivedMessage[] = [];
  readonly #parts: ClientParts;

  constructor(mixnet: PlainMixnet, options: { readonly gateway: PlainGateway; readonly traffic?: Partial<Traffic> }) {
    const { platform } = mixnet;
    const { gateway } = options;
    const keys = generateClientKeys(platform.randomBytes);
    const identity = keys.identity.publicKey;
    const self = { identity, encryption: keys.encryption.publicKey, gateway: gateway.identity } as Recipient;
    const traffic = completeTraffic(options.traffic);
    const builder = new PlainBuilder(mixnet, self, traffic);
    const link = new PlainLink(mixnet, gateway, builder.journeys, nameOf(identity), {
      push: bytes => this.#parts.inbox.push(bytes),
      state: () => this.#parts.linkChanged(),
    });
    const topology = mixnet.topology();
    const { directory } = mixnet;
    const strictReserve = false;
    this.link = link;
    this.#parts = assemble({ platform, traffic, directory, self, link, topology, builder, opener, strictReserve });
    this.#parts.start();
    this.core = new ClientCore(this.#parts);
    this.core.subscribe(message => this.received.push(message));
  }

  get address(): Recipient {
    return this.core.address;
  }

  /** What it holds that has to be gone when nothing is going on. */
  get held(): Readonly<Record<string, number>> {
    const { deliveries, transmissions, lanes, receiver } = this.#parts;
    return {
      deliveries: deliveries.count,
      pending: transmissions.pending,
      shipments: transmissions.shipments,
      lanes: lanes.total,
      unfinished: receiver.unfinished.sets,
    };
  }

  /** What is kept for later, and must not grow without end. */
  get kept(): Readonly<Record<string, number>> {
    const { replyKeys, supply } = this.#parts;
    return { replyKeys: replyKeys.size, budgets: supply.pseudonyms };
  }
}

/** Packets in the clear. */
class PlainBuilder implements PacketBuilder {
  readonly journeys = new WeakMap<Uint8Array, Journey>();
  readonly #mixnet: PlainMixnet;
  readonly #self: Recipient;
  readonly #traffic: Traffic;
  readonly #cover: Fragment = { id: coverFragmentId, bytes: coverContent(packetSizes.regular) };

  constructor(mixnet: PlainMixnet, self: Recipient, traffic: Traffic) {
    this.#mixnet = mixnet;
    this.#self = self;
    this.#traffic = traffic;
  }

  cover(routes: Routes): OutgoingPacket {
    return this.toRecipient(routes, this.#self, this.#cover);
  }

  toRecipient(routes: Routes, { gateway, identity }: Recipient, { id, bytes }: Fragment): OutgoingPacket {
    const { randomBytes } = this.#mixnet.platform;
    routes.route(gateway, randomBytes);
    const delay = this.#mixnet.delays(this.#traffic.averagePacketDelayMs);
    const to = { gateway: nameOf(gateway), destination: nameOf(identity), delay };
    return this.#packet(id, { ...to, rotation: routes.rotation, bytes: concatBytes(NO_KEY, bytes) });
  }

  throughSurb(_: Routes, { surb, key, rotation }: ReplySurb, { id, bytes }: Fragment): OutgoingPacket {
    const [gateway, destination] = [surb.header.subarray(0, 32), surb.header.subarray(32, 64)].map(nameOf);
    const delay = this.#mixnet.delays(this.#traffic.averagePacketDelayMs);
    const to = { gateway: gateway ?? '', destination: destination ?? '', delay };
    return this.#packet(id, { ...to, rotation, bytes: concatBytes(replyKeyDigest(key), bytes) });
  }

  replySurb(routes: Routes): ReplySurb {
    const header = new Uint8Array(HEADER_BYTES);
    header.set(this.#self.gateway);
    header.set(this.#self.identity, 32);
    const perHop = Array.from({ length: 4 }, () => new Uint8Array(16));
    const surb = { header, firstHop, keys: { kind: 'seeds' as const, perHop } };
    return { key: this.#mixnet.platform.randomBytes(16) as ReplySurb['key'], surb, rotation: routes.rotation };
  }

  #packet(id: Fragment['id'], journey: Delivered & { delay: Milliseconds; rotation: RotationMarker }): OutgoingPacket {
    const delay = this.#mixnet.delays(this.#traffic.averageAckDelayMs);
    const self = { gateway: nameOf(this.#self.gateway), destination: nameOf(this.#self.identity) };
    const ack = new Uint8Array(ACK_FRAME_BYTES);
    ack.set(encodeFragmentId(id), ACK_FRAME_BYTES - 5);
    const packet = new Uint8Array(0);
    this.journeys.set(packet, { ...journey, acknowledgement: { ...self, bytes: ack, delay } });
    return { packet, firstHop, rotation: journey.rotation, expectedDelayMs: journey.delay + delay };
  }
}

const opener: PayloadOpener = {
  ack(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + ACK_FRAME_BYTES - 5);
    const id = { set: view.getUint32(0), position: view.getUint8(4) };
    return id.set === 0 ? 'cover' : { ...id, set: id.set & 0x7fff_ffff };
  },
  fromSender: bytes => bytes.subarray(KEY_BYTES),
  reply: bytes => bytes.subarray(KEY_BYTES),
};

/** A connection that breaks with its gateway, and comes back by the back-off of the real link. */
class PlainLink implements Link {
  readonly bufferedBytes = 0;
  state: LinkState = 'connected';
  lastError: MixnetError | undefined;
  /** When packets were handed over. */
  readonly times: Milliseconds[] = [];
  readonly #mixnet: PlainMixnet;
  readonly #gateway: PlainGateway;
  readonly #journeys: WeakMap<Uint8Array, Journey>;
  readonly #client: string;
  readonly #on: { push(bytes: Uint8Array): void; state(): void };
  #connection = 0;
  #failures = 0;
  #retry: Timer | undefined;

  constructor(
    mixnet: PlainMixnet,
    gateway: PlainGateway,
    journeys: WeakMap<Uint8Array, Journey>,
    client: string,
    on: { push(bytes: Uint8Array): void; state(): void },
  ) {
    this.#mixnet = mixnet;
    this.#gateway = gateway;
    this.#journeys = journeys;
    this.#client = client;
    this.#on = on;
    this.#connect();
  }

  send({ packet }: OutgoingPacket): boolean {
    const journey = this.#journeys.get(packet);
    if (this.state !== 'connected' || journey === undefined) return false;
    const connection = this.#connection;
    this.times.push(this.#mixnet.platform.now());
    this.#mixnet.platform.setTimer(() => {
      if (connection === this.#connection && this.#gateway.up && !this.#gateway.mute) this.#mixnet.enter(journey);
    }, TRANSIT_MS);
    return true;
  }

  close(): void {
    this.#retry?.cancel();
    this.#connection += 1;
    this.#gateway.disconnect(this.#client);
    this.state = 'closed';
  }

  #connect(): void {
    this.#gateway.connect(
      this.#client,
      bytes => this.#on.push(bytes),
      () => this.#lose(),
    );
  }

  #lose(): void {
    this.#connection += 1;
    this.#gateway.disconnect(this.#client);
    this.lastError = new MixnetError('ERR_MIX_GATEWAY_CLOSED');
    this.#enter('reconnecting');
    this.#tryAgain();
  }

  #tryAgain(): void {
    const { platform } = this.#mixnet;
    this.#retry = platform.setTimer(
      () => {
        if (!this.#gateway.up) {
          this.#failures += 1;
          this.#tryAgain();
          return;
        }
        this.#failures = 0;
        this.#connect();
        this.#enter('connected');
      },
      exponentialBackoff(this.#failures, platform.randomBytes),
    );
  }

  #enter(state: LinkState): void {
    this.state = state;
    this.#on.state();
  }
}

const NO_KEY = new Uint8Array(KEY_BYTES);
const firstHop = parseNodeAddress('192.0.2.1', 1789);
