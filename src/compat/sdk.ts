/**
 * `mixfetch/compat/sdk`: the calls of `@nymproject/sdk` 1.4, for programs that are written for it: messages with a type, over a
 * `MixnetClient`. There, whoever got a message could not answer it; here the events have a `senderTag`, and the client `reply`.
 *
 * What its options become here is said beside each of them.
 *
 * @module
 */

import { type ClientOptions, MixnetClient, MixnetError } from '../index.ts';
import { type DebugWasmOverride, trafficOf } from './client-override.ts';
import { decodeEnvelope, encodeEnvelope } from './payload-envelope.ts';

export type { DebugWasmOverride } from './client-override.ts';

/** Unknown options are ignored, as they are there. */
export interface ClientOpts {
  /** Identity of the gateway to enter by: our `gateway`. */
  preferredGateway?: string | undefined;
  /** Enter only by `wss:`: our `secureGateway`. */
  forceTls?: boolean | undefined;
  /** Base URL of the directory: our `api`. */
  nymApiUrl?: string | undefined;
  clientOverride?: DebugWasmOverride | undefined;
  /** Without effect, as there. */
  latencyBasedSelection?: boolean | undefined;
  /** Without effect: a client is a new one each time. See `withOptions` and its option `storage`. */
  clientId?: string | undefined;
  /** Without effect: nothing is stored. */
  storagePassphrase?: string | undefined;
  /** Without effect: the chain is not asked. */
  nyxdUrl?: string | undefined;
}

export const MimeTypes = {
  ApplicationOctetStream: 'application/octet-stream',
  TextPlain: 'text/plain',
  ApplicationJson: 'application/json',
} as const;
export type MimeTypes = (typeof MimeTypes)[keyof typeof MimeTypes];

export const EventKinds = {
  Loaded: 'Loaded',
  Connected: 'Connected',
  StringMessageReceived: 'StringMessageReceived',
  BinaryMessageReceived: 'BinaryMessageReceived',
  RawMessageReceived: 'RawMessageReceived',
} as const;
export type EventKinds = keyof typeof EventKinds;

export interface LoadedEvent {
  kind: 'Loaded';
  args: { loaded: true };
}

export interface ConnectedEvent {
  kind: 'Connected';
  args: { address?: string };
}

/** For `reply`; absent if there is no way to answer. */
interface Answerable {
  senderTag?: string;
}

export interface StringMessageReceivedEvent {
  kind: 'StringMessageReceived';
  args: { mimeType: MimeTypes; payload: string; payloadRaw: Uint8Array; headers?: string } & Answerable;
}

export interface BinaryMessageReceivedEvent {
  kind: 'BinaryMessageReceived';
  args: { mimeType: MimeTypes; payload: Uint8Array; headers?: string } & Answerable;
}

export interface RawMessageReceivedEvent {
  kind: 'RawMessageReceived';
  args: { payload: Uint8Array } & Answerable;
}

export type EventHandlerFn<E> = (e: E) => void | Promise<void>;
export type EventHandlerUnsubscribeFn = () => void;
/** What a handler throws is the affair of the runtime, as with any `EventTarget`. */
export type EventHandlerSubscribeFn<E> = (fn: EventHandlerFn<E>) => EventHandlerUnsubscribeFn;

export interface Events {
  /** There is no worker to be loaded: each handler hears of it at once. */
  subscribeToLoaded: EventHandlerSubscribeFn<LoadedEvent>;
  subscribeToConnected: EventHandlerSubscribeFn<ConnectedEvent>;
  subscribeToTextMessageReceivedEvent: EventHandlerSubscribeFn<StringMessageReceivedEvent>;
  subscribeToBinaryMessageReceivedEvent: EventHandlerSubscribeFn<BinaryMessageReceivedEvent>;
  /** Of every message, before it is looked at. */
  subscribeToRawMessageReceivedEvent: EventHandlerSubscribeFn<RawMessageReceivedEvent>;
}

export interface Payload {
  message: string | Uint8Array;
  /** Default `text/plain` for a string, `application/octet-stream` for bytes. */
  mimeType?: MimeTypes | string;
  headers?: string;
}

