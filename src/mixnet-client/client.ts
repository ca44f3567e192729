/** A client of the mixnet for programs: messages, and streams through exits. */

import { base58 } from '@scure/base';
import { createPlatform } from '#platform';
import { ClientCore, type ClientState, type ClientStats, type ReceivedMessage } from '../client/index.ts';
import {
  DEFAULT_DIRECTORY_URLS,
  Directory,
  Exits,
  formatRecipient,
  type MixnetStream,
  type OpenStreamOptions,
} from '../exit/index.ts';
import type { Milliseconds } from '../platform/platform.ts';
import { parseAddress, parseTag } from './addresses.ts';
import { type IncomingMessage, IncomingMessageEvent, MessageReader } from './messages.ts';
import { checkClientOptions, checkOptionNames, type MixnetClientOptions } from './options.ts';

/** `state` of the client is another than before. */
export class StateEvent extends Event {
  readonly state: ClientState;

  constructor(state: ClientState) {
    super('state');
    this.state = state;
  }
}

export interface MixnetClientEvents {
  readonly state: StateEvent;
  readonly message: IncomingMessageEvent;
}

export class MixnetClient extends EventTarget {
  /** The Nym address under which others reach this client: made for it alone. */
  readonly address: string;
  readonly #core: ClientCore;
  readonly #exits: Exits;
  readonly #readers = new Set<MessageReader>();
  readonly #release: () => void;
  #closing: Promise<void> | undefined;

  private constructor(core: ClientCore, exits: Exits, release: () => void) {
    super();
    this.address = formatRecipient(core.address);
    this.#core = core;
    this.#exits = exits;
    this.#release = release;
    core.onState(() => this.dispatchEvent(new StateEvent(core.state)));
    core.subscribe(message => this.#received(message));
  }

  /**
   * Enters the mixnet by a gateway, with a fresh identity. Rejects with `ERR_MIX_DIRECTORY_…`, `ERR_MIX_GATEWAY_…`,
   * `ERR_MIX_TIMEOUT_SETUP` or the signal's reason, and with a TypeError for options that cannot be.
   */
  static async connect(options: MixnetClientOptions = {}): Promise<MixnetClient> {
    checkOptionNames(options);
    checkClientOptions(options);
    const { platform = createPlatform(), gateway, traffic, signal, setupTimeoutMs, exits } = options;
    const api = typeof options.api === 'string' ? [options.api] : (options.api ?? DEFAULT_DIRECTORY_URLS);
    const core = await ClientCore.connect({
      platform,
      api,
      secure: globalThis.location?.protocol === 'https:',
      ...(gateway !== undefined && { gateway }),
      ...(traffic !== undefined && { traffic }),
      ...(signal !== undefined && { signal }),
      ...(setupTimeoutMs !== undefined && { setupTimeoutMs }),
    });
    const directory = new Directory({ urls: api, platform });
    const release = options.background ? () => {} : platform.hold();
    return new MixnetClient(core, new Exits({ core, directory, platform, exits }), release);
  }

  get state(): ClientState {
    return this.#core.state;
  }

  /** Packets and messages counted since `connect`. */
  stats(): ClientStats {
    return this.#core.stats();
  }

  /**
   * Sends a message, and resolves when every part of it is acknowledged: it has reached the recipient's gateway.
   *
   * Without `replySurbs` the message says nothing about its sender, and cannot be answered unless its content says where.
   * With a number, even 0, it is sent under a pseudonym, one per recipient, with so many reply blocks (0 … 500): each
   * carries one packet of up to 1.6 KB back, and a recipient keeps ten of them to ask for more.
   *
   * @param recipient a Nym address
   */
  async send(
    recipient: string,
    data: Uint8Array,
    { replySurbs, signal }: { readonly replySurbs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const to = parseAddress(recipient, 'recipient');
    const options = signal === undefined ? {} : { signal };
    if (replySurbs === undefined) return this.#core.send(to, data, options);
    return this.#core.sendAnonymous(this.#core.pseudonym(to, MESSAGES), data, { ...options, replySurbs });
  }

  /** Answers a message that came with a sender tag; resolves as `send` does. */
  async reply(senderTag: string, data: Uint8Array, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#core.reply(parseTag(senderTag), data, signal === undefined ? {} : { signal });
  }

  /**
   * The messages from now on, replies included. The iteration ends with the client, or with the signal by throwing its
   * reason. One that leaves more than 16 MB waiting fails with `ERR_MIX_USAGE_BUSY`.
   */
  messages({ signal }: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<IncomingMessage> {
    const reader = new MessageReader(signal, ended => this.#readers.delete(ended));
    this.#readers.add(reader);
    reader.watch();
    if (this.#closing !== undefined) reader.end();
    return reader;
  }

  /** At once; the stream opens meanwhile, and can be written to. See `MixnetStream.opened` for how it may fail. */
  openStream(options: OpenStreamOptions): MixnetStream {
    return this.#exits.openStream(options);
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
    if (drain > 0) this.#exits.closeStreams();
    else this.#exits.close();
    const closed = this.#core.close({ drain });
    this.#closing ??= closed.then(() => this.#closed());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  override addEventListener<K extends keyof MixnetClientEvents>(
    type: K,
    listener: ((event: MixnetClientEvents[K]) => void) | null,
    options?: AddEventListenerOptions | boolean,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: AddEventListenerOptions | boolean,
  ): void;
  override addEventListener(type: string, listener: unknown, options?: AddEventListenerOptions | boolean): void {
    super.addEventListener(type, listener as EventListenerOrEventListenerObject | null, options);
  }

  override removeEventListener<K extends keyof MixnetClientEvents>(
    type: K,
    listener: ((event: MixnetClientEvents[K]) => void) | null,
    options?: EventListenerOptions | boolean,
  ): void;
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: EventListenerOptions | boolean,
  ): void;
  override removeEventListener(type: string, listener: unknown, options?: EventListenerOptions | boolean): void {
    super.removeEventListener(type, listener as EventListenerOrEventListenerObject | null, options);
  }

  #closed(): void {
    this.#exits.close();
    for (const reader of [...this.#readers]) reader.end();
    this.#release();
  }

  #received(message: ReceivedMessage): void {
    if (message.kind === 'reply' && message.pseudonym.isolation !== MESSAGES) return;
    // A copy: what is counted as waiting must not keep the packets and reply blocks that it came in.
    const data = message.data.slice();
    const incoming = message.kind === 'repliable' ? { data, senderTag: base58.encode(message.senderTag) } : { data };
    for (const reader of [...this.#readers]) reader.push(incoming);
    this.dispatchEvent(new IncomingMessageEvent(incoming));
  }
}

/** The isolation of messages; that of a stream is a JSON array. */
const MESSAGES = 'messages';
