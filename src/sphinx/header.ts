/**
 * Building a Sphinx header: the Sphinx paper's §3.2, with Nym's block layout and key schedule.
 * Upstream: `nymtech/sphinx src/header/mod.rs`, `src/header/filler.rs`, `src/header/routing/mod.rs`.
 *
 * @module
 */

import { ephemeralPublicKey } from '#crypto';
import { xorInto } from '../crypto/bytes.ts';
import type { RandomBytes } from '../platform/platform.ts';
import type { NodeAddress } from './address.ts';
import { deriveHopKeys, type HopKeys, routingMac, routingStreams, type SphinxVersion } from './key-schedule.ts';
import type { NodeKey } from './node-key.ts';
import { encodeFinalBlock, encodeForwardBlock, FINAL_BLOCK_BYTES, HOP_BLOCK_BYTES, ROUTING_BYTES } from './routing.ts';
import { HEADER_BYTES, MAX_HOPS } from './sizes.ts';

export interface Hop {
  readonly address: NodeAddress;
  readonly key: NodeKey;
}

/** One to five hops, in the order in which they unwrap; the last is the recipient's gateway. */
export type Route = readonly Hop[];

export interface HeaderRequest {
  readonly route: Route;
  /** How long each hop keeps the packet, in whole nanoseconds. One for each hop; the last one's is not used. */
  readonly delaysNs: readonly number[];
  /** 32 bytes: the identity of the client that the last hop delivers to. */
  readonly destination: Uint8Array;
  /** 16 bytes beside the destination, which gateways ignore. Default: zeros. */
  readonly identifier?: Uint8Array;
  /** Drawn in this order: the initial secret (32 bytes), then the padding of the final hop (248 − 60·(hops − 1) bytes). */
  readonly random: RandomBytes;
  /** Default: 259. */
  readonly version?: SphinxVersion;
}

export interface BuiltHeader {
  readonly header: Uint8Array;
  readonly firstHop: NodeAddress;
  readonly hops: readonly HopKeys[];
}

/** Throws a `RangeError` for a route that is empty or too long, and for delays, destination or identifier that do not fit. */
export function buildHeader(request: HeaderRequest): BuiltHeader {
  checkRequest(request);
  const { route, destination, identifier = zeroIdentifier, random, version = 259 } = request;
  const initialSecret = random(32);
  const alpha = ephemeralPublicKey(initialSecret);
  const hops = deriveHopKeys(
    route.map(hop => hop.key),
    initialSecret,
    version,
  );
  const streams = routingStreams(hops);

  const header = new Uint8Array(HEADER_BYTES);
  const routing = header.subarray(-ROUTING_BYTES);
  const finalBytes = ROUTING_BYTES - HOP_BLOCK_BYTES * (hops.length - 1);
  routing.set(encodeFinalBlock(version, destination, identifier));
  routing.set(random(finalBytes - FINAL_BLOCK_BYTES), FINAL_BLOCK_BYTES);
  xorInto(routing, at(streams, hops.length - 1).subarray(0, finalBytes));
  putFiller(routing.subarray(finalBytes), streams.slice(0, -1));

  let mac = routingMac(at(hops, hops.length - 1).mac, routing);
  for (let i = hops.length - 2; i >= 0; i--) {
    routing.copyWithin(HOP_BLOCK_BYTES, 0);
    routing.set(encodeForwardBlock(version, at(route, i + 1).address, at(request.delaysNs, i), mac));
    xorInto(routing, at(streams, i).subarray(0, ROUTING_BYTES));
    mac = routingMac(at(hops, i).mac, routing);
  }
  header.set(alpha);
  header.set(mac, alpha.length);
  return { header, firstHop: at(route, 0).address, hops };
}

const zeroIdentifier = new Uint8Array(16);

/** What the hops before the last one will have put at the end of the routing information when the last one sees it. */
function putFiller(filler: Uint8Array, streams: readonly Uint8Array[]): void {
  for (const [i, stream] of streams.entries()) xorInto(filler, stream.subarray(-HOP_BLOCK_BYTES * (i + 1)));
}

function checkRequest({ route, delaysNs, destination, identifier = zeroIdentifier }: HeaderRequest): void {
  if (route.length < 1 || route.length > MAX_HOPS) throw new RangeError(`a route of ${route.length} hops`);
  if (delaysNs.length !== route.length) throw new RangeError(`${delaysNs.length} delays for ${route.length} hops`);
  if (!delaysNs.every(delay => Number.isSafeInteger(delay) && delay >= 0))
    throw new RangeError('a delay of no whole ns');
  if (destination.length !== 32) throw new RangeError(`a destination of ${destination.length} bytes`);
  if (identifier.length !== 16) throw new RangeError(`an identifier of ${identifier.length} bytes`);
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`no item ${index}`);
  return item;
}
