/** The messages that have come for a program, read one after the other. */

import { MixnetError } from '../errors.ts';
import * as limits from '../limits.ts';
import { Arrivals } from '../stream/index.ts';

/** What somebody sent to this client. */
export interface IncomingMessage {
  readonly data: Uint8Array;
  /** For `reply`: who sent it, without saying who. Absent if there is no way to answer. */
  readonly senderTag?: string;
  /** What it is an answer to. Absent for a message that nobody here has asked for. */
  readonly answers?: AnsweredMessage;
}

/** What was sent to `recipient`, and to nobody else, under the pseudonym of that isolation string. */
export interface AnsweredMessage {
  readonly recipient: string;
  readonly isolation?: string;
}

/** A message has come. */
export class IncomingMessageEvent extends Event implements IncomingMessage {
  readonly data: Uint8Array;
  declare readonly senderTag?: string;
  declare readonly answers?: AnsweredMessage;

  constructor({ data, senderTag, answers }: IncomingMessage) {
    super('message');
    this.data = data;
    if (senderTag !== undefined) this.senderTag = senderTag;
    if (answers !== undefined) this.answers = answers;
  }
}

/** Messages that wait, up to so many bytes. What came first goes first; beyond the limit it is given up, and counted. */
export class WaitingMessages {
  readonly #limit: number;
  /** The first of them are taken already. */
  #messages: IncomingMessage[] = [];
  #taken = 0;
  #bytes = 0;
  #givenUp = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#messages.length - this.#taken;
  }

  /** How many have been. */
  get givenUp(): number {
    return this.#givenUp;
  }

  /** One alone may exceed the limit. */
  push(message: IncomingMessage): void {
    this.#messages.push(message);
    this.#bytes += costOf(message);
    while (this.#bytes > this.#limit && this.size > 1) {
      this.take();
      this.#givenUp += 1;
    }
  }

  take(): IncomingMessage | undefined {
    const message = this.#messages[this.#taken];
    if (message === undefined) return undefined;
    this.#bytes -= costOf(message);
    this.#taken += 1;
    // Not for each of them, which would move the others each time.
    if (2 * this.#taken > this.#messages.length) this.#messages = this.#rest();
    return message;
  }

  takeAll(): IncomingMessage[] {
    const all = this.#rest();
    this.#messages = [];
    this.#bytes = 0;
    return all;
  }

  #rest(): IncomingMessage[] {
    const rest = this.#messages.slice(this.#taken);
    this.#taken = 0;
    return rest;
  }
}

/** Fails when too much is left unread. */
export class MessageReader extends Arrivals<IncomingMessage> {
  #bytes = 0;

  constructor(signal: AbortSignal | undefined, gone: (reader: MessageReader) => void) {
    super({
      signal,
      taken: message => {
        this.#bytes -= costOf(message);
      },
      ended: () => gone(this),
    });
  }

  override push(message: IncomingMessage): void {
    this.#bytes += costOf(message);
    super.push(message);
    if (this.#bytes > MAX_WAITING_BYTES) this.fail(new MixnetError('ERR_MIX_USAGE_BUSY'));
  }
}

const MAX_WAITING_BYTES = limits.unreadMessages;
/** What an empty message costs, so that they are bounded too. */
const MESSAGE_OVERHEAD = 256;

function costOf({ data }: IncomingMessage): number {
  return data.length + MESSAGE_OVERHEAD;
}
