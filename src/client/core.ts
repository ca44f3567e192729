import type { Diagnostics } from '../diagnostics/index.ts';
import { MixnetError } from '../errors.ts';
import type { GatewayLink, LinkState } from '../gateway/index.ts';
import * as limits from '../limits.ts';
import { encodeNymMessage, type Recipient, SENDER_TAG_BYTES, type SenderTag } from '../message/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import type { ClientStorage } from '../storage/index.ts';
import { Directory, parseIdentity, type Topology, urlOfGateway } from '../topology/index.ts';
import { assemble, type ClientParts } from './assemble.ts';
import { withDeadline } from './deadline.ts';
import type { ReceivedMessage } from './inbox.ts';
import { KeptClient } from './kept-client.ts';
import { GENERAL_LANE, type Lane } from './lanes.ts';
import { OwnCover } from './own-cover.ts';
import { SphinxPacketBuilder } from './packet-builder.ts';
import type { Pseudonym } from './pseudonym.ts';
import { payloadOpener } from './receive.ts';
import { type Entrance, type StartUpOptions, startUp } from './start-up.ts';
import type { ClientStats } from './stats.ts';
import { surbBatches } from './surb-supply.ts';
import { completeTraffic, type Traffic } from './traffic.ts';

export interface ClientCoreOptions {
  readonly platform: Platform;
  /** Base URLs of the directory; one stands in for the other. */
  readonly api: readonly string[];
  /** Identity of the gateway to use, base58. Default: any that takes us, chosen anew for each client. */
  readonly gateway?: string;
  /** Use gateways with `wss:` only, as pages served over https have to. Default false. */
  readonly secure?: boolean;
  /** Keeps the client, to be the same one the next time. Default: each is a new one. */
  readonly storage?: ClientStorage;
  readonly traffic?: Partial<Traffic>;
  readonly replies?: {
    /**
     * Keep ten reply blocks of every sender to ask for more with, as Nym's clients do: the first answer to who sent ten
     * then waits for more. Default false: two are kept.
     */
    readonly strictReserve?: boolean;
  };
  /** How long `connect` may take, ms. Default 60 000; then it rejects with ERR_MIX_TIMEOUT_SETUP. */
  readonly setupTimeoutMs?: Milliseconds;
  /** Where it is told how the client goes. Default: nowhere. */
  readonly diagnostics?: Diagnostics | undefined;
  /** Ends `connect`. No effect on a connected client. */
  readonly signal?: AbortSignal;
}

export interface SendOptions {
  /** Default 'general'. */
  readonly lane?: Lane;
  /** Gives the message up: it is neither sent nor sent again, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** How often each packet may be sent again; 0 sends it once. Default: that of the traffic options. */
  readonly maxRetransmissions?: number;
}

export type ClientState = LinkState;

/**
 * A client of the mixnet: one identity, one gateway, its traffic streams, and messages both ways. All sending methods
 * resolve when the last packet of the message is acknowledged, which says that it reached the recipient's gateway, and
 * reject with
 *
 * - ERR_MIX_MIXNET_NO_ROUTE where the topology does not have the recipient's gateway,
 * - ERR_MIX_MIXNET_UNDELIVERED where a packet was sent as often as it may be and not acknowledged,
 * - ERR_MIX_GATEWAY_CLOSED where the gateway has been away for five minutes,
 * - ERR_MIX_MIXNET_CLOSED for a closed client, ERR_MIX_USAGE_BUSY where too much waits already, or the signal's reason.
 */
export class ClientCore {
  /** Where others send to. Without a storage it was made for this connection, and is linked to nothing before it. */
  readonly address: Recipient;
  readonly #parts: ClientParts;
  readonly #kept: KeptClient | undefined;
  readonly #waiting: Uint8Array[];

  /** Of parts that run already; `connect` brings them. `waiting`: what the gateway pushed before that. */
  constructor(parts: ClientParts, kept?: KeptClient, waiting: Uint8Array[] = []) {
    this.#parts = parts;
    this.#kept = kept;
    this.#waiting = waiting;
    this.address = parts.self;
  }

