import { MixnetError } from '../errors.ts';
import { limits } from '../limits.ts';
import {
  ACK_BYTES,
  type AckKey,
  decodeNymMessage,
  type FragmentId,
  isCover,
  keyMaterial,
  type NymMessage,
  openAck,
  openFromSender,
  openReply,
  Reassembler,
} from '../message/index.ts';
import type { Milliseconds } from '../platform/platform.ts';
import type { Pseudonym } from './pseudonym.ts';
import type { SentReplyKeys } from './sent-reply-keys.ts';

/** What it was that the gateway pushed. `pseudonym`: it came by a reply block that was given away under that one. */
export type Received =
  | { readonly type: 'ack'; readonly id: FragmentId }
  | { readonly type: 'cover-ack' }
  | { readonly type: 'cover' }
  /** Kept until the rest of its message comes, or a repetition of something already known. */
  | { readonly type: 'fragment-stored'; readonly pseudonym: Pseudonym | undefined }
  | { readonly type: 'message'; readonly message: NymMessage; readonly pseudonym: Pseudonym | undefined }
  | { readonly type: 'dropped'; readonly why: string; readonly pseudonym: Pseudonym | undefined };

export interface ReceiverOptions {
  readonly ackKey: AckKey;
  /** X25519. */
  readonly encryptionSecret: Uint8Array;
  readonly replyKeys: SentReplyKeys;
}

/**
 * Reads what the gateway pushes (`nymtech/nym common/client-core/src/client/received_buffer.rs`). Everything in it was
 * written by strangers, and nothing of it is authenticated, but that a reply came by one of our reply blocks.
 */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #reassembler = new Reassembler({ maxBytes: MAX_BYTES, maxSets: MAX_SETS });

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** Never throws, whatever is pushed. Keeps views of `bytes`. */
  push(bytes: Uint8Array, now: Milliseconds): Received {
    let pseudonym: Pseudonym | undefined;
    try {
      if (bytes.length === ACK_BYTES) return this.#readAck(bytes);
      // Only once: the key is gone afterwards.
      const sent = this.#options.replyKeys.take(keyMaterial(bytes), now);
      pseudonym = sent?.pseudonym;
      const content = sent ? openReply(bytes, sent.key) : openFromSender(bytes, this.#options.encryptionSecret);
      if (isCover(content)) return { type: 'cover' };
      // A message arrives by the reply blocks of one pseudonym, or by none: those of another never complete it.
      const message = this.#reassembler.insert(content, now, pseudonym);
      if (message === undefined) return { type: 'fragment-stored', pseudonym };
      return accept(decodeNymMessage(message), pseudonym);
    } catch (error) {
      if (error instanceof MixnetError) return { type: 'dropped', why: error.message, pseudonym };
      throw error;
    }
  }

  /** Drops what is unfinished for too long. To be called now and then; `push` does so too. */
  prune(now: Milliseconds): void {
    this.#reassembler.prune(now);
  }

  forget(pseudonym: Pseudonym): void {
    this.#reassembler.forget(pseudonym);
  }

  #readAck(bytes: Uint8Array): Received {
    const id = openAck(this.#options.ackKey, bytes);
    return id === 'cover' ? { type: 'cover-ack' } : { type: 'ack', id };
  }
}

/**
 * Answers come by reply blocks, and nothing else does. Whoever knows the address could otherwise write answers that nobody
 * asked for, or requests for reply blocks.
 */
function accept(message: NymMessage, pseudonym: Pseudonym | undefined): Received {
  const isAnswer = message.kind === 'reply' || message.kind === 'surb-request';
  if (isAnswer === (pseudonym !== undefined)) return { type: 'message', message, pseudonym };
  const why = isAnswer ? 'an answer came without a reply block' : 'a message that is no answer came by a reply block';
  return { type: 'dropped', why, pseudonym };
}

/** Of unfinished messages: 40 000 packets. What Nym's own clients send at once is far below. */
const MAX_BYTES = limits.unfinishedBytes.value;
const MAX_SETS = limits.unfinishedSets.value;
