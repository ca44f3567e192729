/**
 * Client core, mixnet and exits in miniature, for the virtual clock: packets are counted and take their slots, reply
 * blocks are counted and spent, nothing is encrypted. The exits are as strict as real ones: they keep ten reply blocks in
 * reserve, ask for more when they need them, read 16 KiB at a time, and send something of every connection each minute.
 */

import { ed25519PublicKey } from '#crypto';
import { uniformUnit } from '../../src/crypto/sampling.ts';
import { MixnetError } from '../../src/errors.ts';
import type { ExitCandidate } from '../../src/exit/exit-choice.ts';
import {
  type ConnectionId,
  decodeRequest,
  encodeResponse,
  type RequesterResponse,
  type SocketData,
} from '../../src/exit/index.ts';
import { formatRecipient, parseRecipient, type Recipient } from '../../src/message/index.ts';
import type { Timer } from '../../src/platform/platform.ts';
import { type CoreMessage, OrderedBuffer, type StreamCore, type StreamPseudonym } from '../../src/stream/index.ts';
import type { VirtualPlatform } from '../support/virtual-platform.ts';

/** What a connection leads to. */
export interface Origin {
  data?(bytes: Uint8Array, socket: OriginSocket): void;
  opened?(socket: OriginSocket): void;
  closed?(): void;
}

export interface OriginSocket {
  send(bytes: Uint8Array): void;
  end(): void;
}

/** What an exit does when it is asked to connect. */
export type ExitHabit = 'silent' | 'stall' | 'refuse' | 'dial-failed' | 'unreachable' | ((address: string) => Origin);

export interface SentMessage {
  readonly at: number;
  readonly lane: string;
  readonly exit: string;
  readonly data: Uint8Array;
  readonly surbs: number;
  readonly packets: number;
}

interface Queued {
  readonly lane: string;
  packets: number;
  arrived(): void;
}

interface ModelOptions {
  /** Between two packets of the client. Default 20 ms. */
  readonly slot?: number;
  /** One way. Default 50 ms. */
  readonly transit?: number;
  /** Between dialling and being connected. Default 0. */
  readonly dial?: number;
  /** What messages may take longer, each by chance. Default 0. */
  readonly jitter?: number;
  /** The share of messages that take two seconds longer, as lost packets do. Default 0. */
  readonly loss?: number;
  /** The share of answers that come twice. Default 0. */
  readonly duplicates?: number;
  /** Whether requests for reply blocks are answered sparingly where that is asked for. Default true. */
  readonly restrains?: boolean;
}

const SURBS = 'additional-surbs';
/** After so long without a message of a connection an exit sends an empty one. */
const KEEP_ALIVE = 60_000;
const packetsOf = (bytes: number) => Math.ceil(bytes / 1604);

export class ModelMixnet implements StreamCore {
  readonly platform: VirtualPlatform;
  readonly candidates: ExitCandidate[] = [];
  /** Every message, when it was handed over. */
  readonly sent: SentMessage[] = [];
  readonly released: StreamPseudonym[] = [];
  readonly dropped: string[] = [];
  requests = 0;
  /** Messages are lost for good from now on. */
  broken: MixnetError | undefined;
  readonly #options: Required<ModelOptions>;
  readonly #pseudonyms = new Map<string, StreamPseudonym>();
  /** Since when an exit may be given something again. */
  readonly #restrained = new Map<StreamPseudonym, number>();
  readonly #held = new Map<StreamPseudonym, number>();
  readonly #exits = new Map<string, ModelExit>();
  readonly #listeners = new Set<(message: CoreMessage) => void>();
  readonly #unacknowledged = new Map<string, { messages: number; bytes: number }>();
  readonly #queue: Queued[] = [];
  #sending = false;

