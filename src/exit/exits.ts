/**
 * The exits of one client: opens streams, and remembers for each isolation key which exit serves it under which
 * pseudonym. Exits are asked one after the other, never at once: each one asked learns the destination.
 */

import { type Diagnostics, failureCodeOf } from '../diagnostics/index.ts';
import { MixnetError } from '../errors.ts';
import { formatRecipient, parseRecipient, type Recipient } from '../message/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import type { MixnetStream, StreamCore } from '../stream/index.ts';
import { destinationOf } from './destination.ts';
import type { ExitCandidate } from './exit-choice.ts';
import type { ExitConnection } from './exit-connection.ts';
import { type ExitDirectory, ExitList } from './exit-list.ts';
import type { ExitSession } from './exit-session.ts';
import { type ExitQueue, ExitStream, type ExitTurn } from './exit-stream.ts';
import { NamedExits } from './named-exits.ts';
import { SessionPool } from './session-pool.ts';

export interface ExitsOptions {
  readonly core: StreamCore;
  readonly directory: ExitDirectory;
  readonly platform: Pick<Platform, 'now' | 'setTimer' | 'randomBytes'>;
  /** The network requesters to use, in no order: Nym addresses, or identities of nodes. Default: those of the directory. */
  readonly exits?: readonly string[] | undefined;
  /** Where it is told what becomes of exits. Default: nowhere. */
  readonly diagnostics?: Diagnostics | undefined;
}

export interface ExitStats {
  /** Streams through exits begun so far. */
  readonly streams: number;
  /** Of those, the ones that an exit connected. */
  readonly streamsConnected: number;
  /** Streams open, or opening, at this moment. */
  readonly streamsOpen: number;
  /** How often an exit did not connect a stream, or brought no first answer, and another could be asked. */
  readonly exitFailovers: number;
  /** Streams given up because their exit ran out of reply blocks. */
  readonly exitStarvations: number;
}

export interface OpenStreamOptions {
  /** A name, which the exit resolves, or an IP literal. */
  readonly hostname: string;
  /** 1 … 65535 */
  readonly port: number;
  /** Streams of different isolation strings, or to different destinations, cannot be linked by the exit. Default ''. */
  readonly isolation?: string | undefined;
  /** The one network requester to use: its Nym address, or the identity of its node. */
  readonly exit?: string | undefined;
  /** How much the other side will send first, if known. */
  readonly expectedBytes?: number | undefined;
  /** Until an exit has connected, all that are asked taken together. Default 30 000. */
  readonly connectTimeoutMs?: Milliseconds | undefined;
  /**
   * Whether bytes written before an exit has connected may be sent again through another, although the first may have
   * passed them on. Default true; false for what must not arrive twice.
   */
  readonly replay?: boolean | undefined;
  /**
   * Whether what is written first has an answer, before which nothing else is written, as a TLS handshake does. Then the
   * stream is open only when the first bytes have come from the destination, and an exit that connects and brings none in
   * its share of the time has failed, so that the next is asked. Default false.
   */
  readonly awaitAnswer?: boolean | undefined;
  /** Aborts the opening; without effect on an open stream. */
  readonly signal?: AbortSignal | undefined;
}

export class Exits {
  readonly #core: StreamCore;
  readonly #platform: ExitsOptions['platform'];
  readonly #named: NamedExits | undefined;
  readonly #list: ExitList;
  readonly #sessions: SessionPool;
  readonly #streams = new Set<ExitStream>();
  readonly #connections = new Set<ExitConnection>();
  readonly #closing = new AbortController();
  readonly #unsubscribe: () => void;
  readonly #diagnostics: Diagnostics | undefined;
  readonly #counters = { streams: 0, streamsConnected: 0, exitFailovers: 0, exitStarvations: 0 };

