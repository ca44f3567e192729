/** A client of the mixnet for programs: messages, and streams through exits. */

import { base58 } from '@scure/base';
import { createPlatform } from '#platform';
import {
  ClientCore,
  type ClientState,
  type ClientStats,
  completeTraffic,
  type ReceivedMessage,
  type Traffic,
} from './client/index.ts';
import { MixnetError } from './errors.ts';
import {
  DEFAULT_DIRECTORY_URLS,
  Directory,
  Exits,
  formatRecipient,
  type MixnetStream,
  type OpenStreamOptions,
  parseRecipient,
  type Recipient,
} from './exit/index.ts';
import { limits } from './limits.ts';
import type { Milliseconds, Platform } from './platform/platform.ts';

export interface ClientOptions {
  /** Base URL of the directory, or several that stand in for one another. Default: that of the Nym network. */
  readonly api?: string | readonly string[] | undefined;
  /** Identity of the gateway to enter by, base58. Default: any that takes us, chosen anew for each client. */
  readonly gateway?: string | undefined;
  /** Pace of the traffic and the like, by the names of Nym's configuration. Default: Nym's values. */
  readonly traffic?: Partial<Traffic> | undefined;
  /** Clock, timers, randomness, sockets. Default: those of the runtime. */
  readonly platform?: Platform | undefined;
  /** Ends the connecting. Without effect on a connected client. */
  readonly signal?: AbortSignal | undefined;
}

export interface MixnetClientOptions extends ClientOptions {
  /** Nym addresses of the network requesters to use for streams, in no order. Default: those of the directory. */
  readonly exits?: readonly string[] | undefined;
  /** Do not keep the process alive while the client is connected. Default false. */
  readonly background?: boolean | undefined;
  /** How long `connect` may take, ms. Default 60 000. */
  readonly setupTimeoutMs?: Milliseconds | undefined;
}

/** What somebody sent to this client. */
export interface IncomingMessage {
  readonly data: Uint8Array;
  /** For `reply`: who sent it, without saying who. Absent if there is no way to answer. */
  readonly senderTag?: string;
}

/** `state` of the client is another than before. */
export class StateEvent extends Event {
  readonly state: ClientState;

  constructor(state: ClientState) {
    super('state');
    this.state = state;
  }
}

/** A message has come. */
export class IncomingMessageEvent extends Event implements IncomingMessage {
  readonly data: Uint8Array;
  declare readonly senderTag?: string;

