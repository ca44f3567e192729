/** The hash over all messages of a handshake: RFC 8446, section 4.4.1. */

import { concatBytes } from '../../crypto/bytes.ts';
import type { Hash } from '../../crypto/hash.ts';
import { messageTypes } from './codes.ts';
import { prefixed24, u8 } from './wire.ts';

export class Transcript {
  #messages: Uint8Array = new Uint8Array(0);
  /** Until the server has chosen one. */
  #hash: Hash | undefined;

  add(message: Uint8Array): void {
    this.#messages = concatBytes(this.#messages, message);
  }

  choose(hash: Hash): void {
    this.#hash ??= hash;
  }

  /** Before a HelloRetryRequest is added: the first ClientHello is replaced by its hash. */
  retry(hash: Hash): void {
    this.#messages = concatBytes(u8(messageTypes.messageHash), prefixed24(hash(this.#messages)));
    this.choose(hash);
  }

  /** Of all messages so far. */
  digest(): Uint8Array {
    if (this.#hash === undefined) throw new Error('the transcript has no hash yet');
    return this.#hash(this.#messages);
  }
}
