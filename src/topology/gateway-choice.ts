/** Which gateway a new client connects to, and at which URL. */

import { decodeBase58 } from '../crypto/base58.ts';
import { equalBytes } from '../crypto/bytes.ts';
import { pick } from '../crypto/sampling.ts';
import { MixnetError } from '../errors.ts';
import type { RandomBytes } from '../platform/platform.ts';
import { MIN_PERFORMANCE } from './performance.ts';
import type { GatewayNode } from './topology.ts';

export interface GatewayChoice {
  /** This one and no other. Default: any. */
  readonly identity?: Uint8Array;
  /** Only `wss:`, as pages served over https need it. What travels is encrypted to the gateway in either case. */
  readonly secure: boolean;
  readonly random: RandomBytes;
}

export interface ChosenGateway {
  readonly identity: Uint8Array;
  readonly url: string;
}

/**
 * Uniform among the gateways of at least 50 % performance: weighing by latency would tell where the client is. Throws
 * ERR_MIX_GATEWAY_UNKNOWN where none fits.
 */
export function chooseGateway(
  candidates: readonly GatewayNode[],
  { identity, secure, random }: GatewayChoice,
): ChosenGateway {
  const fitting = candidates.flatMap((node): ChosenGateway[] => {
    if (node.performance < MIN_PERFORMANCE) return [];
    if (identity !== undefined && !equalBytes(node.identity, identity)) return [];
    const url = gatewayUrl(node, secure);
    return url === undefined ? [] : [{ identity: node.identity, url }];
  });
  const chosen = pick(fitting, random);
  if (chosen === undefined) throw new MixnetError('ERR_MIX_GATEWAY_UNKNOWN');
  return chosen;
}

/** `wss:` where the gateway has a name and a port for it, else, if allowed, `ws:` at its first address. */
export function gatewayUrl({ entry, ips: [ip] }: GatewayNode, secure: boolean): string | undefined {
  if (entry === undefined) return undefined;
  const { hostname, wsPort, wssPort } = entry;
  if (hostname !== undefined && wssPort !== undefined) return `wss://${hostname}:${wssPort}/`;
  if (secure || ip === undefined) return undefined;
  return `ws://${ip.includes(':') ? `[${ip}]` : ip}:${wsPort}/`;
}

/** Where a gateway is by a list of them; `undefined` where that does not say. */
export function urlOfGateway(
  gateways: readonly GatewayNode[],
  identity: Uint8Array,
  secure: boolean,
): string | undefined {
  const node = gateways.find(gateway => equalBytes(gateway.identity, identity));
  return node && gatewayUrl(node, secure);
}

/** The identity of a node as people write it: base58 of 32 bytes. Throws a `TypeError` for anything else. */
export function parseIdentity(text: string): Uint8Array {
  const bytes = decodeBase58(text, 32);
  if (bytes === undefined) throw new TypeError('a gateway is named by 32 bytes in base58');
  return bytes;
}
