/**
 * DER, ITU-T X.690, as strict as certificates need it: definite lengths in their shortest form, tags of one byte. What is
 * read are views of what was given.
 *
 * | bytes | field |
 * |---|---|
 * | 1 | tag: class (2 bits), constructed (1), number (5) |
 * | 1 or 1 + n | length: below 128, or n bytes of it behind 128 + n |
 * | … | content |
 */

import { CertificateError } from '../protocol/alert.ts';

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A tag of the class that is specific to the context. */
export function contextTag(number: number, form: 'primitive' | 'constructed'): number {
  return 0x80 | (form === 'constructed' ? 0x20 : 0) | number;
}

export interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With tag and length. */
  readonly bytes: Uint8Array;
}

export class DerReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  get nextTag(): number | undefined {
    return this.#bytes[this.#offset];
  }

  /** The next element, whatever it is. */
  any(): Element {
    const start = this.#offset;
    const tag = this.#byte();
    if ((tag & 0x1f) === 0x1f) throw malformed();
    const length = this.#length();
    const from = this.#offset;
    if (length > this.#bytes.length - from) throw malformed();
    this.#offset = from + length;
    return { tag, content: this.#bytes.subarray(from, this.#offset), bytes: this.#bytes.subarray(start, this.#offset) };
  }

  element(tag: number): Element {
    if (this.nextTag !== tag) throw malformed();
    return this.any();
  }

  content(tag: number): Uint8Array {
    return this.element(tag).content;
  }

  optional(tag: number): Uint8Array | undefined {
    return this.nextTag === tag ? this.any().content : undefined;
  }

  /** Of a sequence, to read what is in it. */
  sequence(): DerReader {
    return new DerReader(this.content(tags.sequence));
  }

  /** DEFAULT FALSE. That it is written out although it is the default, is common enough. */
  optionalBoolean(): boolean {
    const content = this.optional(tags.boolean);
    if (content === undefined) return false;
    const [value = -1, ...more] = content;
    if (more.length > 0 || (value !== 0 && value !== 0xff)) throw malformed();
    return value === 0xff;
  }

  /** Not negative, and in its shortest form: the bytes of the magnitude. */
  unsigned(): Uint8Array {
    const content = this.content(tags.integer);
    const [first, second] = content;
    if (first === undefined || first >= 0x80) throw malformed();
    if (first === 0 && second !== undefined && second < 0x80) throw malformed();
    return first === 0 ? content.subarray(1) : content;
  }

  /** As its arcs: `2.5.29.17`. */
  oid(): string {
    return decodeOid(this.content(tags.oid));
  }

  /** A bit string of whole bytes. */
  wholeBits(): Uint8Array {
    const content = this.content(tags.bitString);
    if (content[0] !== 0) throw malformed();
    return content.subarray(1);
  }

  end(): void {
    if (!this.isAtEnd) throw malformed();
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw malformed();
    this.#offset++;
    return byte;
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    // Four bytes of length are 16 MiB and more: no certificate is that long.
    if (count === 0 || count > 3) throw malformed();
    let length = 0;
    for (let i = 0; i < count; i++) length = (length << 8) | this.#byte();
    if (length < 0x80 || length >> (8 * (count - 1)) === 0) throw malformed();
    return length;
  }
}

/** All of `bytes` is one sequence. */
export function sequenceOf(bytes: Uint8Array): DerReader {
  const reader = new DerReader(bytes);
  const sequence = reader.sequence();
  reader.end();
  return sequence;
}

export function malformed(): CertificateError {
  return new CertificateError('bad_certificate', 'it is malformed', 'CERT_MALFORMED');
}

/** X.690, section 8.19: seven bits a byte, each arc in its shortest form. */
function decodeOid(content: Uint8Array): string {
  if (content.length === 0 || content.length > 32 || (content.at(-1) ?? 0) >= 0x80) throw malformed();
  const arcs: number[] = [];
  let arc = 0;
  let isFirstByte = true;
  for (const byte of content) {
    if (isFirstByte && byte === 0x80) throw malformed();
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER / 128) throw malformed();
    isFirstByte = byte < 0x80;
    if (!isFirstByte) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const top = Math.min(Math.floor(first / 40), 2);
  return [top, first - 40 * top, ...rest].join('.');
}
