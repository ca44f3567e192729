/** A client of the mixnet for programs: messages, and streams through exits. */

import { createPlatform } from '#platform';
import { ClientCore, type ClientState, type ClientStats, type ReceivedMessage } from '../client/index.ts';
import { encodeBase58 } from '../crypto/base58.ts';
import {
  type ClientEventDetails,
  DiagnosticEvent,
  Diagnostics,
  failureCodeOf,
  type Listeners,
  TypedEventTarget,
} from '../diagnostics/index.ts';
import {
  DEFAULT_DIRECTORY_URLS,
  Directory,
  type ExitStats,
  Exits,
  formatRecipient,
  type MixnetStream,
  type OpenStreamOptions,
} from '../exit/index.ts';
import * as limits from '../limits.ts';
import { checkOptionNames } from '../option-names.ts';
import { PeerStreams } from '../peer/index.ts';
import type { Milliseconds } from '../platform/platform.ts';
import { parseAddress, parseTag } from './addresses.ts';
import { type IncomingMessage, IncomingMessageEvent, MessageReader, WaitingMessages } from './messages.ts';
import { checkClientOptions, clientOptionNames, type MixnetClientOptions } from './options.ts';
import type { ReplyOptions, SendOptions } from './send-options.ts';
import type { DialStreamOptions } from './stream-options.ts';

/** What a client tells of itself, and the messages that come for it. */
export type MixnetClientEvents = {
  readonly [Name in keyof ClientEventDetails]: DiagnosticEvent<ClientEventDetails[Name]>;
} & { readonly state: StateEvent; readonly message: IncomingMessageEvent };

/** `state` of the client is another than before. */
export class StateEvent extends DiagnosticEvent<ClientEventDetails['state']> {
  readonly state: ClientState;

  constructor(detail: ClientEventDetails['state']) {
    super('state', detail);
    this.state = detail.state;
  }
}

export interface MixnetClientStats extends ClientStats, ExitStats {}

export class MixnetClient extends TypedEventTarget<MixnetClientEvents> {
  /** The Nym address under which others reach this client: made for it alone, unless a storage has kept it. */
  readonly address: string;
  readonly #core: ClientCore;
  readonly #exits: Exits;
  readonly #peers: PeerStreams;
  readonly #readers = new Set<MessageReader>();
  /** Until somebody listens, for the first time. */
  #unheard: WaitingMessages | undefined = new WaitingMessages(limits.unheardMessages);
  readonly #release: () => void;
  #closing: Promise<void> | undefined;