  constructor(platform: VirtualPlatform, options: ModelOptions = {}) {
    this.platform = platform;
    this.#options = { slot: 20, transit: 50, dial: 0, jitter: 0, loss: 0, duplicates: 0, restrains: true, ...options };
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  get directory() {
    return { exits: async () => this.candidates };
  }

  /** The exits leave, with connections open that nobody has told them to end. */
  leave(): void {
    for (const exit of this.#exits.values()) exit.leave();
  }

  /** Returns its address. */
  addExit(habit: ExitHabit, description: Partial<ExitCandidate> = {}): string {
    const key = () => ed25519PublicKey(this.platform.randomBytes(32)) as Recipient['identity'];
    const recipient = { identity: key(), encryption: key(), gateway: key() } as unknown as Recipient;
    const recipientText = formatRecipient(recipient);
    parseRecipient(recipientText);
    this.#exits.set(recipientText, new ModelExit(this, habit, this.#options.dial));
    this.candidates.push({
      recipientText,
      performance: 100,
      usesExitPolicy: true,
      declaredRoleExitNr: true,
      ...description,
    });
    return recipientText;
  }

  pseudonym(recipient: Recipient, isolation: string): StreamPseudonym {
    const name = `${formatRecipient(recipient)} ${isolation}`;
    const pseudonym = this.#pseudonyms.get(name) ?? { recipient, isolation };
    this.#pseudonyms.set(name, pseudonym);
    return pseudonym;
  }

  releasePseudonym(pseudonym: StreamPseudonym): void {
    this.released.push(pseudonym);
    this.#pseudonyms.delete(`${formatRecipient(pseudonym.recipient)} ${pseudonym.isolation}`);
  }

  get pseudonyms(): number {
    return this.#pseudonyms.size;
  }

  sendAnonymous(pseudonym: StreamPseudonym, data: Uint8Array, options: { replySurbs: number; lane: string }) {
    const exit = this.#exit(pseudonym);
    if (exit === undefined) return Promise.reject(new MixnetError('ERR_MIX_MIXNET_NO_ROUTE'));
    if (this.broken) return Promise.reject(this.broken);
    const { replySurbs, lane } = options;
    this.#note(pseudonym, lane, data, replySurbs);
    const account = this.#unacknowledged.get(lane) ?? { messages: 0, bytes: 0 };
    this.#unacknowledged.set(lane, account);
    account.messages += 1;
    account.bytes += data.length;
    return new Promise<void>(resolve => {
      this.#enqueue(lane, 23 + data.length + 460 * replySurbs, () => {
        exit.received(pseudonym, data, replySurbs);
        this.#later(this.#options.transit, () => {
          account.messages -= 1;
          account.bytes -= data.length;
          resolve();
        });
      });
    });
  }

  surbsHeldBy(pseudonym: StreamPseudonym): number {
    return this.#held.get(pseudonym) ?? 0;
  }

  supplySurbs(pseudonym: StreamPseudonym, amount: number): void {
    this.#note(pseudonym, SURBS, new Uint8Array(0), amount);
    this.#enqueue(SURBS, 23 + 460 * amount, () => this.#exit(pseudonym)?.received(pseudonym, undefined, amount));
  }

  restrainSurbs(pseudonym: StreamPseudonym, restrained: boolean): void {
    if (restrained && this.#options.restrains) this.#restrained.set(pseudonym, this.platform.now());
    else this.#restrained.delete(pseudonym);
  }

  unacknowledged(lane: string) {
    return { messages: 0, bytes: 0, ...this.#unacknowledged.get(lane) };
  }

  dropLane(lane: string): void {
    this.dropped.push(lane);
    for (let i = this.#queue.length - 1; i >= 0; i--) if (this.#queue[i]?.lane === lane) this.#queue.splice(i, 1);
    this.#unacknowledged.delete(lane);
  }

  subscribe(listener: (message: CoreMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A reply on its way back. */
  reply(pseudonym: StreamPseudonym, data: Uint8Array): void {
    this.#later(this.#transit(), () => {
      this.#held.set(pseudonym, this.surbsHeldBy(pseudonym) - packetsOf(data.length + 3));
      const copies = this.#chance(this.#options.duplicates) ? 2 : 1;
      for (const listener of this.#listeners) {
        for (let copy = 0; copy < copies; copy++) listener({ kind: 'reply', data, pseudonym });
      }
    });
  }

  /** An exit asks for reply blocks, and spends one on it. */
  ask(pseudonym: StreamPseudonym, amount: number): void {
    this.requests += 1;
    this.#later(this.#options.transit, () => {
      this.#held.set(pseudonym, this.surbsHeldBy(pseudonym) - 1);
      const mayGive = this.#restrained.get(pseudonym);
      if (mayGive === undefined) this.supplySurbs(pseudonym, amount);
      else if (this.platform.now() >= mayGive) {
        this.#restrained.set(pseudonym, this.platform.now() + 20_000);
        this.supplySurbs(pseudonym, 10);
      }
    });
  }

  #exit(pseudonym: StreamPseudonym): ModelExit | undefined {
    const exit = this.#exits.get(formatRecipient(pseudonym.recipient));
    return exit?.habit === 'unreachable' ? undefined : exit;
  }

  #note(pseudonym: StreamPseudonym, lane: string, data: Uint8Array, surbs: number): void {
    const exit = formatRecipient(pseudonym.recipient);
    const packets = packetsOf(23 + data.length + 460 * surbs);
    this.sent.push({ at: this.platform.now(), lane, exit, data, surbs, packets });
    this.#held.set(pseudonym, this.surbsHeldBy(pseudonym) + surbs);
  }

  #enqueue(lane: string, bytes: number, arrived: () => void): void {
    this.#queue.push({ lane, packets: packetsOf(bytes), arrived });
    if (this.#sending) return;
    this.#sending = true;
    this.#later(this.#options.slot, () => this.#sendOne());
  }

  /** Reply blocks sent ahead wait for everything else. */
  #sendOne(): void {
    const next = this.#queue.find(({ lane }) => lane !== SURBS) ?? this.#queue[0];
    this.#sending = next !== undefined;
    if (next === undefined) return;
    next.packets -= 1;
    if (next.packets === 0) {
      this.#queue.splice(this.#queue.indexOf(next), 1);
      this.#later(this.#transit(), next.arrived);
    }
    this.#later(this.#options.slot, () => this.#sendOne());
  }

  #transit(): number {
    const { transit, jitter, loss } = this.#options;
    return transit + jitter * uniformUnit(this.platform.randomBytes) + (this.#chance(loss) ? 2000 : 0);
  }

  #chance(share: number): boolean {
    return share > 0 && uniformUnit(this.platform.randomBytes) < share;
  }

  #later(delay: number, callback: () => void): void {
    this.platform.setTimer(callback, delay);
  }
}

