/** The answer to a request that asks for another protocol on its connection (RFC 9110, section 7.8), up to the empty line. */

import type { Field } from './grammar.ts';
import { Slice } from './lines.ts';
import { tooLarge } from './refusals.ts';
import { HeadReader } from './response-head.ts';
import { maxInformationalResponses } from './response-reader.ts';

export interface UpgradeAnswer {
  /** 101 if the server changes the protocol; otherwise what it answers instead. */
  readonly status: number;
  readonly headers: readonly Field[];
}

export class UpgradeReader {
  #head = new HeadReader();
  #informational = 0;

  /**
   * The answer once its head is complete, and the bytes after it, which belong to the other protocol.
   *
   * @throws MixnetError ERR_MIX_HTTP_MALFORMED, ERR_MIX_HTTP_TOO_LARGE
   */
  read(bytes: Uint8Array): { readonly answer: UpgradeAnswer; readonly rest: Uint8Array } | undefined {
    const slice = new Slice(bytes);
    for (let head = this.#head.read(slice); head !== undefined; head = this.#head.read(slice)) {
      const { status, fields } = head;
      if (status >= 200 || status === 101) {
        return { answer: { status, headers: fields }, rest: slice.take(slice.remaining) };
      }
      if (++this.#informational > maxInformationalResponses) throw tooLarge('it has too many 1xx heads');
      this.#head = new HeadReader();
    }
    return undefined;
  }
}
