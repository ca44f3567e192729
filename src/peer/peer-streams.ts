/**
 * The streams between one client and others. Each that is dialled has a pseudonym of its own: who accepts two of them cannot
 * tell that they are of one client. Whoever dialled is answered by reply blocks, and only who dialled can write into a stream.
 */

import { encodeBase58 } from '../crypto/base58.ts';
import { MixnetError } from '../errors.ts';
import * as limits from '../limits.ts';
import type { Recipient } from '../message/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import { Arrivals, Conversation, type MixnetStream, type StreamCore, type StreamPseudonym } from '../stream/index.ts';
import { decodePeerFrame, encodePeerFrame, type PeerFrame, type StreamId } from './frame.ts';
import { PeerStream, type PeerWay } from './peer-stream.ts';

export interface PeerCore extends StreamCore {
  /** By the reply blocks that came under that tag. Resolves when all of it is acknowledged. */
  reply(senderTag: Uint8Array, data: Uint8Array, options: { readonly lane: string }): Promise<void>;
}

/** A message of the client, that may belong to a stream. */
export type PeerMessage =
  | { readonly kind: 'plain'; readonly data: Uint8Array }
  | { readonly kind: 'repliable'; readonly data: Uint8Array; readonly senderTag: Uint8Array }
  | { readonly kind: 'reply'; readonly data: Uint8Array; readonly pseudonym: StreamPseudonym };

