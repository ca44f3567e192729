import { fixedPoint } from '#crypto';
import type { Named } from '../crypto/bytes.ts';
import type { FixedPoint } from '../crypto/primitives.ts';
import { MixnetError } from '../errors.ts';

/**
 * The Sphinx key of a node, ready to be multiplied. What makes that fast is built on use and lives as long as this object:
 * keep one object per node and key rotation, also over refreshes of the topology.
 */
export interface NodeKey {
  readonly bytes: Named<'X25519PublicKey'>;
  readonly point: FixedPoint;
}

/**
 * Throws ERR_MIX_DIRECTORY_MALFORMED for a key that is not 32 bytes, of low order, or on the twist of the curve. No honest
 * key is; a packet to one could not be built the fast way, or would be readable by anybody.
 */
export function nodeKey(publicKey: Uint8Array): NodeKey {
  const point = publicKey.length === 32 ? fixedPoint(publicKey) : undefined;
  if (point === undefined)
    throw new MixnetError('ERR_MIX_DIRECTORY_MALFORMED', { message: 'A node key that is no honest X25519 key.' });
  return { bytes: Uint8Array.from(publicKey) as unknown as Named<'X25519PublicKey'>, point };
}
