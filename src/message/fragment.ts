/**
 * Messages are cut into fragments, one per packet, in sets of at most 255; the sets of a long message are linked to each
 * other by their ids (nymtech/nym common/nymsphinx/chunking/src/{set,fragment}.rs).
 */

import { ByteReader } from '../crypto/bytes.ts';
import type { RandomBytes } from '../platform/platform.ts';
import type { PacketSize } from '../sphinx/index.ts';
import { PAYLOAD_OVERHEAD } from './layout.ts';
import { malformed } from './malformed.ts';
import { copyPadded, MARKER_BYTES } from './padding.ts';

/** Names a fragment in acknowledgements. `position` counts from 1. */
export interface FragmentId {
  /** 1 … 2³¹−1 */
  readonly set: number;
  /** 1 … 255 */
  readonly position: number;
}

export interface Fragment {
  readonly id: FragmentId;
  /** Header and payload, exactly one packet's capacity. Made anew at each reading: read once, just before sending. */
  readonly bytes: Uint8Array;
}

export interface ParsedFragment {
  readonly id: FragmentId;
  /** Fragments in this set, 1 … 255. */
  readonly total: number;
  /** The set before this one; only at position 1. */
  readonly previous: number | undefined;
  /** The set after this one; only at position 255 of 255. */
  readonly next: number | undefined;
  /** A view. Of any length, even none. */
  readonly payload: Uint8Array;
}

export const MAX_FRAGMENTS_PER_SET = 255;
const HEADER_BYTES = 7;
const LINKED_HEADER_BYTES = 10;
const FLAG = 0x8000_0000;
const ID_MASK = 0x7fff_ffff;

/** Bytes that a packet of this size has for one fragment, header included: 1611 for a regular one. */
export function fragmentCapacity(size: PacketSize): number {
  return size.plaintext - PAYLOAD_OVERHEAD;
}

/** How many packets of this size an encoded message of `messageLength` bytes takes. */
export function fragmentsNeeded(messageLength: number, size: PacketSize): number {
  return requiredFragments(messageLength + MARKER_BYTES, fragmentCapacity(size)).fragments;
}

/**
 * Cuts an encoded message into fragments. The fragments hold on to `message` and copy from it when they are read, so
 * that a large message is in memory once; it must not be changed until they are done with.
 */
export function splitMessage(message: Uint8Array, size: PacketSize, random: RandomBytes): readonly Fragment[] {
  const capacity = fragmentCapacity(size);
  const { fragments } = requiredFragments(message.length + MARKER_BYTES, capacity);
  const setIds = drawSetIds(Math.ceil(fragments / MAX_FRAGMENTS_PER_SET), random);
  let offset = 0;
  return Array.from({ length: fragments }, (_, index) => {
    const fragment = new FragmentOfMessage(message, capacity, setIds, fragments, index, offset);
    offset += fragment.payloadLength;
    return fragment;
  });
}

/** Fragments that `paddedLength` bytes (marker included) take at a capacity, and bytes left over in the last. */
export function requiredFragments(paddedLength: number, capacity: number): { fragments: number; unused: number } {
  const unlinked = capacity - HEADER_BYTES;
  const linked = capacity - LINKED_HEADER_BYTES;
  const sets = requiredSets(paddedLength, capacity);
  if (sets === 1) {
    const fragments = Math.max(1, Math.ceil(paddedLength / unlinked));
    return { fragments, unused: fragments * unlinked - paddedLength };
  }
  const before = MAX_FRAGMENTS_PER_SET * (sets - 1);
  const links = 2 * sets - 3;
  const last = paddedLength - links * linked - (before - links) * unlinked;
  if (last <= linked) return { fragments: before + 1, unused: linked - last };
  const more = Math.ceil((last - linked) / unlinked);
  return { fragments: before + 1 + more, unused: more * unlinked - (last - linked) };
}

