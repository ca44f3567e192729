/**
 * A certificate, taken apart: RFC 5280, section 4.1. Nothing is judged here but its form.
 *
 * | field | what it is |
 * |---|---|
 * | tbsCertificate | version [0], serial number, signature algorithm, issuer, validity, subject, key, extensions [3] |
 * | signatureAlgorithm | the same algorithm once more |
 * | signature | over the tbsCertificate |
 */

import { equalBytes } from '../../crypto/bytes.ts';
import { contextTag, malformed, sequenceOf, tags } from './der.ts';
import { type CertificateExtensions, readExtensions } from './extensions.ts';
import { readTime } from './time.ts';

export interface Certificate {
  /** All of it, DER. */
  readonly bytes: Uint8Array;
  /** What is signed. */
  readonly signed: Uint8Array;
  /** AlgorithmIdentifier, DER. */
  readonly signatureAlgorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** Names, DER: they are the same where their bytes are. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Milliseconds since the Unix epoch; both ends are within. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKeyInfo: Uint8Array;
  readonly extensions: CertificateExtensions;
}

/** RFC 5280, section 4.1.2.2: twenty octets, and a sign. */
const LONGEST_SERIAL = 21;

export function parseCertificate(bytes: Uint8Array): Certificate {
  const outer = sequenceOf(bytes);
  const { bytes: signed } = outer.element(tags.sequence);
  const { bytes: signatureAlgorithm } = outer.element(tags.sequence);
  const signature = outer.wholeBits();
  outer.end();

  const reader = sequenceOf(signed);
  const version = versionOf(reader.optional(contextTag(0, 'constructed')));
  const serial = reader.content(tags.integer).length;
  if (serial === 0 || serial > LONGEST_SERIAL) throw malformed();
  // Section 4.1.1.2: must be the same, so that what says how it is signed is signed too.
  if (!equalBytes(reader.element(tags.sequence).bytes, signatureAlgorithm)) throw malformed();
  const { bytes: issuer } = reader.element(tags.sequence);
  const validity = reader.sequence();
  const notBefore = readTime(validity);
  const notAfter = readTime(validity);
  validity.end();
  const { bytes: subject } = reader.element(tags.sequence);
  const { bytes: publicKeyInfo } = reader.element(tags.sequence);
  // issuerUniqueID and subjectUniqueID: of no use.
  reader.optional(contextTag(1, 'primitive'));
  reader.optional(contextTag(2, 'primitive'));
  const list = version === 3 ? reader.optional(contextTag(3, 'constructed')) : undefined;
  reader.end();
  const parts = { bytes, signed, signatureAlgorithm, signature, version, issuer, subject, notBefore, notAfter };
  return { ...parts, publicKeyInfo, extensions: readExtensions(list) };
}

/** Section 4.1.2.1: [0] EXPLICIT INTEGER, 0 for version 1, which is not written. */
function versionOf(content: Uint8Array | undefined): 1 | 2 | 3 {
  if (content === undefined) return 1;
  const [tag, length, value, ...more] = content;
  if (tag !== tags.integer || length !== 1 || more.length > 0) throw malformed();
  if (value === 1) return 2;
  if (value === 2) return 3;
  throw malformed();
}
