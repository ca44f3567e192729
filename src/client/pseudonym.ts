import type { Recipient, SenderTag } from '../message/index.ts';

/**
 * Who we are to one recipient, for one purpose. Nothing links two pseudonyms: each has a tag, reply blocks and budgets of
 * its own. Compared by identity.
 */
export interface Pseudonym {
  readonly tag: SenderTag;
  readonly recipient: Recipient;
  readonly isolation: string;
}