  private constructor(
    core: ClientCore,
    exits: Exits,
    peers: PeerStreams,
    release: () => void,
    diagnostics: Diagnostics,
  ) {
    super();
    this.address = formatRecipient(core.address);
    this.#core = core;
    this.#exits = exits;
    this.#peers = peers;
    this.#release = release;
    diagnostics.addListeners({
      hears: name => this.isHeard(ownName(name)),
      tell: (name, detail) => {
        const own = ownName(name);
        this.dispatchEvent('state' in detail ? new StateEvent(detail) : new DiagnosticEvent(own, detail));
      },
    });
    core.onState(() => diagnostics.emit('client:state', () => ({ state: core.state })));
    core.subscribe(message => this.#received(message));
    core.readWaiting();
  }

  /**
   * Enters the mixnet by a gateway, with a fresh identity or with that of the storage. Rejects with
   * `ERR_MIX_DIRECTORY_…`, `ERR_MIX_GATEWAY_…`, `ERR_MIX_STORAGE_…`, `ERR_MIX_TIMEOUT_SETUP`, `ERR_MIX_USAGE_OPTION` where
   * the stored client belongs to another gateway than the one named, or the signal's reason, and with a TypeError for
   * options that cannot be.
   *
   * @param listeners are told of everything from the beginning on, the connecting included.
   */
  static async connect(options: MixnetClientOptions = {}, ...listeners: Listeners[]): Promise<MixnetClient> {
    checkOptionNames(options, [...clientOptionNames, 'exits', 'background', 'setupTimeoutMs']);
    checkClientOptions(options);
    const { platform = createPlatform(), gateway, storage, traffic, signal, setupTimeoutMs, exits, logger } = options;
    const diagnostics = new Diagnostics({ randomBytes: platform.randomBytes, logger, listeners });
    const beginning = platform.now();
    const api = typeof options.api === 'string' ? [options.api] : (options.api ?? DEFAULT_DIRECTORY_URLS);
    const connecting = ClientCore.connect({
      platform,
      diagnostics,
      api,
      // By its origin: a worker made from a blob has the rules of its page, and `blob:` for its protocol.
      secure: options.secureGateway ?? globalThis.location?.origin?.startsWith('https:') ?? false,
      ...(gateway !== undefined && { gateway }),
      ...(storage !== undefined && { storage }),
      ...(traffic !== undefined && { traffic }),
      ...(signal !== undefined && { signal }),
      ...(setupTimeoutMs !== undefined && { setupTimeoutMs }),
    });
    const core = await connecting.catch((error: unknown) => {
      const [code, elapsed] = [signal?.aborted ? 'aborted' : failureCodeOf(error), platform.now() - beginning];
      diagnostics.emit('client:connect-failed', () => ({ code, elapsed }));
      throw error;
    });
    diagnostics.emit('client:state', () => ({ state: core.state }));
    const directory = new Directory({ urls: api, platform });
    const release = options.background ? () => {} : platform.hold();
    const toExits = new Exits({ core, directory, platform, exits, diagnostics });
    return new MixnetClient(core, toExits, new PeerStreams(core, platform), release, diagnostics);
  }

  get state(): ClientState {
    return this.#core.state;
  }

  /** Packets, messages and streams counted since `connect`, and what waits at this moment. Counts alone. */
  stats(): MixnetClientStats {
    return { ...this.#core.stats(), ...this.#exits.stats() };
  }

  /**
   * Sends a message, and resolves when every part of it is acknowledged: it has reached the recipient's gateway.
   *
   * Without `replySurbs` the message says nothing about its sender, and cannot be answered unless its content says where.
   * With a number, even 0, it is sent under a pseudonym, one per recipient and `isolation`, with so many reply blocks
   * (0 … 500): each carries one packet of up to 1.6 KB back, and a recipient keeps ten of them to ask for more.
   *
   * @param recipient a Nym address
   */
  async send(
    recipient: string,
    data: Uint8Array,
    { replySurbs, isolation, ...options }: SendOptions = {},
  ): Promise<void> {
    const to = parseAddress(recipient, 'recipient');
    if (replySurbs === undefined) return this.#core.send(to, data, ofCore(options));
    const pseudonym = this.#core.pseudonym(to, isolationOfMessages(isolation));
    return this.#core.sendAnonymous(pseudonym, data, { ...ofCore(options), replySurbs });
  }

  /** Answers a message that came with a sender tag; resolves as `send` does. */
  async reply(senderTag: string, data: Uint8Array, options: ReplyOptions = {}): Promise<void> {
    return this.#core.reply(parseTag(senderTag), data, ofCore(options));
  }

  /** How many packets of a lane wait to be sent, those included that wait for reply blocks of others. */
  laneLength(lane: string): number {
    return this.#core.laneLength(laneOfMessages(lane));
  }

  /** Gives up the messages of a lane: nothing of them is sent any more, and they reject with `reason`, or an AbortError. */
  dropLane(lane: string, reason?: unknown): void {
    this.#core.dropLane(laneOfMessages(lane), reason);
  }

  /**
   * The messages from now on, replies included; where nobody has listened before, by this or by the event, also those that
   * have come since the client connected, or that its gateway had kept for it. The iteration ends with the client, or with the signal by throwing its
   * reason. One that leaves more than 16 MB waiting fails with `ERR_MIX_USAGE_BUSY`.
   */
  messages({ signal }: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<IncomingMessage> {
    const reader = new MessageReader(signal, ended => this.#readers.delete(ended));
    this.#readers.add(reader);
    reader.watch();
    this.#tellUnheard();
    if (this.#closing !== undefined) reader.end();
    return reader;
  }

  protected override listened(type: string): void {
    if (type === 'message') this.#tellUnheard();
  }

  /**
   * Opens a stream: to a server, as TCP through an exit (`hostname`, `port`), or to another client (`recipient`) that
   * listens. At once; the stream opens meanwhile, and can be written to. See `MixnetStream`.
   *
   * @throws TypeError for what is no hostname, port or Nym address; MixnetError `ERR_MIX_MIXNET_CLOSED`.
   */
  openStream(options: OpenStreamOptions | DialStreamOptions): MixnetStream {
    if (!('recipient' in options)) return this.#exits.openStream(options);
    return this.#peers.dial({ ...options, recipient: parseAddress(options.recipient, 'recipient') });
  }

  /**
   * The streams that other clients open to this one, from now on: with `openStream({ recipient })`, or Nym's Rust SDK with
   * `open_stream`. They come anonymously, and are answered through reply blocks alone. One that the program has taken from the
   * iteration counts as accepted; up to 256 wait for that. The iteration ends with the client, by `break`, or by the signal,
   * throwing its reason; those that wait then are refused. Listen before anybody has the address: what comes earlier is taken
   * for messages, and from then on frames of streams are not.
   *
   * @throws TypeError while another iteration goes on
   */
  listen(options: { readonly signal?: AbortSignal | undefined } = {}): AsyncIterableIterator<MixnetStream> {
    return this.#peers.listen(options);
  }

  /**
   * Ends the client; never rejects. With `drain`, streams are closed first and up to so many ms go by in which what was
   * accepted is still sent, at the usual pace; nothing new is accepted. What is unsent then rejects with
   * `ERR_MIX_MIXNET_CLOSED`, and so does every stream. Another call cuts the drain short to its own: `close()` ends at once.
   * All calls resolve together.
   *
   * @param options.drain ms; default 0
   */
  close({ drain = 0 }: { readonly drain?: Milliseconds } = {}): Promise<void> {
    for (const streams of [this.#exits, this.#peers]) {
      if (drain > 0) streams.closeStreams();
      else streams.close();
    }
    const closed = this.#core.close({ drain });
    this.#closing ??= closed.then(() => this.#closed());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #closed(): void {
    this.#exits.close();
    this.#peers.close();
    for (const reader of [...this.#readers]) reader.end();
    this.#release();
  }

  #received(message: ReceivedMessage): void {
    if (this.#peers.received(message)) return;
    if (message.kind === 'reply' && !isOfMessages(message.pseudonym.isolation)) return;
    const incoming = incomingMessage(message);
    if (this.#unheard === undefined) this.#tell(incoming);
    else this.#unheard.push(incoming);
  }

  #tell(message: IncomingMessage): void {
    for (const reader of [...this.#readers]) reader.push(message);
    this.dispatchEvent(new IncomingMessageEvent(message));
  }

  #tellUnheard(): void {
    const unheard = this.#unheard?.takeAll() ?? [];
    this.#unheard = undefined;
    for (const message of unheard) this.#tell(message);
  }
}

function incomingMessage(message: ReceivedMessage): IncomingMessage {
  // A copy: what is counted as waiting must not keep the packets and reply blocks that it came in.
  const data = message.data.slice();
  switch (message.kind) {
    case 'plain':
      return { data };
    case 'repliable':
      return { data, senderTag: encodeBase58(message.senderTag) };
    case 'reply': {
      const isolation = message.pseudonym.isolation.slice(MESSAGES.length + 1);
      const recipient = formatRecipient(message.pseudonym.recipient);
      return { data, answers: isolation === '' ? { recipient } : { recipient, isolation } };
    }
  }
}

function ofCore({ lane, signal }: ReplyOptions) {
  return { ...(lane !== undefined && { lane: laneOfMessages(lane) }), ...(signal !== undefined && { signal }) };
}

/** How an event of a client is called on the client itself. */
function ownName(name: string): string {
  return name.replace(/^client:/, '');
}

/** That of a stream is a JSON array. */
function isolationOfMessages(isolation: string | undefined): string {
  return isolation === undefined ? MESSAGES : `${MESSAGES}:${isolation}`;
}

function isOfMessages(isolation: string): boolean {
  return isolation === MESSAGES || isolation.startsWith(`${MESSAGES}:`);
}

/** Apart from those of streams, and of the client itself. */
function laneOfMessages(lane: string): string {
  return `${MESSAGES}:${lane}`;
}

const MESSAGES = 'messages';