  /**
   * Enters by a gateway, and starts the traffic: a new client by any that takes it, or one that a storage has kept by its
   * own. Rejects with ERR_MIX_DIRECTORY_…, ERR_MIX_GATEWAY_…, ERR_MIX_STORAGE_…, ERR_MIX_TIMEOUT_SETUP,
   * ERR_MIX_USAGE_OPTION where the storage keeps a client of another gateway than the one named, or the signal's reason,
   * and then leaves nothing behind. Throws a TypeError for options that cannot be.
   */
  static async connect(options: ClientCoreOptions): Promise<ClientCore> {
    const { platform, api, storage, setupTimeoutMs = SETUP_TIMEOUT_MS, signal, diagnostics } = options;
    const traffic = completeTraffic(options.traffic);
    const gateway = options.gateway === undefined ? undefined : parseIdentity(options.gateway);
    const secure = options.secure ?? false;
    const directory = new Directory({ urls: api, platform });
    const until = platform.now() + setupTimeoutMs;
    const error = () => new MixnetError('ERR_MIX_TIMEOUT_SETUP');
    const inTime = <T>(operation: (signal: AbortSignal) => Promise<T>, discard: (late: T) => void) =>
      withDeadline<T>(platform, { ms: until - platform.now(), error, signal, discard }, operation);
    let kept: KeptClient | undefined;
    let link: GatewayLink | undefined;
    const release = platform.hold();
    try {
      if (storage !== undefined) {
        kept = await inTime(
          limited => KeptClient.open({ storage, platform, secure, diagnostics }, limited),
          late => void late.close(),
        );
        kept.checkGateway(gateway);
      }
      let parts: ClientParts | undefined;
      const waiting: Uint8Array[] = [];
      const wait = (bytes: Uint8Array) => {
        // Nobody knows a new address yet: what is pushed before the rest of such a client exists is for nobody.
        if (kept?.record !== undefined && waiting.length < MAX_WAITING_PUSHES) waiting.push(bytes);
      };
      const startUpOptions: StartUpOptions = {
        ...{ platform, directory, gateway, secure, diagnostics, kept: kept?.record },
        presentUrl: identity => parts && urlOfGateway(parts.network.latest.gateways, identity, secure),
        on: {
          push: bytes => (parts === undefined ? wait(bytes) : parts.inbox.push(bytes)),
          state: () => parts?.linkChanged(),
          admitted: admission => kept?.admitted(admission),
        },
      };
      const entrance = await inTime(
        async limited => {
          const entered = await startUp(startUpOptions, limited);
          link = entered.link;
          await kept?.entered(entered);
          return entered;
        },
        late => late.link.close(),
      );
      const strictReserve = options.replies?.strictReserve ?? false;
      const topologyChanged = (topology: Topology) => kept?.refreshed(topology);
      const equipped = equipment(entrance, traffic, platform);
      const received = kept && { sets: kept.receivedSets, keep: kept.received };
      const own = { platform, traffic, directory, strictReserve, diagnostics };
      parts = assemble({ ...own, ...equipped, topologyChanged, received });
      parts.start();
      return new ClientCore(parts, kept, waiting);
    } catch (error) {
      link?.close();
      await kept?.close();
      throw error;
    } finally {
      release();
    }
  }

  get state(): ClientState {
    return this.#parts.link.state;
  }

  /** Called after every change of `state`. Returns the function that ends it. */
  onState(listener: () => void): () => void {
    return this.#parts.onState(listener);
  }

  /** The last good view of the network. */
  get topology(): Topology {
    return this.#parts.network.latest;
  }

  stats(): ClientStats {
    return this.#parts.stats();
  }

