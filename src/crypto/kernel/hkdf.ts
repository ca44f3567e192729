import { equalBytes } from '../bytes.ts';
import * as portable from '../portable.ts';
import type { Primitives } from '../primitives.ts';
import { BLOCK_BYTES, HASH_BYTES } from '../sha256.ts';
import type { Kernel } from './kernel.ts';
import { padAfterKey } from './sha256.ts';

/**
 * HKDF (RFC 5869) over HMAC-SHA256. Protocols have few pairs of salt and info, and secrets of one length for each: whatever
 * is the same for all of them is laid out in memory once, and there is little left to do but to hash.
 */
export function hkdfBy(kernel: Kernel): Pick<Primitives, 'hkdfSha256'> {
  const { bytes, functions } = kernel;
  /** Of which the last `most` are remembered. */
  const layouts: Layout[] = [];
  const most = Math.floor(kernel.keptBytes / LAYOUT_BYTES);
  let next = 0;
  let shared = new Uint8Array(0);
  let used = 0;

  function layoutFor(ikmBytes: number, salt: Uint8Array, info: Uint8Array): Layout {
    for (const layout of layouts) if (isFor(layout, ikmBytes, salt, info)) return layout;
    const at = kernel.kept + LAYOUT_BYTES * next;
    const layout = layOut(kernel, at, ikmBytes, salt, info);
    layouts[next] = layout;
    next = (next + 1) % most;
    return layout;
  }

  /** An array of its own costs as much as two hashes: keys share them. No other result does, which a program could see. */
  function copyOf(at: number, length: number): Uint8Array {
    if (length <= LONGEST_ALONE) return bytes.slice(at, at + length);
    if (used + length > shared.length) {
      shared = new Uint8Array(SHARED_BYTES);
      used = 0;
    }
    const copy = shared.subarray(used, used + length);
    copy.set(bytes.subarray(at, at + length));
    used += length;
    return copy;
  }

  return {
    hkdfSha256(ikm, salt = noSalt, info, length) {
      const hashes = Math.ceil(length / HASH_BYTES);
      const isShort = salt.length <= BLOCK_BYTES && ikm.length <= LONGEST_IKM && info.length <= LONGEST_INFO;
      if (!isShort || hashes === 0 || hashes > MOST_HASHES) return portable.hkdfSha256(ikm, salt, info, length);
      const { saltStates, message, key, first, later } = layoutFor(ikm.length, salt, info);
      bytes.set(ikm, message.at);
      functions.hmacSha256By(saltStates, message.at, message.blocks, key);
      const out = later.at + BLOCK_BYTES * later.blocks;
      functions.expandSha256(key, first.at, first.blocks, later.at, later.blocks, later.end - 1, out, hashes);
      return copyOf(out, length);
    },
  };
}

/** Of bytes: engines keep so few with the object. */
const LONGEST_ALONE = 64;
const SHARED_BYTES = 4096;

const LAYOUT_BYTES = 1024;

/** One block each, and two and three of info: with the hashes they fill a layout. */
const LONGEST_IKM = BLOCK_BYTES - 9;
const LONGEST_INFO = 2 * BLOCK_BYTES - 10;
const MOST_HASHES = (LAYOUT_BYTES - 8 * BLOCK_BYTES) / HASH_BYTES;

interface Layout {
  readonly ikmBytes: number;
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
  /** What the salt makes of HMAC, as a key. */
  readonly saltStates: number;
  readonly message: Message;
  /** Of the expansion: a hash, and zeros behind it. */
  readonly key: number;
  /** RFC 5869 §2.3: the hash before, info, and a count; the first has none before it. */
  readonly first: Message;
  readonly later: Message;
}

/** Padded. */
interface Message {
  readonly at: number;
  readonly end: number;
  readonly blocks: number;
}

function isFor(layout: Layout, ikmBytes: number, salt: Uint8Array, info: Uint8Array): boolean {
  return layout.ikmBytes === ikmBytes && equalBytes(layout.info, info) && equalBytes(layout.salt, salt);
}

function layOut(
  { bytes, functions }: Kernel,
  at: number,
  ikmBytes: number,
  salt: Uint8Array,
  info: Uint8Array,
): Layout {
  bytes.fill(0, at, at + LAYOUT_BYTES);
  const [saltStates, messageAt, key] = [at, at + BLOCK_BYTES, at + 2 * BLOCK_BYTES] as const;
  bytes.set(salt, key);
  functions.takeSha256Key(key, saltStates);
  bytes.fill(0, key, key + salt.length);
  const messageOf = (at: number, length: number): Message => ({
    ...{ at, end: at + length },
    blocks: padAfterKey(bytes, at, length),
  });
  const withCount = (at: number, before: number): Message => {
    bytes.set(info, at + before);
    bytes[at + before + info.length] = 1;
    return messageOf(at, before + info.length + 1);
  };
  const first = withCount(key + BLOCK_BYTES, 0);
  const later = withCount(first.at + BLOCK_BYTES * first.blocks, HASH_BYTES);
  const message = messageOf(messageAt, ikmBytes);
  return { ikmBytes, salt: salt.slice(), info: info.slice(), saltStates, message, key, first, later };
}

const noSalt = new Uint8Array(0);