  /** @throws TypeError for a name in `exits` that is none. */
  constructor({ core, directory, platform, exits, diagnostics }: ExitsOptions) {
    this.#diagnostics = diagnostics;
    this.#core = core;
    this.#platform = platform;
    this.#named = exits && new NamedExits(exits, 'exits');
    this.#list = new ExitList(directory, platform, this.#closing.signal);
    this.#sessions = new SessionPool(core, () => platform.now());
    this.#unsubscribe = core.subscribe(message => {
      if (message.kind === 'reply') this.#sessions.find(message.pseudonym)?.received(message.data);
    });
  }

  /**
   * At once; the stream opens meanwhile. Its `opened` rejects with `ERR_MIX_EXIT_REFUSED` (policy or name),
   * `ERR_MIX_EXIT_DIAL_FAILED`, `ERR_MIX_EXIT_SILENT`, `ERR_MIX_EXIT_STALLED`, `ERR_MIX_EXIT_NONE` (no exit, or each failed in its own way),
   * `ERR_MIX_DIRECTORY_…` or `ERR_MIX_TIMEOUT_CONNECT` (no list of exits, or not in time), `ERR_MIX_MIXNET_…` or
   * `ERR_MIX_GATEWAY_CLOSED` (the way to the exit failed), or the signal's reason.
   *
   * @throws TypeError for a hostname, port or exit that is none.
   */
  openStream(options: OpenStreamOptions): MixnetStream {
    const address = destinationOf(options.hostname, options.port);
    const named = options.exit === undefined ? this.#named : new NamedExits([options.exit], 'exit');
    if (this.#closing.signal.aborted) throw new MixnetError('ERR_MIX_MIXNET_CLOSED');
    const key = JSON.stringify([options.isolation ?? '', address, options.exit ?? '']);
    const stream = new ExitStream({
      core: this.#core,
      platform: this.#platform,
      queue: this.#queue(key, named),
      address,
      connectTimeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT,
      expectedBytes: options.expectedBytes,
      replay: options.replay ?? true,
      awaitAnswer: options.awaitAnswer ?? false,
      signal: options.signal,
      track: (connection, live) => this.#track(connection, live),
    });
    this.#streams.add(stream);
    this.#count(stream);
    return stream;
  }

  stats(): ExitStats {
    return { ...this.#counters, streamsOpen: this.#streams.size };
  }

  /** Closes every stream as its own `close()` does: what was written is still sent, and exits are told. */
  closeStreams(): void {
    for (const stream of this.#streams) void stream.close();
  }

  /** Fails every stream, and leaves nothing behind. */
  close(reason: unknown = new MixnetError('ERR_MIX_MIXNET_CLOSED')): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(reason);
    for (const stream of this.#streams) void stream.close(reason);
    for (const connection of this.#connections) connection.forget();
    this.#sessions.close();
    this.#unsubscribe();
  }

  /** Whether a stream is open or opening, or the end of one is still on its way to the exit. */
  get busy(): boolean {
    return this.#streams.size > 0 || this.#connections.size > 0;
  }

  /** Until it is over. */
  #count(stream: ExitStream): void {
    const counters = this.#counters;
    counters.streams += 1;
    stream.opened.then(
      () => {
        counters.streamsConnected += 1;
      },
      () => {},
    );
    stream.closed.then(
      () => this.#streams.delete(stream),
      error => {
        this.#streams.delete(stream);
        if (failureCodeOf(error) !== 'ERR_MIX_EXIT_STARVED') return;
        counters.exitStarvations += 1;
        this.#diagnostics?.emit('client:surb-starvation', () => ({ side: 'exit' as const }));
      },
    );
  }

  #failedOver(exit: string, error: unknown, exitsAsked: number): void {
    this.#counters.exitFailovers += 1;
    this.#diagnostics?.emit('client:exit-failover', () => ({
      exit: this.#diagnostics?.nameOf(exit) ?? '',
      code: failureCodeOf(error),
      exitsAsked,
    }));
  }

  #track(connection: ExitConnection, live: boolean): void {
    if (live) this.#connections.add(connection);
    else {
      this.#connections.delete(connection);
      this.#sessions.left(connection.session);
    }
  }

  /** The exits for one stream: the one in use for its key, then others, each once. */
  #queue(key: string, named: NamedExits | undefined): ExitQueue {
    const asked = new Set<string>();
    let session: ExitSession | undefined;

    const choose = (candidates: readonly ExitCandidate[]): ExitTurn | undefined => {
      const left = candidates.filter(({ recipientText }) => !asked.has(recipientText));
      session = this.#sessions.remembered(key, asked) ?? this.#useOneOf(left, key);
      if (session === undefined) return undefined;
      const text = formatRecipient(session.pseudonym.recipient);
      asked.add(text);
      const others = left.filter(({ recipientText }) => recipientText !== text).length;
      const turnsLeft = 1 + Math.min(others, MOST_EXITS_ASKED - asked.size);
      return { session, turnsLeft, exit: exitUse(this.#diagnostics, text, asked.size) };
    };
    return {
      next: () => {
        if (asked.size >= MOST_EXITS_ASKED) return undefined;
        const candidates = named?.among(() => this.#list.all()) ?? this.#list.all();
        return candidates instanceof Promise ? candidates.then(choose) : choose(candidates);
      },
      report: error => {
        if (session === undefined) return;
        const text = formatRecipient(session.pseudonym.recipient);
        this.#list.report(text, error);
        if (error === undefined) return;
        if (failureCodeOf(error) === 'ERR_MIX_EXIT_STALLED') this.#list.stalled(text, key);
        this.#sessions.forget(key, session);
        this.#failedOver(text, error, asked.size);
      },
      distrust: () => {
        if (session === undefined) return;
        this.#list.stalled(formatRecipient(session.pseudonym.recipient), key);
        this.#sessions.forget(key, session);
      },
    };
  }

  /** A directory may list what is no address after all: as if it were not there. */
  #useOneOf(candidates: readonly ExitCandidate[], key: string): ExitSession | undefined {
    const chosen = this.#list.choose(candidates, key);
    if (chosen === undefined) return undefined;
    const recipient = tryParse(chosen.recipientText);
    return recipient
      ? this.#sessions.use(key, recipient)
      : this.#useOneOf(
          candidates.filter(candidate => candidate !== chosen),
          key,
        );
  }
}

const CONNECT_TIMEOUT: Milliseconds = 30_000;
/** Each exit asked learns the destination. */
const MOST_EXITS_ASKED = 3;

/** Its name is made when it is asked for. */
function exitUse(diagnostics: Diagnostics | undefined, text: string, asked: number): ExitTurn['exit'] {
  if (diagnostics === undefined) return undefined;
  return {
    asked,
    get name() {
      return diagnostics.nameOf(text);
    },
  };
}

function tryParse(text: string): Recipient | undefined {
  try {
    return parseRecipient(text);
  } catch {
    return undefined;
  }
}
