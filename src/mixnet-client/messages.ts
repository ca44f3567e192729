/** The messages that have come for a program, read one after the other. */

import { MixnetError } from '../errors.ts';
import { limits } from '../limits.ts';

/** What somebody sent to this client. */
export interface IncomingMessage {
  readonly data: Uint8Array;
  /** For `reply`: who sent it, without saying who. Absent if there is no way to answer. */
  readonly senderTag?: string;
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
