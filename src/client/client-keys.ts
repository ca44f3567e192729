import { ed25519PublicKey, x25519PublicKey } from '#crypto';
import type { Named } from '../crypto/bytes.ts';
import type { AckKey, EncryptionKey, IdentityKey } from '../message/index.ts';
import type { RandomBytes } from '../platform/platform.ts';

/** The three secrets of a client (`nymtech/nym common/client-core/src/client/key_manager`). */
export interface ClientKeys {
  /** Ed25519: who the client is, to its gateway and in its address. */
  readonly identity: { readonly seed: Named<'IdentitySeed'>; readonly publicKey: IdentityKey };
  /** X25519: what is sent to its address is encrypted to this. */
  readonly encryption: { readonly secretKey: Named<'EncryptionSecret'>; readonly publicKey: EncryptionKey };
  /** Hides the fragment ids in its acknowledgements from everybody else. */
  readonly ackKey: AckKey;
}

/** A new client, which nothing links to any other. */
export function generateClientKeys(random: RandomBytes): ClientKeys {
  const seed = random(32) as Named<'IdentitySeed'>;
  const secretKey = random(32) as Named<'EncryptionSecret'>;
  return {
    identity: { seed, publicKey: ed25519PublicKey(seed) as IdentityKey },
    encryption: { secretKey, publicKey: x25519PublicKey(secretKey) as EncryptionKey },
    ackKey: random(16) as AckKey,
  };
}
