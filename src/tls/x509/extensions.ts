/**
 * Extensions of a certificate that matter to a TLS client: RFC 5280, section 4.2. Those that are critical and have no part
 * here are counted, so that the certificate can be refused.
 */

import { contextTag, DerReader, malformed, sequenceOf, tags } from './der.ts';
import { type GeneralName, readGeneralName } from './general-names.ts';
import { type NameConstraints, readNameConstraints } from './name-constraints.ts';

export interface CertificateExtensions {
  readonly basicConstraints?: BasicConstraints;
  /** The first eight named bits, `keyUsage` among them. */
  readonly keyUsage?: number;
  readonly extendedKeyUsage?: readonly string[];
  readonly subjectAltName?: readonly GeneralName[];
  readonly nameConstraints?: NameConstraints;
  readonly subjectKeyIdentifier?: Uint8Array;
  readonly authorityKeyIdentifier?: Uint8Array;
  readonly hasUnknownCritical: boolean;
}

export interface BasicConstraints {
  readonly isAuthority: boolean;
  /** How many authorities may stand between this one and the server's certificate. */
  readonly pathLength: number | undefined;
}

/** Section 4.2.1.3: bit 0 is the highest. */
export const keyUsages = { digitalSignature: 0x80, keyCertSign: 0x04 } as const;

/** Section 4.2.1.12. */
export const purposes = { server: '1.3.6.1.5.5.7.3.1', any: '2.5.29.37.0' } as const;

type Parsers = { readonly [Oid in string]?: (value: Uint8Array) => Partial<CertificateExtensions> };

/**
 * Policies need no processing where none is demanded (section 6.1.1: the initial set is any-policy), so of their extensions
 * only policyConstraints, 2.5.29.36, is unknown: it can demand one.
 */
const parsers: Parsers = {
  '2.5.29.14': value => ({ subjectKeyIdentifier: octets(value) }),
  '2.5.29.15': value => ({ keyUsage: readKeyUsage(value) }),
  '2.5.29.17': value => ({ subjectAltName: readNames(value) }),
  '2.5.29.19': value => ({ basicConstraints: readBasicConstraints(value) }),
  '2.5.29.30': value => ({ nameConstraints: readNameConstraints(value) }),
  '2.5.29.32': () => ({}),
  '2.5.29.33': () => ({}),
  '2.5.29.35': value => readAuthorityKeyIdentifier(value),
  '2.5.29.37': value => ({ extendedKeyUsage: readPurposes(value) }),
  '2.5.29.54': () => ({}),
};

/** `list`: what is in [3], one sequence of extensions; absent where there are none. */
export function readExtensions(list: Uint8Array | undefined): CertificateExtensions {
  if (list === undefined) return { hasUnknownCritical: false };
  const reader = sequenceOf(list);
  if (reader.isAtEnd) throw malformed();
  const seen = new Set<string>();
  let extensions: CertificateExtensions = { hasUnknownCritical: false };
  while (!reader.isAtEnd) {
    const extension = reader.sequence();
    const oid = extension.oid();
    const isCritical = extension.optionalBoolean();
    const value = extension.content(tags.octetString);
    extension.end();
    // Section 4.2: not more than one of a kind.
    if (seen.has(oid)) throw malformed();
    seen.add(oid);
    const parse = parsers[oid];
    if (parse !== undefined) extensions = { ...extensions, ...parse(value) };
    else if (isCritical) extensions = { ...extensions, hasUnknownCritical: true };
  }
  return extensions;
}

function octets(value: Uint8Array): Uint8Array {
  const reader = new DerReader(value);
  const content = reader.content(tags.octetString);
  reader.end();
  return content;
}

/** Section 4.2.1.9. */
function readBasicConstraints(value: Uint8Array): BasicConstraints {
  const reader = sequenceOf(value);
  const isAuthority = reader.optionalBoolean();
  const pathLength = reader.nextTag === tags.integer ? reader.unsigned() : undefined;
  reader.end();
  if (pathLength === undefined) return { isAuthority, pathLength };
  if (!isAuthority) throw malformed();
  // Longer than any path, and as good as none.
  return { isAuthority, pathLength: pathLength.length > 1 ? 255 : (pathLength[0] ?? 0) };
}

/** Section 4.2.1.3. */
function readKeyUsage(value: Uint8Array): number {
  const reader = new DerReader(value);
  const [unused = 8, first = 0, ...more] = reader.content(tags.bitString);
  reader.end();
  if (unused > 7 || more.length > 1) throw malformed();
  return first;
}

/** Section 4.2.1.12. */
function readPurposes(value: Uint8Array): string[] {
  const reader = sequenceOf(value);
  const oids: string[] = [];
  while (!reader.isAtEnd) oids.push(reader.oid());
  if (oids.length === 0) throw malformed();
  return oids;
}

/** Section 4.2.1.6. */
function readNames(value: Uint8Array): GeneralName[] {
  const reader = sequenceOf(value);
  const names: GeneralName[] = [];
  while (!reader.isAtEnd) names.push(readGeneralName(reader, 1));
  if (names.length === 0) throw malformed();
  return names;
}

/** Section 4.2.1.1: [0] IMPLICIT, the first of its fields; the others name a certificate, which nobody does. */
function readAuthorityKeyIdentifier(value: Uint8Array): Partial<CertificateExtensions> {
  const identifier = sequenceOf(value).optional(contextTag(0, 'primitive'));
  return identifier === undefined ? {} : { authorityKeyIdentifier: identifier };
}
