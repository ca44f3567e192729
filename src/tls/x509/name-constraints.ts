/** What an authority may issue for: RFC 5280, section 4.2.1.10. */

import * as limits from '../../limits.ts';
import { CertificateError } from '../protocol/alert.ts';
import { contextTag, DerReader, malformed, sequenceOf } from './der.ts';
import { type GeneralName, readGeneralName } from './general-names.ts';

export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

export function readNameConstraints(value: Uint8Array): NameConstraints {
  const reader = sequenceOf(value);
  const permitted = readSubtrees(reader.optional(contextTag(0, 'constructed')));
  const excluded = readSubtrees(reader.optional(contextTag(1, 'constructed')));
  reader.end();
  if (permitted.length + excluded.length === 0) throw malformed();
  return { permitted, excluded };
}

/** GeneralSubtree: a base, and two numbers that must have their defaults. */
function readSubtrees(content: Uint8Array | undefined): GeneralName[] {
  if (content === undefined) return [];
  const reader = new DerReader(content);
  const bases: GeneralName[] = [];
  while (!reader.isAtEnd) {
    const subtree = reader.sequence();
    const base = readGeneralName(subtree, 2);
    subtree.end();
    if (base.kind === 'ip' && !isMask(base.octets.subarray(base.octets.length / 2))) throw malformed();
    bases.push(base);
  }
  return bases;
}

/** How many comparisons are left, for all constraints of one path. */
export interface ConstraintWork {
  comparisons: number;
}

/** What of a certificate has names. */
export interface Named {
  readonly subject: Uint8Array;
  readonly extensions: { readonly subjectAltName?: readonly GeneralName[] };
}

/** @throws CertificateError if a certificate below the constrained authority has a name that it may not have. */
export function checkNameConstraints(
  { permitted, excluded }: NameConstraints,
  below: readonly Named[],
  work: ConstraintWork,
): void {
  for (const { subject, extensions } of below) {
    const names: GeneralName[] = [...(extensions.subjectAltName ?? [])];
    // An empty subject is a sequence of no bytes.
    if (subject.length > 2) names.push({ kind: 'directory', name: subject });
    work.comparisons += names.length * (permitted.length + excluded.length);
    if (work.comparisons > limits.nameComparisons) {
      throw new CertificateError('bad_certificate', 'it has too many names', 'CERT_TOO_MANY_NAMES');
    }
    for (const name of names) {
      const ofItsKind = permitted.filter(base => isSameKind(base, name));
      if (ofItsKind.length > 0 && !ofItsKind.some(base => isWithin(name, base))) throw violated();
      if (excluded.some(base => isSameKind(base, name) && overlaps(name, base))) throw violated();
    }
  }
}

function isSameKind(base: GeneralName, name: GeneralName): boolean {
  return base.kind === 'other' && name.kind === 'other' ? base.tag === name.tag : base.kind === name.kind;
}

function isWithin(name: GeneralName, base: GeneralName): boolean {
  if (name.kind === 'dns' && base.kind === 'dns') return isBelow(name.name, base.name);
  if (name.kind === 'ip' && base.kind === 'ip') return isInNetwork(name.octets, base.octets);
  if (name.kind === 'directory' && base.kind === 'directory') return beginsWith(name.name, base.name);
  // Of a kind that is not understood.
  return false;
}

/**
 * Whether anything that the name stands for is within. A wildcard stands for more than one name; a directory name can be
 * written in more than one way, so that different bytes do not show that it is outside.
 */
function overlaps(name: GeneralName, base: GeneralName): boolean {
  if (name.kind === 'other' || name.kind === 'directory') return true;
  if (name.kind !== 'dns' || base.kind !== 'dns' || !name.name.startsWith('*.')) return isWithin(name, base);
  const parent = name.name.slice(2);
  return isBelow(parent, base.name) || isBelow(base.name.replace(/^\./, ''), parent);
}

/** The domain itself, or with labels before it. One that begins with a dot is for subdomains only. */
function isBelow(name: string, domain: string): boolean {
  if (domain === '') return true;
  if (domain.startsWith('.')) return name.endsWith(domain) && name.length > domain.length;
  return name === domain || name.endsWith(`.${domain}`);
}

/** Address and mask. */
function isInNetwork(address: Uint8Array, network: Uint8Array): boolean {
  const size = network.length / 2;
  if (address.length !== size) return false;
  return address.every((byte, i) => ((byte ^ (network[i] ?? 0)) & (network[size + i] ?? 0)) === 0);
}

/** Ones, then zeros. */
function isMask(mask: Uint8Array): boolean {
  const bits = Array.from(mask, byte => byte.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits);
}

/** Names are lists of parts; one is within another that it begins with. */
function beginsWith(name: Uint8Array, base: Uint8Array): boolean {
  const [content, start] = [new DerReader(name).any().content, new DerReader(base).any().content];
  return start.length <= content.length && start.every((byte, i) => byte === content[i]);
}

function violated(): CertificateError {
  return new CertificateError('bad_certificate', 'its authority may not issue for such names', 'CERT_NAME_CONSTRAINTS');
}
