/**
 * Puts the messages of one direction of a connection back in order, as both ends do (nymtech/nym
 * `common/socks5/ordered-buffer/src/buffer.rs`), but bounded in bytes too.
 */

import { concatBytes } from '../crypto/bytes.ts';

/** How far ahead of the next message one may be; both ends refuse what is further, for good. */
export const MAX_MESSAGES_AHEAD = 1000n;

export type OrderedWrite =
  | 'stored'
  /** More than 1000 ahead. */
  | 'too-far'
  /** That number is stored already and unread; the first one wins. */
  | 'duplicate'
  | 'already-read'
  /** Storing it would exceed the bytes that may wait for a missing message. It is not stored: the stream cannot go on. */
  | 'full';

export class OrderedBuffer {
  readonly #stored = new Map<bigint, Uint8Array>();
  readonly #maxBytes: number;
  #next = 0n;
  #bytes = 0;

  /** `maxBytes`: of messages that wait for an earlier one. The next message in order is always taken. */
  constructor({ maxBytes = Number.POSITIVE_INFINITY }: { readonly maxBytes?: number } = {}) {
    this.#maxBytes = maxBytes;
  }

  /** The number of the first message that is missing. */
  get next(): bigint {
    return this.#next;
  }

  /** Of stored messages that `read` has not returned. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps `data` as it is, without a copy. */
  write(sequence: bigint, data: Uint8Array): OrderedWrite {
    if (sequence > this.#next + MAX_MESSAGES_AHEAD) return 'too-far';
    if (this.#stored.has(sequence)) return 'duplicate';
    if (sequence < this.#next) return 'already-read';
    if (sequence !== this.#next && this.#bytes + data.length > this.#maxBytes) return 'full';
    this.#stored.set(sequence, data);
    this.#bytes += data.length;
    return 'stored';
  }

  /**
   * All that is in order now, joined, with the number of its last message; `undefined` if the next one is missing.
   * Messages after `last` are left where they are.
   */
  read(last?: bigint): { readonly data: Uint8Array; readonly lastSequence: bigint } | undefined {
    const run: Uint8Array[] = [];
    while (last === undefined || this.#next <= last) {
      const data = this.#stored.get(this.#next);
      if (data === undefined) break;
      this.#stored.delete(this.#next);
      this.#bytes -= data.length;
      this.#next += 1n;
      run.push(data);
    }
    const [only] = run;
    if (only === undefined) return undefined;
    return { data: run.length === 1 ? only : concatBytes(...run), lastSequence: this.#next - 1n };
  }
}