interface Client {
  surbs: number;
  pending: number;
  /** One queue for each connection, in whose turn it is. */
  readonly queues: Map<ConnectionId, { data: Uint8Array; packets: number }[]>;
}

class ModelExit {
  readonly habit: ExitHabit;
  readonly #mixnet: ModelMixnet;
  readonly #dial: number;
  readonly #clients = new Map<StreamPseudonym, Client>();
  readonly #connections = new Map<ConnectionId, { receive(piece: SocketData): void }>();
  readonly #parked = new Map<ConnectionId, SocketData[]>();
  readonly #keepAlives = new Map<ConnectionId, Timer>();

  constructor(mixnet: ModelMixnet, habit: ExitHabit, dial: number) {
    this.#mixnet = mixnet;
    this.habit = habit;
    this.#dial = dial;
  }

  /** Says nothing more of its own accord. */
  leave(): void {
    for (const timer of this.#keepAlives.values()) timer.cancel();
  }

  received(pseudonym: StreamPseudonym, data: Uint8Array | undefined, surbs: number): void {
    const client = this.#clients.get(pseudonym) ?? { surbs: 0, pending: 0, queues: new Map() };
    if (surbs > 0) this.#clients.set(pseudonym, client);
    client.surbs += surbs;
    if (data === undefined) client.pending = Math.max(0, client.pending - surbs);
    this.#drain(pseudonym);
    if (data !== undefined) this.#handle(pseudonym, data);
  }

  #handle(pseudonym: StreamPseudonym, data: Uint8Array): void {
    const { request } = decodeRequest(data);
    if (request.kind === 'send') {
      const known = this.#connections.get(request.connection);
      if (known !== undefined) known.receive(request);
      else this.#parked.set(request.connection, [...(this.#parked.get(request.connection) ?? []), request]);
    } else if (request.kind === 'connect') {
      this.#mixnet.platform.setTimer(() => this.#connect(pseudonym, request.connection, request.address), this.#dial);
    }
  }