/*
 *  0  4  bit 31 set, set id in the other 31
 *  4  1  fragments in the set, 1 … 255
 *  5  1  position, 1 … that
 *  6  1  0x00                                       (no link)
 *     4  bit 31 set, id of the linked set           (at position 1: the previous; at 255 of 255: the next)
 *  7 or 10  payload
 */

/** @throws MixnetError `ERR_MIX_MIXNET_MALFORMED` */
export function parseFragment(bytes: Uint8Array): ParsedFragment {
  const reader = new ByteReader(bytes, () => malformed('a fragment is shorter than its header'));
  const set = readSetId(reader);
  const total = reader.u8();
  const position = reader.u8();
  if (total === 0 || position === 0 || position > total) throw malformed('a fragment is at an impossible position');
  const id = { set, position };
  if (bytes[HEADER_BYTES - 1] === 0) {
    reader.u8();
    return { id, total, previous: undefined, next: undefined, payload: reader.rest() };
  }
  const link = readSetId(reader);
  if (link === set) throw malformed('a fragment is linked to its own set');
  const payload = reader.rest();
  if (position === 1) return { id, total, previous: link, next: undefined, payload };
  if (position === MAX_FRAGMENTS_PER_SET) return { id, total, previous: undefined, next: link, payload };
  throw malformed('a fragment in the middle of a set has a link');
}

class FragmentOfMessage implements Fragment {
  readonly id: FragmentId;
  readonly #message: Uint8Array;
  readonly #capacity: number;
  readonly #offset: number;
  readonly #total: number;
  readonly #link: number | undefined;

  constructor(
    message: Uint8Array,
    capacity: number,
    setIds: readonly number[],
    fragments: number,
    index: number,
    offset: number,
  ) {
    const set = Math.floor(index / MAX_FRAGMENTS_PER_SET);
    const position = (index % MAX_FRAGMENTS_PER_SET) + 1;
    this.id = { set: setIds[set] ?? 0, position };
    this.#message = message;
    this.#capacity = capacity;
    this.#offset = offset;
    this.#total = Math.min(MAX_FRAGMENTS_PER_SET, fragments - set * MAX_FRAGMENTS_PER_SET);
    if (position === 1) this.#link = setIds[set - 1];
    else if (position === MAX_FRAGMENTS_PER_SET) this.#link = setIds[set + 1];
  }

  get payloadLength(): number {
    return this.#capacity - (this.#link === undefined ? HEADER_BYTES : LINKED_HEADER_BYTES);
  }

  get bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#capacity);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, (this.id.set | FLAG) >>> 0);
    view.setUint8(4, this.#total);
    view.setUint8(5, this.id.position);
    if (this.#link !== undefined) view.setUint32(6, (this.#link | FLAG) >>> 0);
    copyPadded(this.#message, this.#offset, bytes.subarray(this.#capacity - this.payloadLength));
    return bytes;
  }
}

function requiredSets(paddedLength: number, capacity: number): number {
  const only = MAX_FRAGMENTS_PER_SET * (capacity - HEADER_BYTES);
  const linkCost = LINKED_HEADER_BYTES - HEADER_BYTES;
  const outer = only - linkCost;
  const middle = only - 2 * linkCost;
  if (paddedLength <= only) return 1;
  if (paddedLength <= 2 * outer) return 2;
  return Math.ceil((paddedLength - 2 * outer) / middle) + 2;
}

/** All different: a message whose sets share an id could never be put together. */
function drawSetIds(count: number, random: RandomBytes): readonly number[] {
  const ids = new Set<number>();
  while (ids.size < count) {
    const bytes = random(4);
    const id = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0) & ID_MASK;
    if (id !== 0) ids.add(id);
  }
  return [...ids];
}

function readSetId(reader: ByteReader): number {
  const word = reader.u32();
  const id = word & ID_MASK;
  if (word < FLAG || id === 0) throw malformed('a set id lacks its flag bit or is zero');
  return id;
}
