/** Messages and fragments: what travels inside Sphinx packets, and how it is acknowledged and answered. */

export {
  type Fragment,
  type FragmentId,
  fragmentCapacity,
  fragmentsNeeded,
  type ParsedFragment,
  parseFragment,
  splitMessage,
} from './fragment.ts';
export { ACK_BLOCK_BYTES } from './layout.ts';
export {
  decodeNymMessage,
  encodeNymMessage,
  type NymMessage,
  type RepliableContent,
  SENDER_TAG_BYTES,
  type SenderTag,
} from './nym-message.ts';
export {
  coverContent,
  isCover,
  keyMaterial,
  openFromSender,
  openReply,
  sealForRecipient,
  sealForSurb,
} from './payload.ts';
export { type FragmentOrigin, Reassembler, type ReassemblerOptions } from './reassembly.ts';
export {
  decodeRecipient,
  type EncryptionKey,
  encodeRecipient,
  formatRecipient,
  type IdentityKey,
  parseRecipient,
  RECIPIENT_BYTES,
  type Recipient,
  sameRecipient,
} from './recipient.ts';
export { RecipientKeys } from './recipient-keys.ts';
export {
  createReplySurb,
  decodeSurbList,
  encodeSurbList,
  REPLY_SURB_BYTES,
  type ReplyKey,
  type ReplyKeyDigest,
  type ReplySurb,
  replyKeyDigest,
} from './reply-surb.ts';
export {
  ACK_BYTES,
  type AckBlock,
  type AckKey,
  behindAckBlock,
  coverFragmentId,
  createSurbAck,
  openAck,
  splitAckBlock,
} from './surb-ack.ts';
