import { fixedPoint, x25519 } from '#crypto';
import type { FixedPoint } from '../crypto/primitives.ts';
import { scalarProduct } from '../crypto/scalar-product.ts';
import type { EncryptionKey, Recipient } from './recipient.ts';

/**
 * The encryption keys of the recipients that a client writes to, ready to be multiplied: cover goes to oneself all the
 * time, and requests to a few exits. What makes that fast lives as long as the `Recipient` it was built for.
 */
export class RecipientKeys {
  /** `null` for a key of low order or on the twist, where only the ladder will do. */
  readonly #points = new WeakMap<EncryptionKey, FixedPoint | null>();

  /** X25519. @throws MixnetError `ERR_MIX_MIXNET_MALFORMED` for a key of low order */
  agree(secretKey: Uint8Array, { encryption }: Recipient): Uint8Array {
    let point = this.#points.get(encryption);
    if (point === undefined) {
      point = fixedPoint(encryption) ?? null;
      this.#points.set(encryption, point);
    }
    return point === null ? x25519(secretKey, encryption) : point.multiply(scalarProduct(secretKey));
  }
}
