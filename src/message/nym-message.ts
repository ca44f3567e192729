/**
 * What one client says to another, before it is padded and split
 * (nymtech/nym common/nymsphinx/src/message.rs and anonymous-replies/src/requests/mod.rs).
 */

import { ByteReader, concatBytes, type Named } from '../crypto/bytes.ts';
import { malformed } from './malformed.ts';
import { decodeRecipient, encodeRecipient, RECIPIENT_BYTES, type Recipient } from './recipient.ts';
import { decodeSurbList, encodeSurbList, type ReplySurb, type SurbListVersion } from './reply-surb.ts';

/** 16 random bytes under which an anonymous sender is known to one recipient. */
export type SenderTag = Named<'SenderTag'>;

export const SENDER_TAG_BYTES = 16;

export type RepliableContent = 'data' | 'additional-surbs' | 'heartbeat';

export type NymMessage =
  /** Says nothing about its sender. */
  | { readonly kind: 'plain'; readonly data: Uint8Array }
  /** From an anonymous sender to a known recipient. `data` is empty unless `content` is `'data'`. */
  | {
      readonly kind: 'repliable';
      readonly tag: SenderTag;
      readonly content: RepliableContent;
      readonly surbs: readonly ReplySurb[];
      readonly data: Uint8Array;
    }
  /** Through reply SURBs to an anonymous sender. `data` is not empty. */
  | { readonly kind: 'reply'; readonly data: Uint8Array }
  /** Through a reply SURB: `recipient`, who sends it, wants `amount` more of them. */
  | { readonly kind: 'surb-request'; readonly recipient: Recipient; readonly amount: number };

const PLAIN = 0;
const REPLIABLE = 1;
const REPLY = 2;

const repliableContents: readonly RepliableContent[] = ['data', 'additional-surbs', 'heartbeat'];

const REPLY_DATA = 0;
const REPLY_SURB_REQUEST = 1;

/*
 * 0   1  type: 0 plain, 1 repliable, 2 reply
 *
 * plain:         1      data
 * repliable:     1  16  sender tag
 *               17   1  content: 0 data, 1 additional SURBs, 2 heartbeat; + 3 when the list of SURBs is of version 2
 *               18      list of SURBs, then data
 * reply:         1   1  content: 0 data, 1 SURB request
 *                2      data    or    recipient (96), amount (4)
 */

/**
 * @param listVersion of the list of SURBs; 1 only to speak to clients of before key rotation
 * @throws RangeError for an empty reply: the other end could not read it
 */
export function encodeNymMessage(message: NymMessage, listVersion: SurbListVersion = 2): Uint8Array {
  switch (message.kind) {
    case 'plain':
      return concatBytes(Uint8Array.of(PLAIN), message.data);
    case 'repliable': {
      const content = repliableContents.indexOf(message.content) + repliableContents.length * (listVersion - 1);
      const list = encodeSurbList(message.surbs, listVersion);
      const data = message.content === 'data' ? message.data : new Uint8Array(0);
      return concatBytes(Uint8Array.of(REPLIABLE), message.tag, Uint8Array.of(content), list, data);
    }
    case 'reply':
      if (message.data.length === 0) throw new RangeError('a reply cannot be empty');
      return concatBytes(Uint8Array.of(REPLY, REPLY_DATA), message.data);
    case 'surb-request': {
      const amount = new Uint8Array(4);
      new DataView(amount.buffer).setUint32(0, message.amount);
      return concatBytes(Uint8Array.of(REPLY, REPLY_SURB_REQUEST), encodeRecipient(message.recipient), amount);
    }
  }
}

/** `data` is a view of `bytes`. @throws MixnetError `ERR_MIX_MIXNET_MALFORMED` */
export function decodeNymMessage(bytes: Uint8Array): NymMessage {
  const reader = new ByteReader(bytes, () => malformed('a message ends before its content'));
  const type = reader.u8();
  if (type === PLAIN) return { kind: 'plain', data: reader.rest() };
  if (type === REPLIABLE) return decodeRepliable(reader);
  if (type === REPLY) return decodeReply(reader);
  throw malformed('a message is of an unknown type');
}

function decodeRepliable(reader: ByteReader): NymMessage {
  const tag = reader.bytes(SENDER_TAG_BYTES).slice() as SenderTag;
  const number = reader.u8();
  const content = repliableContents[number % repliableContents.length];
  if (content === undefined || number >= 2 * repliableContents.length) throw malformed('an unknown repliable content');
  const { surbs, rest } = decodeSurbList(reader.rest(), number < repliableContents.length ? 1 : 2);
  const data = content === 'data' ? rest : rest.subarray(0, 0);
  return { kind: 'repliable', tag, content, surbs, data };
}

function decodeReply(reader: ByteReader): NymMessage {
  const content = reader.u8();
  if (content === REPLY_DATA) {
    if (reader.remaining === 0) throw malformed('a reply is empty');
    return { kind: 'reply', data: reader.rest() };
  }
  if (content !== REPLY_SURB_REQUEST) throw malformed('an unknown reply content');
  const recipient = decodeRecipient(reader.bytes(RECIPIENT_BYTES));
  const amount = reader.u32();
  if (reader.remaining > 0) throw malformed('a SURB request is too long');
  return { kind: 'surb-request', recipient, amount };
}
