/** What makes a fragment of content, and content of a fragment: nothing at first, then keys. */

import { concatBytes, xorInto } from '../../crypto/bytes.ts';
import { TlsError } from './alert.ts';
import { type Aead, NONCE_BYTES, TAG_BYTES } from './cipher-suites.ts';
import { contentTypes, versions } from './codes.ts';
import { encodeRecord, HEADER_BYTES, LONGEST_CONTENT, LONGEST_FRAGMENT, type RecordBytes, tooLong } from './record.ts';
import { u16, u64 } from './wire.ts';

export interface Content {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** One direction, one key: it counts its records. */
export interface Protection {
  /** How many records it has made or read. */
  readonly records: number;
  /** The whole record. */
  seal(content: Content): Uint8Array;
  /** @throws TlsError for what does not verify. */
  open(record: RecordBytes): Content;
}

export interface Keys {
  readonly aead: Aead;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

/** Before there are keys. */
export class Unprotected implements Protection {
  records = 0;

  seal({ type, bytes }: Content): Uint8Array {
    // RFC 8446, section 5.1: the version of the first ClientHello may be 0x0301, for servers of old.
    return encodeRecord(type, bytes, this.records++ === 0 ? versions.tls10 : versions.tls12);
  }

  open({ type, fragment }: RecordBytes): Content {
    this.records++;
    if (type === contentTypes.applicationData) throw new TlsError('unexpected_message', 'data came before the keys');
    if (fragment.length > LONGEST_CONTENT) throw tooLong();
    // RFC 8446, section 5.1: no empty fragments but of application data.
    if (fragment.length === 0) throw new TlsError('unexpected_message', 'a record is empty');
    return { type, bytes: fragment };
  }
}

/**
 * RFC 8446, section 5.2. Inside the fragment:
 *
 * | bytes | field |
 * |---|---|
 * | n | content |
 * | 1 | content type |
 * | m | zeros: padding |
 * | 16 | tag, over the header too |
 */
export class Protection13 implements Protection {
  records = 0;
  readonly #keys: Keys;

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  seal({ type, bytes }: Content): Uint8Array {
    const { aead, key, iv } = this.#keys;
    const inner = concatBytes(bytes, Uint8Array.of(type));
    const header = concatBytes(
      Uint8Array.of(contentTypes.applicationData),
      u16(versions.tls12, inner.length + TAG_BYTES),
    );
    return concatBytes(header, aead.seal(key, nonceOf(iv, this.records++), header, inner));
  }

  open({ type, header, fragment }: RecordBytes): Content {
    // Section 5: once there are keys, nothing comes in the clear.
    if (type !== contentTypes.applicationData) throw new TlsError('unexpected_message', 'a record is not encrypted');
    const { aead, key, iv } = this.#keys;
    const inner = aead.open(key, nonceOf(iv, this.records), header, fragment);
    if (inner === undefined) throw doesNotVerify();
    this.records++;
    if (inner.length > LONGEST_CONTENT + 1) throw tooLong();
    // Section 5.4: the content type is the last byte that is not zero.
    const at = inner.findLastIndex(byte => byte !== 0);
    if (at === -1) throw new TlsError('unexpected_message', 'a record has no content type');
    const inside = inner[at] ?? 0;
    if (at === 0 && inside !== contentTypes.applicationData) {
      throw new TlsError('unexpected_message', 'a record is empty');
    }
    return { type: inside, bytes: inner.subarray(0, at) };
  }
}

/** RFC 5246, section 6.2.3.3, with the nonces of RFC 5288, section 3, and of RFC 7905, section 2. */
export class Protection12 implements Protection {
  records = 0;
  readonly #keys: Keys;

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  seal({ type, bytes }: Content): Uint8Array {
    const { aead, key, iv } = this.#keys;
    const explicit = this.#hasExplicitNonce ? u64(this.records) : new Uint8Array(0);
    const nonce = this.#hasExplicitNonce ? concatBytes(iv, explicit) : nonceOf(iv, this.records);
    const sealed = aead.seal(key, nonce, this.#associated(type, bytes.length), bytes);
    this.records++;
    return encodeRecord(type, concatBytes(explicit, sealed));
  }

  open({ type, fragment }: RecordBytes): Content {
    const { aead, key, iv } = this.#keys;
    const explicitBytes = NONCE_BYTES - aead.fixedNonceBytes;
    const length = fragment.length - explicitBytes - TAG_BYTES;
    if (length < 0) throw doesNotVerify();
    if (length > LONGEST_CONTENT) throw tooLong();
    const nonce = this.#hasExplicitNonce
      ? concatBytes(iv, fragment.subarray(0, explicitBytes))
      : nonceOf(iv, this.records);
    const bytes = aead.open(key, nonce, this.#associated(type, length), fragment.subarray(explicitBytes));
    if (bytes === undefined) throw doesNotVerify();
    this.records++;
    if (bytes.length === 0 && type !== contentTypes.applicationData) {
      throw new TlsError('unexpected_message', 'a record is empty');
    }
    return { type, bytes };
  }

  get #hasExplicitNonce(): boolean {
    return this.#keys.aead.fixedNonceBytes < NONCE_BYTES;
  }

  /** RFC 5246, section 6.2.3.3: sequence number, type, version, length of the content. */
  #associated(type: number, length: number): Uint8Array {
    return concatBytes(u64(this.records), Uint8Array.of(type), u16(versions.tls12, length));
  }
}

/** Of the largest record that is made here. */
export const LONGEST_RECORD: number = HEADER_BYTES + LONGEST_FRAGMENT;

/** RFC 8446, section 5.3: the number of the record, padded on the left to the length of the IV, XOR the IV. */
function nonceOf(iv: Uint8Array, record: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  nonce.set(u64(record), NONCE_BYTES - 8);
  xorInto(nonce, iv);
  return nonce;
}

function doesNotVerify(): TlsError {
  return new TlsError('bad_record_mac', 'a record does not verify');
}