export interface DialOptions {
  readonly recipient: Recipient;
  readonly expectedBytes?: number | undefined;
  readonly connectTimeoutMs?: Milliseconds | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class PeerStreams {
  readonly #core: PeerCore;
  readonly #platform: Pick<Platform, 'now' | 'setTimer' | 'randomBytes'>;
  readonly #dialled = new Map<StreamPseudonym, Dialled>();
  /** By tag and number. */
  readonly #accepted = new Map<string, PeerStream>();
  /** Those that the program has not taken yet, whether their open frame has come or not. */
  readonly #waiting = new Set<PeerStream>();
  /** Of those that are over, so that a late frame does not begin them again. */
  readonly #finished = new Set<string>();
  #listener: Arrivals<MixnetStream> | undefined;
  /** Since the first `listen`, what looks like a frame is one. */
  #listens = false;
  #closed: { readonly reason: unknown } | undefined;

  constructor(core: PeerCore, platform: Pick<Platform, 'now' | 'setTimer' | 'randomBytes'>) {
    this.#core = core;
    this.#platform = platform;
  }

  /** At once; the stream opens meanwhile. */
  dial({ recipient, expectedBytes, connectTimeoutMs, signal }: DialOptions): MixnetStream {
    if (this.#closed !== undefined) throw this.#closed.reason;
    const core = this.#core;
    const { id, name } = randomId(this.#platform);
    const pseudonym = core.pseudonym(recipient, `${ISOLATION}${name}`);
    const conversation = new Conversation({
      ...{ core, pseudonym },
      now: () => this.#platform.now(),
      demands: () => (stream.demand === undefined ? [] : [stream.demand]),
      credited: () => {},
    });
    const stream: PeerStream = new PeerStream({
      ...{ core, id, expectedBytes, signal },
      side: 'dialler',
      platform: this.#platform,
      way: conversation,
      lane: `stream:${name}`,
      connectTimeout: connectTimeoutMs ?? CONNECT_TIMEOUT,
      released: () => this.#dialled.delete(pseudonym),
    });
    this.#dialled.set(pseudonym, { stream, conversation });
    stream.dial();
    return stream;
  }

  /**
   * The streams that others open from now on; those that nobody has taken when it ends are given up.
   *
   * @throws TypeError while another one goes on
   */
  listen({ signal }: { readonly signal?: AbortSignal | undefined } = {}): AsyncIterableIterator<MixnetStream> {
    if (this.#listener !== undefined) throw new TypeError('There is somebody who takes the streams already.');
    const arrivals = new Arrivals<MixnetStream>({
      signal,
      taken: stream => this.#take(stream),
      ended: () => {
        this.#listener = undefined;
        for (const stream of [...this.#waiting]) {
          arrivals.withdraw(stream);
          void stream.close(new MixnetError('ERR_MIX_PEER_CLOSED'));
        }
      },
    });
    this.#listens = true;
    this.#listener = arrivals;
    arrivals.watch();
    if (this.#closed !== undefined) arrivals.end();
    return arrivals;
  }

  /** Whether it was for a stream. */
  received(message: PeerMessage): boolean {
    if (message.kind === 'reply') return this.#answered(message.pseudonym, message.data);
    if (message.kind === 'plain' || !this.#listens) return false;
    // A copy: what waits must not keep the reply blocks that it came with.
    const frame = decodePeerFrame(message.data.slice());
    if (frame === undefined) return false;
    this.#dialledBy(message.senderTag, frame);
    return true;
  }

  /** Takes no more, and closes every stream as its own `close()` does. */
  closeStreams(): void {
    this.#listener?.end();
    for (const stream of this.#all()) void stream.close();
  }

  /** Fails every stream, and leaves nothing behind. */
  close(reason: unknown = new MixnetError('ERR_MIX_MIXNET_CLOSED')): void {
    if (this.#closed !== undefined) return;
    this.#closed = { reason };
    this.#listener?.end();
    for (const stream of this.#all()) {
      void stream.close(reason);
      stream.forget();
    }
  }

  /** An answer to what was sent under the pseudonym: nobody else can have sent it. */
  #answered(pseudonym: StreamPseudonym, data: Uint8Array): boolean {
    if (!pseudonym.isolation.startsWith(ISOLATION)) return false;
    const dialled = this.#dialled.get(pseudonym);
    const frame = decodePeerFrame(data);
    if (dialled === undefined) return true;
    const { stream, conversation } = dialled;
    conversation.heard(data.length, stream.demand);
    if (frame?.id === stream.id) stream.received(frame);
    if (this.#dialled.has(pseudonym)) conversation.topUp();
    return true;
  }

  /** Frames may overtake the one that opens their stream. */
  #dialledBy(senderTag: Uint8Array, frame: PeerFrame): void {
    const key = `${encodeBase58(senderTag)}/${frame.id}`;
    const stream = this.#accepted.get(key) ?? this.#welcome(key, senderTag, frame);
    stream?.received(frame);
    if (stream === undefined || !this.#waiting.has(stream)) return;
    const unread = [...this.#waiting].reduce((sum, { waitingBytes }) => sum + waitingBytes, 0);
    if (unread > limits.incomingStreamsUnread) void stream.close(new MixnetError('ERR_MIX_PEER_OVERRUN'));
  }

  #welcome(key: string, senderTag: Uint8Array, frame: PeerFrame): PeerStream | undefined {
    if (frame.type === 'control' || this.#finished.has(key) || this.#closed !== undefined) return undefined;
    const way = this.#wayTo(senderTag);
    const lane = `stream:${key}`;
    const full = this.#accepted.size >= limits.incomingStreams || this.#waiting.size >= limits.incomingStreamsWaiting;
    if (this.#listener === undefined || full) {
      const refusal = encodePeerFrame({ type: 'end', id: frame.id, sequence: 0, how: 'abort' });
      if (frame.type === 'open') way.send(refusal, lane).catch(() => {});
      return undefined;
    }
    const stream: PeerStream = new PeerStream({
      ...{ core: this.#core, platform: this.#platform, id: frame.id, way, lane },
      side: 'acceptor',
      connectTimeout: CONNECT_TIMEOUT,
      begun: () => this.#listener?.push(stream),
      released: () => {
        this.#accepted.delete(key);
        this.#waiting.delete(stream);
        this.#listener?.withdraw(stream);
        this.#remember(key);
      },
    });
    this.#accepted.set(key, stream);
    this.#waiting.add(stream);
    return stream;
  }

  #take(taken: MixnetStream): void {
    for (const stream of this.#waiting) {
      if (stream !== taken) continue;
      this.#waiting.delete(stream);
      stream.accept();
    }
  }

  #wayTo(senderTag: Uint8Array): PeerWay {
    return {
      send: (message, lane) => this.#core.reply(senderTag, message, { lane }),
      topUp: () => {},
      release: () => {},
    };
  }

  #remember(key: string): void {
    this.#finished.add(key);
    for (const oldest of this.#finished) {
      if (this.#finished.size <= limits.finishedStreams) break;
      this.#finished.delete(oldest);
    }
  }

  #all(): PeerStream[] {
    return [...[...this.#dialled.values()].map(({ stream }) => stream), ...this.#accepted.values()];
  }
}

interface Dialled {
  readonly stream: PeerStream;
  readonly conversation: Conversation;
}

/** What the pseudonyms of streams are told from others by. */
const ISOLATION = 'peer:';
/** A cold start of the other side's answers takes seconds; its program has to take the stream, too. */
const CONNECT_TIMEOUT: Milliseconds = 60_000;

function randomId({ randomBytes }: Pick<Platform, 'randomBytes'>): { id: StreamId; name: string } {
  const name = Array.from(randomBytes(8), byte => byte.toString(16).padStart(2, '0')).join('');
  return { id: BigInt(`0x${name}`), name };
}