  /** Sends a message that says nothing about its sender. It cannot be answered, unless its content says where. */
  async send(recipient: Recipient, data: Uint8Array, options: SendOptions = {}): Promise<void> {
    const { transmissions } = this.#parts;
    const delivery = this.#open(data, options);
    const message = encodeNymMessage({ kind: 'plain', data });
    transmissions.sendTo(recipient, message, delivery, this.#limit(options));
    return delivery.done;
  }

  /**
   * Who we are to that recipient. The same arguments give the same one, until it is released; with another isolation it is
   * another, which the recipient cannot link to the first.
   */
  pseudonym(recipient: Recipient, isolation: string): Pseudonym {
    return this.#parts.anonymousSender.pseudonym(recipient, isolation);
  }

  /** Ends a pseudonym: answers to it are not understood any more. */
  releasePseudonym(pseudonym: Pseudonym): void {
    this.#parts.releasePseudonym(pseudonym);
  }

  /**
   * Sends a message under a pseudonym, with so many reply blocks to answer with. Each carries one packet back, and Nym's
   * clients keep ten of them to ask for more.
   *
   * @param options.replySurbs 0 to 500
   */
  async sendAnonymous(
    pseudonym: Pseudonym,
    data: Uint8Array,
    options: SendOptions & { readonly replySurbs: number },
  ): Promise<void> {
    const surbs = checkSurbs(options.replySurbs);
    const maxRetransmissions = this.#limit(options);
    const delivery = this.#open(data, options);
    this.#parts.anonymousSender.send(delivery, pseudonym, { content: 'data', data, surbs, maxRetransmissions });
    return delivery.done;
  }

  /** Sends reply blocks alone, ahead of need, in messages of at most 100. Nobody is told whether they arrive. */
  supplySurbs(pseudonym: Pseudonym, amount: number, options: { readonly lane?: Lane } = {}): void {
    this.#parts.anonymousSender.supply(pseudonym, surbBatches(checkSurbs(amount)), options.lane);
  }

  /**
   * While restrained, requests for reply blocks are answered only as far as keeps the other side from giving up: the
   * reader of its answers is slower than it is.
   */
  restrainSurbs(pseudonym: Pseudonym, restrained: boolean): void {
    this.#parts.supply.restrain(pseudonym, restrained);
  }

  /** How many reply blocks the other side is believed to have left: given, or on their way, and not used. */
  surbsHeldBy(pseudonym: Pseudonym): number {
    return this.#parts.anonymousSender.surbsHeldBy(pseudonym);
  }

  /**
   * Answers whoever sent under that tag, by the reply blocks that came with it. Where they do not suffice, more are asked
   * for. Rejects also with ERR_MIX_MIXNET_UNKNOWN_SENDER, and with ERR_MIX_MIXNET_NO_SURBS where no more come. `data` is
   * not empty.
   */
  async reply(senderTag: Uint8Array, data: Uint8Array, options: SendOptions = {}): Promise<void> {
    if (senderTag.length !== SENDER_TAG_BYTES) throw new TypeError(`a sender tag has ${SENDER_TAG_BYTES} bytes`);
    if (data.length === 0) throw new RangeError('a reply cannot be empty');
    const limit = this.#limit(options, this.#parts.traffic.maximumNumberOfReplyRetransmissions);
    const delivery = this.#open(data, options);
    this.#parts.replier.reply(senderTag as SenderTag, data, delivery, limit);
    return delivery.done;
  }

  /** Packets of a lane that have not been sent once, those included that wait for reply blocks. */
  laneLength(lane: Lane): number {
    const { lanes, ready, replier } = this.#parts;
    return lanes.length(lane) + ready.length(lane) + replier.parked(lane);
  }

  /** Messages of a lane that are not acknowledged, and how much of their data. */
  unacknowledged(lane: Lane): { readonly messages: number; readonly bytes: number } {
    return this.#parts.deliveries.unacknowledged(lane);
  }

  /** Gives up all messages of a lane: nothing of it is sent, or sent again. They reject with `reason`, or an AbortError. */
  dropLane(lane: Lane, reason: unknown = new DOMException('The lane was dropped.', 'AbortError')): void {
    this.#parts.deliveries.failLane(lane, reason);
  }

  /** Calls `listener` with every message that comes, until the returned function is called. */
  subscribe(listener: (message: ReceivedMessage) => void): () => void {
    return this.#parts.inbox.subscribe(listener);
  }

  /**
   * Reads what the gateway had kept for a client that comes back: it was pushed before anybody could subscribe, and waits
   * until this is called, by whoever has.
   */
  readWaiting(): void {
    for (const bytes of this.#waiting.splice(0)) this.#parts.inbox.push(bytes);
  }

  /**
   * Ends the client. With `drain`, up to so many ms go by first in which what was accepted is sent, at the usual rate, and
   * nothing more is accepted. What is not acknowledged then rejects with ERR_MIX_MIXNET_CLOSED. Another call cuts the drain
   * short to its own. Never rejects. Afterwards the storage is free.
   */
  async close(options: { readonly drain?: Milliseconds } = {}): Promise<void> {
    await this.#parts.close(options.drain ?? 0);
    await this.#kept?.close();
  }

  #open(data: Uint8Array, { lane = GENERAL_LANE, signal }: SendOptions) {
    if (!(data instanceof Uint8Array)) throw new TypeError('data is a Uint8Array');
    const delivery = this.#parts.deliveries.open(lane, data.length, signal);
    const { counters } = this.#parts;
    counters.messagesSent += 1;
    delivery.done.then(
      () => {
        counters.messagesDelivered += 1;
      },
      () => {
        counters.messagesFailed += 1;
      },
    );
    return delivery;
  }

  #limit(
    { maxRetransmissions }: SendOptions,
    usual: number = this.#parts.traffic.maximumNumberOfRetransmissions,
  ): number {
    const limit = maxRetransmissions ?? usual;
    if (!Number.isInteger(limit) || limit < 0) throw new RangeError('maxRetransmissions is a whole number from 0');
    return limit;
  }
}

/** What a client needs of its keys: who it is, and how its packets are made and read. */
export function equipment(
  { keys, gateway, link, topology }: Entrance,
  traffic: Traffic,
  { randomBytes: random }: Platform,
) {
  const { identity, encryption, ackKey } = keys;
  const self: Recipient = { identity: identity.publicKey, encryption: encryption.publicKey, gateway };
  const ownCover = new OwnCover();
  const builder = new SphinxPacketBuilder({ self, ackKey, traffic, random, ownCover });
  const opener = payloadOpener({ ackKey, encryptionSecret: encryption.secretKey, ownCover });
  return { self, link, topology, builder, opener };
}

function checkSurbs(amount: number): number {
  if (Number.isInteger(amount) && amount >= 0 && amount <= MAX_SURBS) return amount;
  throw new RangeError(`reply blocks come in whole numbers from 0 to ${MAX_SURBS}`);
}

const SETUP_TIMEOUT_MS: Milliseconds = 60_000;
const MAX_WAITING_PUSHES = limits.waitingPushes;
/** What Nym's clients give at most at once (`maximum_allowed_reply_surb_request_size`). */
const MAX_SURBS = 500;