  #connect(pseudonym: StreamPseudonym, connection: ConnectionId, address: string): void {
    const { habit } = this;
    const answer = (response: RequesterResponse) => this.#reply(pseudonym, connection, encodeResponse(response));
    if (habit === 'refuse') answer({ kind: 'error', connection, text: `Domain "${address}" failed filter check` });
    const piece = { kind: 'data', connection, data: new Uint8Array(0) } as const;
    if (habit === 'dial-failed') answer({ ...piece, sequence: 0n, closed: true });
    if (habit === 'stall') answer({ ...piece, sequence: 0n, closed: false });
    if (typeof habit === 'string') return;
    let sequence = 0n;
    const say = (said: { readonly closed: boolean; readonly data?: Uint8Array }) => {
      answer({ ...piece, ...said, sequence: sequence++ });
      this.#keepAlives.get(connection)?.cancel();
      if (said.closed) return;
      const again = this.#mixnet.platform.setTimer(() => say({ closed: false }), KEEP_ALIVE);
      this.#keepAlives.set(connection, again);
    };
    say({ closed: false });
    const origin = habit(address);
    const socket: OriginSocket = {
      send: bytes => {
        for (let at = 0; at < bytes.length; at += 16_384) {
          say({ closed: false, data: bytes.subarray(at, at + 16_384) });
        }
      },
      end: () => say({ closed: true }),
    };
    const incoming = new OrderedBuffer();
    let closedAt: bigint | undefined;
    const receive = (piece: SocketData) => {
      if (piece.closed) closedAt = piece.sequence;
      incoming.write(piece.sequence, piece.data);
      const run = incoming.read();
      if (run === undefined) return;
      if (run.data.length > 0) origin.data?.(run.data, socket);
      if (closedAt === undefined || run.lastSequence < closedAt) return;
      this.#keepAlives.get(connection)?.cancel();
      origin.closed?.();
    };
    this.#connections.set(connection, { receive });
    origin.opened?.(socket);
    for (const piece of this.#parked.get(connection) ?? []) receive(piece);
    this.#parked.delete(connection);
  }

  #reply(pseudonym: StreamPseudonym, connection: ConnectionId, data: Uint8Array): void {
    const client = this.#clients.get(pseudonym);
    if (client === undefined) return;
    const queue = client.queues.get(connection) ?? [];
    client.queues.set(connection, queue);
    queue.push({ data, packets: packetsOf(data.length + 3) });
    this.#drain(pseudonym);
  }

  #drain(pseudonym: StreamPseudonym): void {
    const client = this.#clients.get(pseudonym);
    if (client === undefined) return;
    while (client.surbs > 10) {
      const [turn] = client.queues;
      if (turn === undefined) break;
      const [connection, queue] = turn;
      const first = queue[0];
      client.queues.delete(connection);
      if (first === undefined) continue;
      client.queues.set(connection, queue);
      client.surbs -= 1;
      first.packets -= 1;
      if (first.packets > 0) continue;
      queue.shift();
      this.#mixnet.reply(pseudonym, first.data);
    }
    let waiting = 0;
    for (const queue of client.queues.values()) for (const { packets } of queue) waiting += packets;
    const have = client.surbs + client.pending;
    if (have >= 200 || have >= waiting + 10 || client.surbs === 0) return;
    const amount = Math.min(50, Math.max(10, waiting));
    client.surbs -= 1;
    client.pending += amount;
    this.#mixnet.ask(pseudonym, amount);
  }
}
