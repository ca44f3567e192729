/** The messages that have come for a program, read one after the other. */

import { MixnetError } from '../errors.ts';
import { limits } from '../limits.ts';
import { Arrivals } from '../stream/index.ts';

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

const MAX_WAITING_BYTES = limits.unreadMessages.value;
/** What an empty message costs, so that they are bounded too. */
const MESSAGE_OVERHEAD = 256;

function costOf({ data }: IncomingMessage): number {
  return data.length + MESSAGE_OVERHEAD;
}
