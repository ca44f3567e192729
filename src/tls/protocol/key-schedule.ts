/** The key schedule of TLS 1.3: RFC 8446, section 7. No pre-shared keys and no early data, so its first secret is fixed. */

import { concatBytes } from '../../crypto/bytes.ts';
import { expand, extract, type Hash, hmac } from '../../crypto/hash.ts';
import { type CipherSuite, NONCE_BYTES } from './cipher-suites.ts';
import { type Protection, Protection13 } from './protection.ts';
import { ascii, prefixed8, u16 } from './wire.ts';

/** The secrets of both directions, from one point of the handshake on. */
export interface TrafficSecrets {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

export class KeySchedule {
  readonly #hash: Hash;
  readonly #handshakeSecret: Uint8Array;

  /** `shared`: what the key exchange has agreed on. */
  constructor(hash: Hash, shared: Uint8Array) {
    this.#hash = hash;
    const zeros = new Uint8Array(hash.digestBytes);
    const early = extract(hash, zeros, zeros);
    this.#handshakeSecret = extract(hash, shared, this.#derived(early));
  }

  /** `hellos`: the transcript hash up to the ServerHello. */
  handshakeTraffic(hellos: Uint8Array): TrafficSecrets {
    return this.#traffic(this.#handshakeSecret, 'hs', hellos);
  }

  /** `finished`: the transcript hash up to the server's Finished. */
  applicationTraffic(finished: Uint8Array): TrafficSecrets {
    const zeros = new Uint8Array(this.#hash.digestBytes);
    return this.#traffic(extract(this.#hash, zeros, this.#derived(this.#handshakeSecret)), 'ap', finished);
  }

  #traffic(secret: Uint8Array, stage: 'hs' | 'ap', transcript: Uint8Array): TrafficSecrets {
    const of = (side: string): Uint8Array =>
      expandLabel(this.#hash, secret, `${side} ${stage} traffic`, transcript, this.#hash.digestBytes);
    return { client: of('c'), server: of('s') };
  }

  /** Derive-Secret over no messages at all. */
  #derived(secret: Uint8Array): Uint8Array {
    return expandLabel(this.#hash, secret, 'derived', this.#hash(new Uint8Array(0)), this.#hash.digestBytes);
  }
}

/** Section 7.3. */
export function protectionOf({ aead, hash }: CipherSuite, secret: Uint8Array): Protection {
  const none = new Uint8Array(0);
  return new Protection13({
    aead,
    key: expandLabel(hash, secret, 'key', none, aead.keyBytes),
    iv: expandLabel(hash, secret, 'iv', none, NONCE_BYTES),
  });
}

/** Section 7.2: the secret after a KeyUpdate. */
export function nextSecret(hash: Hash, secret: Uint8Array): Uint8Array {
  return expandLabel(hash, secret, 'traffic upd', new Uint8Array(0), hash.digestBytes);
}

/** Section 4.4.4: the verify_data of a Finished. */
export function finishedOf(hash: Hash, secret: Uint8Array, transcript: Uint8Array): Uint8Array {
  return hmac(hash, expandLabel(hash, secret, 'finished', new Uint8Array(0), hash.digestBytes), transcript);
}

/** Section 7.1. */
export function expandLabel(
  hash: Hash,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  return expand(hash, secret, concatBytes(u16(length), prefixed8(ascii(`tls13 ${label}`)), prefixed8(context)), length);
}
