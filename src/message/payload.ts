/**
 * From fragment to the plaintext of its Sphinx packet, and back at the client that receives it
 * (nymtech/nym common/nymsphinx/src/{preparer/payload,receiver}.rs). The layout is in layout.ts. Nothing is
 * authenticated here: integrity is Sphinx's, and a wrong key gives noise, which the parsers behind must survive.
 */

import { aes128Ctr, ephemeralPublicKey, hkdfBlake3 } from '#crypto';
import { concatBytes } from '../crypto/bytes.ts';
import type { FixedSecret } from '../crypto/primitives.ts';
import type { RandomBytes } from '../platform/platform.ts';
import { type PacketSize, packetSizeOfPlaintext } from '../sphinx/index.ts';
import { fragmentCapacity } from './fragment.ts';
import { ACK_BLOCK_BYTES, KEY_MATERIAL_BYTES } from './layout.ts';
import { malformed } from './malformed.ts';
import type { Recipient } from './recipient.ts';
import type { RecipientKeys } from './recipient-keys.ts';
import { type ReplyKey, type ReplySurb, replyKeyDigest } from './reply-surb.ts';
import type { AckBlock } from './surb-ack.ts';

/** Every key encrypts one fragment once, so the IV may be constant. */
const ZERO_IV = new Uint8Array(16);

/** To a known recipient, under a key that nobody else ever uses. */
export function sealForRecipient(options: {
  readonly ackBlock: AckBlock;
  readonly recipient: Recipient;
  /** Exactly the capacity of a packet size, see `fragmentCapacity`. */
  readonly fragment: Uint8Array;
  readonly random: RandomBytes;
  /** Of the sender, who keeps it. */
  readonly keys: RecipientKeys;
}): Uint8Array {
  const { ackBlock, recipient, fragment, random, keys } = options;
  const ephemeral = random(32);
  const key = fragmentKey(keys.agree(ephemeral, recipient));
  return payload(ackBlock, ephemeralPublicKey(ephemeral), aes128Ctr(key, ZERO_IV, fragment));
}

/** Through a reply SURB: one SURB for one fragment, and another for its retransmission. */
export function sealForSurb(options: {
  readonly ackBlock: AckBlock;
  readonly replySurb: ReplySurb;
  readonly fragment: Uint8Array;
}): Uint8Array {
  const { ackBlock, replySurb, fragment } = options;
  return payload(ackBlock, replyKeyDigest(replySurb.key), aes128Ctr(replySurb.key, ZERO_IV, fragment));
}

/** What a reply begins with, if it is one. @throws MixnetError `ERR_MIX_MIXNET_MALFORMED` */
export function keyMaterial(pushed: Uint8Array): Uint8Array {
  if (pushed.length < KEY_MATERIAL_BYTES) throw malformed('a pushed message is shorter than a key');
  return pushed.subarray(0, KEY_MATERIAL_BYTES);
}

/**
 * The fragment in what a gateway pushed: the payload without its acknowledgement block.
 *
 * @throws MixnetError `ERR_MIX_MIXNET_MALFORMED`
 */
export function openFromSender(pushed: Uint8Array, encryption: FixedSecret): Uint8Array {
  const key = fragmentKey(encryption.agree(keyMaterial(pushed)).shared);
  return aes128Ctr(key, ZERO_IV, pushed.subarray(KEY_MATERIAL_BYTES));
}

/** The same for a reply, whose key was found by `keyMaterial`. */
export function openReply(pushed: Uint8Array, key: ReplyKey): Uint8Array {
  return aes128Ctr(key, ZERO_IV, pushed.subarray(KEY_MATERIAL_BYTES));
}

const coverText = new TextEncoder().encode('The cake is a lie!');

/** What a loop cover packet holds in the place of a fragment (nymtech/nym common/nymsphinx/cover/src/lib.rs). */
export function coverContent(size: PacketSize): Uint8Array {
  const content = new Uint8Array(fragmentCapacity(size));
  content.set(coverText);
  content[coverText.length] = 0x01;
  return content;
}

/** No fragment is taken for cover: the text's first bit is clear, a fragment's is set. */
export function isCover(content: Uint8Array): boolean {
  return coverText.every((byte, i) => content[i] === byte);
}

function fragmentKey(sharedSecret: Uint8Array): Uint8Array {
  return hkdfBlake3(sharedSecret, undefined, new Uint8Array(0), 16);
}

function payload(ackBlock: AckBlock, key: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const bytes = concatBytes(ackBlock, key, ciphertext);
  if (ackBlock.length !== ACK_BLOCK_BYTES || packetSizeOfPlaintext(bytes.length) === undefined) {
    throw new RangeError(`a payload of ${bytes.length} bytes fits no packet size`);
  }
  return bytes;
}
