/**
 * What a mix node or gateway does with a packet, but for remembering replay tags and waiting.
 * Upstream: `nymtech/sphinx src/packet/mod.rs`, `src/header/mod.rs`.
 *
 * @module
 */

import { fixedSecret } from '#crypto';
import { concatBytes, equalBytes, xorInto } from '../crypto/bytes.ts';
import type { FixedSecret } from '../crypto/primitives.ts';
import type { NodeAddress } from './address.ts';
import { deriveNodeSideKeys, routingMac, routingStream } from './key-schedule.ts';
import { malformed } from './malformed.ts';
import { peelPayload, recoverPlaintext } from './payload.ts';
import { decodeRoutingBlock, HOP_BLOCK_BYTES, ROUTING_BYTES } from './routing.ts';
import { HEADER_BYTES, PAYLOAD_OVERHEAD_BYTES } from './sizes.ts';

export type UnwrappedPacket = ForwardPacket | FinalPacket;

export interface ForwardPacket {
  readonly type: 'forward';
  readonly version: number;
  readonly nextHop: NodeAddress;
  /** As the sender wrote it: bound it before waiting. */
  readonly delayNs: bigint;
  /** As long as the packet that was unwrapped. */
  readonly packet: Uint8Array;
  /** 32 bytes that are the same for every packet with this header start: a node drops a packet whose tag it has seen. */
  readonly replayTag: Uint8Array;
}

export interface FinalPacket {
  readonly type: 'final';
  readonly version: number;
  readonly destination: Uint8Array;
  readonly identifier: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly replayTag: Uint8Array;
}

/**
 * Takes one layer off a packet. Throws ERR_MIX_MIXNET_MALFORMED for what was not made for this key, was changed on the
 * way (a changed payload is noticed at the last hop only), or has a version before 258.
 */
export type Unwrap = (packet: Uint8Array) => UnwrappedPacket;

/** For a node's secret key of 32 bytes. A node makes it once for each of its keys. */
export function unwrapperOf(secretKey: Uint8Array): Unwrap {
  const secret = fixedSecret(secretKey);
  return packet => unwrap(packet, secret);
}

/** The same for a single packet. */
export function unwrapPacket(packet: Uint8Array, secretKey: Uint8Array): UnwrappedPacket {
  return unwrapperOf(secretKey)(packet);
}

function unwrap(packet: Uint8Array, secret: FixedSecret): UnwrappedPacket {
  if (packet.length < HEADER_BYTES + PAYLOAD_OVERHEAD_BYTES) throw malformed('A Sphinx packet is cut short.');
  const alpha = packet.subarray(0, 32);
  const mac = packet.subarray(32, 48);
  const routing = packet.subarray(48, HEADER_BYTES);

  const agreement = secret.agree(alpha);
  const keys = deriveNodeSideKeys(agreement.shared);
  if (!equalBytes(routingMac(keys.mac, routing), mac)) throw malformed('A Sphinx header is not for this key.');

  const extended = new Uint8Array(ROUTING_BYTES + HOP_BLOCK_BYTES);
  extended.set(routing);
  xorInto(extended, routingStream(keys.stream));
  const block = decodeRoutingBlock(extended);
  const { version } = block;
  if (version === 1 || version === 257) throw malformed('A Sphinx packet has a version of old, with other blinding.');

  const { replayTag } = keys;
  const payload = peelPayload(packet.subarray(HEADER_BYTES), keys.lionessKey(version));
  if (block.type === 'final')
    return {
      type: 'final',
      version,
      destination: block.destination,
      identifier: block.identifier,
      plaintext: recoverPlaintext(payload),
      replayTag,
    };
  return {
    type: 'forward',
    version,
    nextHop: block.nextHop,
    delayNs: block.delayNs,
    packet: concatBytes(agreement.multiply(keys.blinding), block.mac, block.routing, payload),
    replayTag,
  };
}
