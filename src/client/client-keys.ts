import { ed25519PublicKey, x25519PublicKey } from '#crypto';
import type { Named } from '../crypto/bytes.ts';
import type { AckKey, EncryptionKey, IdentityKey } from '../message/index.ts';
import type { RandomBytes } from '../platform/platform.ts';
import type { ClientRecord } from '../storage/index.ts';

/** The three secrets of a client (`nymtech/nym common/client-core/src/client/key_manager`). */
export interface ClientKeys {
  /** Ed25519: who the client is, to its gateway and in its address. */
  readonly identity: { readonly seed: Named<'IdentitySeed'>; readonly publicKey: IdentityKey };
  /** X25519: what is sent to its address is encrypted to this. */
  readonly encryption: { readonly secretKey: Named<'EncryptionSecret'>; readonly publicKey: EncryptionKey };
  /** Hides the fragment ids in its acknowledgements from everybody else. */
  readonly ackKey: AckKey;
}

type Secrets = Pick<ClientRecord, 'identitySeed' | 'encryptionSecret' | 'ackKey'>;

/** A new client, which nothing links to any other. */
export function generateClientKeys(random: RandomBytes): ClientKeys {
  return clientKeysOf({ identitySeed: random(32), encryptionSecret: random(32), ackKey: random(16) });
}

/** The client that has been kept. */
export function clientKeysOf({ identitySeed, encryptionSecret, ackKey }: Secrets): ClientKeys {
  const seed = identitySeed as Named<'IdentitySeed'>;
  const secretKey = encryptionSecret as Named<'EncryptionSecret'>;
  return {
    identity: { seed, publicKey: ed25519PublicKey(seed) as IdentityKey },
    encryption: { secretKey, publicKey: x25519PublicKey(secretKey) as EncryptionKey },
    ackKey: ackKey as AckKey,
  };
}

export function secretsOf({ identity, encryption, ackKey }: ClientKeys): Secrets {
  return { identitySeed: identity.seed, encryptionSecret: encryption.secretKey, ackKey };
}