/** The README of 1.4 has a bare string for a payload, and a promise for a recipient, which its code does not take. */
export interface SendArgs<P> {
  payload: P;
  recipient: string | Promise<string | undefined>;
  /** Reply blocks that go with the message, 0 to 500. Default 10. */
  replySurbs?: number;
}

export interface Client {
  /** Resolves when the client is connected; unlike that of 1.4, which resolves at once. Rejects as `MixnetClient.connect` does. */
  start: (opts?: ClientOpts) => Promise<void>;
  /** Ends the client. `start` may begin with a new one. */
  stop: () => Promise<void>;
  /** `undefined` before `start` has resolved. */
  selfAddress: () => Promise<string | undefined>;
  /** What is given to handlers as text. Default `application/json` and `text/plain`. */
  setTextMimeTypes: (mimeTypes: string[]) => void;
  getTextMimeTypes: () => Promise<string[]>;
  /** Resolves when the message has reached the gateway of the recipient; unlike in 1.4, a failure rejects. */
  send: (args: SendArgs<Payload | string>) => Promise<void>;
  /** The same without a type. */
  rawSend: (args: SendArgs<Uint8Array>) => Promise<void>;
  /** Answers the message that came with the tag: not in 1.4. */
  reply: (args: { payload: Payload | string; senderTag: string }) => Promise<void>;
  rawReply: (args: { payload: Uint8Array; senderTag: string }) => Promise<void>;
}

export interface NymMixnetClientOptions {
  /** What is given to handlers as text. Default `application/json` and `text/plain`. */
  autoConvertStringMimeTypes?: string[] | MimeTypes[];
}

export interface NymMixnetClient {
  client: Client;
  events: Events;
}

export interface NymSdk {
  readonly createNymMixnetClient: (options?: NymMixnetClientOptions) => Promise<NymMixnetClient>;
}

/** The same function with options of this package beneath those of that one: `storage`, `logger` and the like. */
export function withOptions(base: ClientOptions = {}): NymSdk {
  return {
    async createNymMixnetClient({
      autoConvertStringMimeTypes = [MimeTypes.ApplicationJson, MimeTypes.TextPlain],
    } = {}) {
      const client = new SdkClient(base, autoConvertStringMimeTypes);
      return { client: client.methods, events: client.events };
    },
  };
}

export const createNymMixnetClient: NymSdk['createNymMixnetClient'] = options =>
  withOptions().createNymMixnetClient(options);

type AnyEvent = ConnectedEvent | StringMessageReceivedEvent | BinaryMessageReceivedEvent | RawMessageReceivedEvent;

class SdkClient {
  readonly #base: ClientOptions;
  readonly #target = new EventTarget();
  #textTypes: readonly string[];
  #starting: Promise<MixnetClient> | undefined;
  #client: MixnetClient | undefined;

  constructor(base: ClientOptions, textTypes: readonly string[]) {
    this.#base = base;
    this.#textTypes = [...textTypes];
  }

  readonly events: Events = {
    subscribeToLoaded: fn => {
      let isSubscribed = true;
      queueMicrotask(() => {
        if (isSubscribed) void fn({ kind: 'Loaded', args: { loaded: true } });
      });
      return () => {
        isSubscribed = false;
      };
    },
    subscribeToConnected: this.#subscriber<ConnectedEvent>('Connected'),
    subscribeToTextMessageReceivedEvent: this.#subscriber<StringMessageReceivedEvent>('StringMessageReceived'),
    subscribeToBinaryMessageReceivedEvent: this.#subscriber<BinaryMessageReceivedEvent>('BinaryMessageReceived'),
    subscribeToRawMessageReceivedEvent: this.#subscriber<RawMessageReceivedEvent>('RawMessageReceived'),
  };

