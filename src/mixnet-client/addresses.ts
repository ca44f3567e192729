/** The texts by which programs name others, read. */

import { decodeBase58 } from '../crypto/base58.ts';
import { parseRecipient, type Recipient } from '../exit/index.ts';

export function parseAddress(text: string, option: string): Recipient {
  try {
    return parseRecipient(text);
  } catch (cause) {
    throw new TypeError(`The option "${option}" must be a Nym address: identity.encryption@gateway.`, { cause });
  }
}

export function parseTag(text: string): Uint8Array {
  const tag = decodeBase58(text, 16);
  if (tag === undefined) throw new TypeError('The option "senderTag" must be the tag of a message.');
  return tag;
}