  constructor({ data, senderTag }: IncomingMessage) {
    super('message');
    this.data = data;
    if (senderTag !== undefined) this.senderTag = senderTag;
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
    const unknown = Object.keys(options).find(name => !optionNames.includes(name));
    if (unknown !== undefined) throw new TypeError(`There is no option "${unknown}".`);
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
   * accepted is still sent. What is unsent then rejects with `ERR_MIX_MIXNET_CLOSED`, and so does every stream.
   */
  close({ drain = 0 }: { readonly drain?: Milliseconds } = {}): Promise<void> {
    this.#closing ??= this.#close(drain);
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

  async #close(drain: Milliseconds): Promise<void> {
    if (drain > 0) this.#exits.closeStreams();
    else this.#exits.close();
    await this.#core.close({ drain });
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
const MAX_WAITING_BYTES = limits.unreadMessages.value;
/** What an empty message costs, so that they are bounded too. */
const MESSAGE_OVERHEAD = 256;

/** What has come and is not read yet. One failure is thrown once; after it, the iteration is over. */
export class MessageReader implements AsyncIterableIterator<IncomingMessage> {
  readonly #signal: AbortSignal | undefined;
  readonly #gone: (reader: MessageReader) => void;
  readonly #messages: IncomingMessage[] = [];
  readonly #waiting: { resolve(result: IteratorResult<IncomingMessage>): void; reject(error: unknown): void }[] = [];
  #bytes = 0;
  #ended: { readonly error?: unknown } | undefined;

  constructor(signal: AbortSignal | undefined, gone: (reader: MessageReader) => void) {
    this.#signal = signal;
    this.#gone = gone;
  }

  watch(): void {
    if (this.#signal?.aborted) this.#onAbort();
    else this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<IncomingMessage>> {
    const message = this.#messages.shift();
    if (message !== undefined) {
      this.#bytes -= message.data.length + MESSAGE_OVERHEAD;
      return Promise.resolve({ done: false, value: message });
    }
    const ended = this.#ended;
    if (ended === undefined) return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    this.#ended = {};
    return 'error' in ended ? Promise.reject(ended.error) : Promise.resolve({ done: true, value: undefined });
  }

  return(): Promise<IteratorResult<IncomingMessage>> {
    this.#messages.length = 0;
    this.#end({});
    return Promise.resolve({ done: true, value: undefined });
  }

  push(message: IncomingMessage): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next.resolve({ done: false, value: message });
      return;
    }
    this.#bytes += message.data.length + MESSAGE_OVERHEAD;
    this.#messages.push(message);
    if (this.#bytes > MAX_WAITING_BYTES) this.#end({ error: new MixnetError('ERR_MIX_USAGE_BUSY') });
  }

  end(): void {
    this.#end({});
  }

  readonly #onAbort = (): void => this.#end({ error: this.#signal?.reason });

  /** What has come before is still read. */
  #end(how: { readonly error?: unknown }): void {
    if (this.#ended !== undefined) return;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#gone(this);
    const [first, ...others] = this.#waiting.splice(0);
    this.#ended = first === undefined ? how : {};
    if ('error' in how) first?.reject(how.error);
    else first?.resolve({ done: true, value: undefined });
    for (const { resolve } of others) resolve({ done: true, value: undefined });
  }
}

const optionNames = ['api', 'gateway', 'traffic', 'platform', 'signal', 'exits', 'background', 'setupTimeoutMs'];

/**
 * What is wrong with the options is told before the directory or a gateway hears of this client.
 *
 * @throws TypeError naming the option that has a value it cannot have.
 */
export function checkClientOptions({ api, gateway, traffic, platform, signal, exits }: MixnetClientOptions): void {
  if (!isListOf(typeof api === 'string' ? [api] : api, isDirectoryUrl) || api?.length === 0) {
    throw invalid('api', 'one or more URLs of http or https, without user, query or hash');
  }
  if (gateway !== undefined && !isIdentity(gateway)) throw invalid('gateway', 'the identity of a gateway');
  if (typeof (traffic ?? {}) !== 'object' || traffic === null) throw invalid('traffic', 'an object');
  completeTraffic(traffic);
  if (platform !== undefined && typeof platform?.openWebSocket !== 'function') throw invalid('platform', 'a Platform');
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('signal', 'an AbortSignal');
  if (!isListOf(exits, isText)) throw invalid('exits', 'Nym addresses');
  for (const exit of exits ?? []) parseAddress(exit, 'exits');
}

function isListOf(value: unknown, isMember: (member: unknown) => boolean): boolean {
  return value === undefined || (Array.isArray(value) && value.every(isMember));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isDirectoryUrl(value: unknown): boolean {
  if (!isText(value) || !URL.canParse(value)) return false;
  const { protocol, username, search, hash } = new URL(value);
  return /^https?:$/.test(protocol) && username + search + hash === '';
}

/** 32 bytes in base58. */
function isIdentity(value: unknown): boolean {
  try {
    return isText(value) && value.length <= 44 && base58.decode(value).length === 32;
  } catch {
    return false;
  }
}

function invalid(option: string, what: string): TypeError {
  return new TypeError(`The option "${option}" must be ${what}.`);
}

function parseAddress(text: string, option: string): Recipient {
  try {
    return parseRecipient(text);
  } catch (cause) {
    throw new TypeError(`The option "${option}" must be a Nym address: identity.encryption@gateway.`, { cause });
  }
}

function parseTag(text: string): Uint8Array {
  try {
    return base58.decode(text);
  } catch (cause) {
    throw new TypeError('The option "senderTag" must be the tag of a message.', { cause });
  }
}
