/** The hash over all messages of a handshake: RFC 8446, section 4.4.1. */

import { concatBytes } from '../../crypto/bytes.ts';
import type { Hash } from './cipher-suites.ts';
import { messageTypes } from './codes.ts';
import { prefixed24, u8 } from './wire.ts';

export class Transcript {
  /** Until the server has chosen a hash. */
  #early: Uint8Array = new Uint8Array(0);
  #running: ReturnType<Hash['create']> | undefined;

  add(message: Uint8Array): void {
    if (this.#running === undefined) this.#early = concatBytes(this.#early, message);
    else this.#running.update(message);
  }

  choose(hash: Hash): void {
    if (this.#running !== undefined) return;
    this.#running = hash.create().update(this.#early);
    this.#early = new Uint8Array(0);
  }

  /** Before a HelloRetryRequest is added: the first ClientHello is replaced by its hash. */
  retry(hash: Hash): void {
    this.#early = concatBytes(u8(messageTypes.messageHash), prefixed24(hash(this.#early)));
    this.choose(hash);
  }

  /** Of all messages so far. */
  digest(): Uint8Array {
    if (this.#running === undefined) throw new Error('the transcript has no hash yet');
    return this.#running.clone().digest();
  }
}
