/**
 * A reply SURB lets its holder send one packet to whoever made it, without learning who that is. It is a Sphinx SURB and
 * a key for the fragment (nymtech/nym common/nymsphinx/anonymous-replies/src/{reply_surb,encryption_key}.rs).
 */

import { blake3 } from '#crypto';
import { ByteReader, concatBytes, type Named } from '../crypto/bytes.ts';
import type { RandomBytes } from '../platform/platform.ts';
import {
  createSurb,
  decodeSurb,
  encodeSurb,
  MAX_HOPS,
  parseRotationMarker,
  type RotationMarker,
  type Route,
  type Surb,
  surbBytes,
} from '../sphinx/index.ts';
import { malformed } from './malformed.ts';

/** AES-128; encrypts the one fragment that travels through its SURB. */
export type ReplyKey = Named<'ReplyKey'>;
/** BLAKE3 of a reply key: by it the maker of a SURB recognises the reply. */
export type ReplyKeyDigest = Named<'ReplyKeyDigest'>;

export interface ReplySurb {
  readonly key: ReplyKey;
  readonly surb: Surb;
  /** Of the node keys it was made with; a packet made from it must carry the same. */
  readonly rotation: RotationMarker;
}

/** Version 1 lists carry full payload keys for 4 hops and no rotation; version 2 lists carry seeds. */
export type SurbListVersion = 1 | 2;

const REPLY_KEY_BYTES = 16;
/** Three mix nodes and a gateway. */
const USUAL_HOPS = 4;
const MAX_LISTED = 0xffff;

/** What one SURB of the usual four hops takes in a version 2 list: 460. */
export const REPLY_SURB_BYTES = REPLY_KEY_BYTES + surbBytes(USUAL_HOPS, 'seeds');

export function createReplySurb(options: {
  /** Ends at the maker's own gateway. */
  readonly route: Route;
  /** Nanoseconds, one per hop. */
  readonly delaysNs: readonly number[];
  /** The maker's own identity key. */
  readonly destination: Uint8Array;
  /** Of the topology that `route` is from. */
  readonly rotation: RotationMarker;
  readonly random: RandomBytes;
}): ReplySurb {
  const { route, delaysNs, destination, rotation, random } = options;
  const key = random(REPLY_KEY_BYTES) as ReplyKey;
  return { key, surb: createSurb({ route, delaysNs, destination, random }), rotation };
}

export function replyKeyDigest(key: ReplyKey): ReplyKeyDigest {
  return blake3(key) as ReplyKeyDigest;
}

/*
 * Version 1            Version 2
 * 0  4  count          0  2  count
 * 4     SURBs          2  1  hops of each SURB
 *                      3  1  key rotation: 0 unknown, 1 odd, 2 even
 *                      4     SURBs
 * (nymtech/nym common/nymsphinx/anonymous-replies/src/requests/{v1,v2}.rs)
 */

/** @throws RangeError when the SURBs do not all have the hops, rotation and key material that the one header says. */
export function encodeSurbList(surbs: readonly ReplySurb[], version: SurbListVersion): Uint8Array {
  if (surbs.length > MAX_LISTED) throw new RangeError(`${surbs.length} SURBs in one list`);
  const first = surbs[0];
  const hops = version === 1 ? USUAL_HOPS : (first?.surb.keys.perHop.length ?? 0);
  const kind = keysOf(version);
  for (const { surb, rotation } of surbs) {
    if (surb.keys.kind !== kind || surb.keys.perHop.length !== hops || rotation !== first?.rotation) {
      throw new RangeError('the SURBs of one list must be of one kind, which its version can say');
    }
  }
  const header = new Uint8Array(4);
  const view = new DataView(header.buffer);
  if (version === 1) view.setUint32(0, surbs.length);
  else {
    view.setUint16(0, surbs.length);
    view.setUint8(2, hops);
    view.setUint8(3, first?.rotation ?? 0);
  }
  return concatBytes(header, ...surbs.map(encodeReplySurb));
}

/**
 * Reads the list at the front of `bytes`, and gives a view of what follows it.
 *
 * @throws MixnetError `ERR_MIX_MIXNET_MALFORMED`
 */
export function decodeSurbList(bytes: Uint8Array, version: SurbListVersion): { surbs: ReplySurb[]; rest: Uint8Array } {
  const reader = new ByteReader(bytes, () => malformed('a list of reply SURBs is shorter than it says'));
  const count = version === 1 ? reader.u32() : reader.u16();
  const hops = version === 1 ? USUAL_HOPS : reader.u8();
  const rotation = version === 1 ? 0 : parseRotationMarker(reader.u8());
  if (count > 0 && (hops < 1 || hops > MAX_HOPS)) throw malformed('reply SURBs have an impossible number of hops');
  const oneSurb = REPLY_KEY_BYTES + surbBytes(hops, keysOf(version));
  const list = reader.bytes(count * oneSurb);
  const surbs = Array.from({ length: count }, (_, i) =>
    decodeReplySurb(list.subarray(i * oneSurb, (i + 1) * oneSurb), rotation),
  );
  return { surbs, rest: reader.rest() };
}

function encodeReplySurb(replySurb: ReplySurb): Uint8Array {
  return concatBytes(replySurb.key, encodeSurb(replySurb.surb));
}

/** Copies: SURBs are kept for hours, and must not keep the message they came in. */
function decodeReplySurb(bytes: Uint8Array, rotation: RotationMarker): ReplySurb {
  const key = bytes.slice(0, REPLY_KEY_BYTES) as ReplyKey;
  return { key, surb: decodeSurb(bytes.subarray(REPLY_KEY_BYTES)), rotation };
}

function keysOf(version: SurbListVersion): 'full' | 'seeds' {
  return version === 1 ? 'full' : 'seeds';
}
