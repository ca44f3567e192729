import { fixedSecret } from '#crypto';
import { MixnetError } from '../errors.ts';
import * as limits from '../limits.ts';
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
  type ReplyKey,
} from '../message/index.ts';
import type { Milliseconds } from '../platform/platform.ts';
import type { OwnCover } from './own-cover.ts';
import type { Pseudonym } from './pseudonym.ts';
import type { SentReplyKeys } from './sent-reply-keys.ts';

/** What it was that the gateway pushed. `pseudonym`: it came by a reply block that was given away under that one. */
export type Received =
  | { readonly type: 'ack'; readonly id: FragmentId }
  | { readonly type: 'cover-ack' }
  | { readonly type: 'cover' }
  /** Kept until the rest of its message comes, or a repetition of something already known. */
  | { readonly type: 'fragment-stored'; readonly pseudonym: Pseudonym | undefined }
  /** `sets`: those of its fragments. */
  | {
      readonly type: 'message';
      readonly message: NymMessage;
      readonly pseudonym: Pseudonym | undefined;
      readonly sets: readonly number[];
    }
  | { readonly type: 'dropped'; readonly why: string; readonly pseudonym: Pseudonym | undefined };

/** Opens what is sealed for this client: each throws ERR_MIX_MIXNET_MALFORMED for what cannot be. */
export interface PayloadOpener {
  ack(bytes: Uint8Array): FragmentId | 'cover';
  fromSender(bytes: Uint8Array): Uint8Array;
  reply(bytes: Uint8Array, key: ReplyKey): Uint8Array;
}

/** With the client's own keys; `encryptionSecret` is of X25519. */
export function payloadOpener(keys: {
  readonly ackKey: AckKey;
  readonly encryptionSecret: Uint8Array;
  readonly ownCover: OwnCover;
}): PayloadOpener {
  const encryption = fixedSecret(keys.encryptionSecret);
  return {
    ack: bytes => openAck(keys.ackKey, bytes),
    fromSender: bytes => keys.ownCover.take(bytes) ?? openFromSender(bytes, encryption),
    reply: openReply,
  };
}

export interface ReceiverOptions {
  readonly opener: PayloadOpener;
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

  /** Sets of fragments dropped unfinished so far. */
  get droppedSets(): number {
    return this.#reassembler.dropped;
  }

  /** Never throws, whatever is pushed. Keeps views of `bytes`. */
  push(bytes: Uint8Array, now: Milliseconds): Received {
    let pseudonym: Pseudonym | undefined;
    try {
      if (bytes.length === ACK_BYTES) return this.#readAck(bytes);
      // Only once: the key is gone afterwards.
      const sent = this.#options.replyKeys.take(keyMaterial(bytes), now);
      pseudonym = sent?.pseudonym;
      const { opener } = this.#options;
      const content = sent ? opener.reply(bytes, sent.key) : opener.fromSender(bytes);
      if (isCover(content)) return { type: 'cover' };
      // A message arrives by the reply blocks of one pseudonym, or by none: those of another never complete it.
      const message = this.#reassembler.insert(content, now, pseudonym);
      if (message === undefined) return { type: 'fragment-stored', pseudonym };
      return accept(decodeNymMessage(message), pseudonym, this.#reassembler.lastFinished);
    } catch (error) {
      if (error instanceof MixnetError) return { type: 'dropped', why: error.message, pseudonym };
      throw error;
    }
  }

  /** What unfinished messages hold now. */
  get unfinished(): Reassembler['size'] {
    return this.#reassembler.size;
  }

  /** These sets came before, and what of them comes once more is nothing new. */
  remember(sets: readonly number[], now: Milliseconds): void {
    this.#reassembler.remember(sets, now);
  }

  /** Drops what is unfinished for too long. To be called now and then; `push` does so too. */
  prune(now: Milliseconds): void {
    this.#reassembler.prune(now);
  }

  forget(pseudonym: Pseudonym): void {
    this.#reassembler.forget(pseudonym);
  }

  #readAck(bytes: Uint8Array): Received {
    const id = this.#options.opener.ack(bytes);
    return id === 'cover' ? { type: 'cover-ack' } : { type: 'ack', id };
  }
}

/**
 * Answers come by reply blocks, and nothing else does. Whoever knows the address could otherwise write answers that nobody
 * asked for, or requests for reply blocks.
 */
function accept(message: NymMessage, pseudonym: Pseudonym | undefined, sets: readonly number[]): Received {
  const isAnswer = message.kind === 'reply' || message.kind === 'surb-request';
  if (isAnswer === (pseudonym !== undefined)) return { type: 'message', message, pseudonym, sets };
  const why = isAnswer ? 'an answer came without a reply block' : 'a message that is no answer came by a reply block';
  return { type: 'dropped', why, pseudonym };
}

/** Of unfinished messages: 40 000 packets. What Nym's own clients send at once is far below. */
const MAX_BYTES = limits.unfinishedBytes;
const MAX_SETS = limits.unfinishedSets;