  readonly methods: Client = {
    start: async opts => {
      if (this.#starting !== undefined)
        throw new MixnetError('ERR_MIX_USAGE_BUSY', { message: 'It is started already.' });
      this.#starting = MixnetClient.connect({ ...this.#base, ...optionsOf(opts ?? {}, this.#base) });
      try {
        this.#connected(await this.#starting);
      } catch (error) {
        this.#starting = undefined;
        throw error;
      }
    },
    stop: async () => {
      const starting = this.#starting;
      [this.#starting, this.#client] = [undefined, undefined];
      await (await starting?.catch(() => undefined))?.close();
    },
    selfAddress: async () => this.#client?.address,
    setTextMimeTypes: mimeTypes => {
      this.#textTypes = [...mimeTypes];
    },
    getTextMimeTypes: async () => [...this.#textTypes],
    send: ({ payload, ...to }) => calmly(async () => this.#send(this.#enveloped(payload), to)),
    rawSend: ({ payload, ...to }) => calmly(async () => this.#send(payload, to)),
    reply: ({ payload, senderTag }) => calmly(async () => this.#started.reply(senderTag, this.#enveloped(payload))),
    rawReply: ({ payload, senderTag }) => calmly(async () => this.#started.reply(senderTag, payload)),
  };

  get #started(): MixnetClient {
    if (this.#client !== undefined) return this.#client;
    throw new MixnetError('ERR_MIX_MIXNET_CLOSED', { message: 'The client is not started: wait for start() first.' });
  }

  #connected(client: MixnetClient): void {
    this.#client = client;
    client.addEventListener('message', ({ data, senderTag }) => this.#received(data, senderTag));
    this.#tell({ kind: 'Connected', args: { address: client.address } });
  }

  async #send(data: Uint8Array, { recipient, replySurbs = 10 }: Omit<SendArgs<never>, 'payload'>): Promise<void> {
    await this.#started.send((await recipient) ?? '', data, { replySurbs });
  }

  #enveloped(payload: Payload | string): Uint8Array {
    const { message, mimeType, headers } = typeof payload === 'string' ? { message: payload } : (payload as Payload);
    if (typeof message !== 'string') {
      return encodeEnvelope({ mimeType: mimeType ?? MimeTypes.ApplicationOctetStream, headers, content: message });
    }
    const textType = mimeType ?? MimeTypes.TextPlain;
    // As there: who gets it could not read it as text.
    if (!this.#textTypes.includes(textType)) throw new TypeError(`The type "${textType}" is not one of texts.`);
    return encodeEnvelope({ mimeType: textType, headers, content: new TextEncoder().encode(message) });
  }

  #received(data: Uint8Array, senderTag: string | undefined): void {
    const answerable = senderTag === undefined ? {} : { senderTag };
    this.#tell({ kind: 'RawMessageReceived', args: { payload: data, ...answerable } });
    const envelope = decodeEnvelope(data);
    if (envelope === undefined) return;
    const { content, headers } = envelope;
    // What peers write may be any type, whatever the published declaration says.
    const mimeType = envelope.mimeType as MimeTypes;
    const described = { mimeType, ...(headers !== undefined && { headers }), ...answerable };
    if (this.#textTypes.includes(mimeType)) {
      const payload = new TextDecoder().decode(content);
      this.#tell({ kind: 'StringMessageReceived', args: { ...described, payload, payloadRaw: content } });
    } else this.#tell({ kind: 'BinaryMessageReceived', args: { ...described, payload: content } });
  }

  #tell(event: AnyEvent): void {
    this.#target.dispatchEvent(new SdkEvent(event));
  }

  #subscriber<E extends AnyEvent>(kind: E['kind']): EventHandlerSubscribeFn<E> {
    return fn => {
      const listener = (event: Event) => void fn((event as SdkEvent<E>).told);
      this.#target.addEventListener(kind, listener);
      return () => this.#target.removeEventListener(kind, listener);
    };
  }
}

/** Programs of 1.4 need not wait for what never rejects there: a failure that nobody looks at must not end theirs. */
function calmly(work: () => Promise<void>): Promise<void> {
  const done = work();
  done.catch(() => {});
  return done;
}

class SdkEvent<E extends AnyEvent> extends Event {
  readonly told: E;

  constructor(told: E) {
    super(told.kind);
    this.told = told;
  }
}

function optionsOf(
  { preferredGateway, forceTls, nymApiUrl, clientOverride }: ClientOpts,
  base: ClientOptions,
): ClientOptions {
  return {
    ...(preferredGateway !== undefined && { gateway: preferredGateway }),
    ...(forceTls !== undefined && { secureGateway: forceTls }),
    ...(nymApiUrl !== undefined && { api: nymApiUrl }),
    traffic: { ...base.traffic, ...trafficOf(clientOverride) },
  };
}
