/**
 * From a server's certificate to somebody who is trusted: RFC 5280, section 6, under the CA/Browser Forum's profile for
 * servers. The certificates that the server sends beside its own are taken as a heap to choose from, since many servers
 * send them in no order, or too many. There is no revocation, and nothing is fetched.
 *
 * @module
 */

import { equalBytes } from '../../crypto/bytes.ts';
import * as limits from '../../limits.ts';
import { type PublicKey, verifySignature } from '../keys/public-key.ts';
import { CertificateError } from '../protocol/alert.ts';
import { publicKeyOf, signatureScheme } from './algorithms.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { keyUsages, purposes } from './extensions.ts';
import { checkHost } from './host-name.ts';
import { type ConstraintWork, checkNameConstraints } from './name-constraints.ts';
import type { Trust, TrustAnchor } from './trust.ts';

export interface Judgement {
  readonly trust: Trust;
  /** A name without a dot at its end, or an IP literal without brackets. */
  readonly host: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/**
 * The key of the server: of the first certificate of the chain (DER).
 *
 * @throws CertificateError saying why it is not accepted.
 */
export function checkChain([first, ...others]: readonly Uint8Array[], { trust, host, now }: Judgement): PublicKey {
  if (first === undefined || others.length >= limits.certificates) throw tooMany();
  const server = parseCertificate(first);
  const key = publicKeyOf(server.publicKeyInfo);
  checkTime(server, now);
  checkServer(server, trust);
  checkHost(server, host);
  if (!trust.isTrusted(server)) new PathSearch(trust, authoritiesAmong(others), now).climb([server]);
  return key;
}

/** What cannot be read helps nobody, and does no harm. */
function authoritiesAmong(others: readonly Uint8Array[]): Certificate[] {
  return others.flatMap(bytes => {
    try {
      return [parseCertificate(bytes)];
    } catch {
      return [];
    }
  });
}

/** Depth first, within a budget: a heap of certificates that sign one another must not keep this busy. */
class PathSearch {
  readonly #trust: Trust;
  readonly #authorities: readonly Certificate[];
  readonly #now: number;
  readonly #work: ConstraintWork = { comparisons: 0 };
  #signatures = 0;
  /** Why the most promising path was not accepted. */
  #obstacle: CertificateError | undefined;

  constructor(trust: Trust, authorities: readonly Certificate[], now: number) {
    this.#trust = trust;
    this.#authorities = authorities;
    this.#now = now;
  }

  /** `path` begins with the server's certificate; each is signed by the next. @throws CertificateError if none leads on. */
  climb(path: readonly Certificate[]): void {
    if (!this.#leadsOn(path)) throw this.#obstacle ?? issuerUnknown(path);
  }

  #leadsOn(path: readonly Certificate[]): boolean {
    const top = path.at(-1);
    if (top === undefined) return false;
    const anchors = this.#trust.anchors(top.issuer);
    if (anchors.some(anchor => this.#attempt(() => this.#checkAnchor(anchor, path, top)))) return true;
    const candidates = this.#candidates(path, top);
    if (anchors.length + candidates.length === 0 && path.length > 1) this.#obstacle ??= issuerUnknown(path);
    return candidates.some(
      candidate =>
        this.#attempt(() => this.#checkAuthority(candidate, path, top)) && this.#leadsOn([...path, candidate]),
    );
  }

  /** By name; those whose key identifier fits come first (RFC 5280, section 4.2.1.1). None twice on one path. */
  #candidates(path: readonly Certificate[], { issuer, extensions }: Certificate): Certificate[] {
    // One more is the anchor's.
    if (path.length + 1 >= limits.certificatePath) return [];
    const wanted = extensions.authorityKeyIdentifier;
    const fits = ({ extensions: { subjectKeyIdentifier: own } }: Certificate): boolean =>
      wanted !== undefined && own !== undefined && equalBytes(wanted, own);
    const named = this.#authorities.filter(
      ({ subject, publicKeyInfo }) =>
        equalBytes(subject, issuer) &&
        !path.some(used => equalBytes(used.subject, subject) && equalBytes(used.publicKeyInfo, publicKeyInfo)),
    );
    return [...named.filter(fits), ...named.filter(candidate => !fits(candidate))];
  }

  #checkAnchor(anchor: TrustAnchor, path: readonly Certificate[], top: Certificate): void {
    const { notBefore = Number.NEGATIVE_INFINITY, notAfter = Number.POSITIVE_INFINITY } = anchor;
    checkTime({ notBefore, notAfter }, this.#now);
    checkPathLength(anchor.pathLength, path);
    if (anchor.nameConstraints !== undefined) checkNameConstraints(anchor.nameConstraints, path, this.#work);
    this.#checkSignature(top, anchor.key());
  }

  /** RFC 5280, section 6.1.4, (k) to (o), and the constraints of section 6.1.3 (b) and (c) on all that is below. */
  #checkAuthority(authority: Certificate, path: readonly Certificate[], top: Certificate): void {
    const { basicConstraints, keyUsage, extendedKeyUsage, nameConstraints } = authority.extensions;
    checkKnown(authority);
    checkTime(authority, this.#now);
    if (keyUsage !== undefined && (keyUsage & keyUsages.keyCertSign) === 0) {
      throw invalidAuthority('key usage does not include certificate signing', 'CERT_KEY_USAGE');
    }
    if (authority.version !== 3 || basicConstraints?.isAuthority !== true) {
      throw invalidAuthority('one that signed it is no authority', 'INVALID_CA');
    }
    checkPathLength(basicConstraints.pathLength, path);
    if (
      extendedKeyUsage !== undefined &&
      !extendedKeyUsage.some(use => use === purposes.server || use === purposes.any)
    ) {
      throw wrongPurpose();
    }
    if (nameConstraints !== undefined) checkNameConstraints(nameConstraints, path, this.#work);
    this.#checkSignature(top, publicKeyOf(authority.publicKeyInfo));
  }

  #checkSignature({ signatureAlgorithm, signed, signature }: Certificate, key: PublicKey): void {
    const scheme = signatureScheme(signatureAlgorithm);
    this.#signatures++;
    if (this.#signatures > limits.certificateSignatures) throw tooMany();
    if (!verifySignature(scheme, key, signed, signature)) {
      throw new CertificateError('bad_certificate', 'its signature is wrong', 'CERT_SIGNATURE_FAILURE');
    }
  }

  #attempt(check: () => void): boolean {
    if (this.#signatures > limits.certificateSignatures) return false;
    try {
      check();
      return true;
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      this.#obstacle ??= error;
      return false;
    }
  }
}

/** The profile of a server's certificate: Baseline Requirements, section 7.1.2.7. */
function checkServer(server: Certificate, trust: Trust): void {
  const { basicConstraints, keyUsage, extendedKeyUsage } = server.extensions;
  checkKnown(server);
  if (extendedKeyUsage !== undefined && !extendedKeyUsage.includes(purposes.server)) throw wrongPurpose();
  // In all that is spoken here the server signs.
  if (keyUsage !== undefined && (keyUsage & keyUsages.digitalSignature) === 0 && !trust.isTrusted(server)) {
    throw wrongPurpose();
  }
  // What users make for one server, and trust as it is, often says that it is an authority.
  if (basicConstraints?.isAuthority === true && !trust.isTrusted(server)) {
    throw invalidAuthority('it is an authority’s own', 'CERT_OF_AUTHORITY');
  }
}

/** RFC 5280, section 4.2. */
function checkKnown({ extensions }: Certificate): void {
  if (!extensions.hasUnknownCritical) return;
  throw new CertificateError('unsupported_certificate', 'unhandled critical extension', 'CERT_CRITICAL_EXTENSION');
}

function checkTime({ notBefore, notAfter }: Pick<Certificate, 'notBefore' | 'notAfter'>, now: number): void {
  if (now < notBefore) throw new CertificateError('certificate_expired', 'it is not valid yet', 'CERT_NOT_YET_VALID');
  // The second that it names is the last one.
  if (now >= notAfter + 1000) throw new CertificateError('certificate_expired', 'it has expired', 'CERT_HAS_EXPIRED');
}

/** RFC 5280, section 4.2.1.9: those that have issued for themselves do not count; nor does the server's own. */
function checkPathLength(pathLength: number | undefined, [, ...authorities]: readonly Certificate[]): void {
  const between = authorities.filter(({ subject, issuer }) => !equalBytes(subject, issuer)).length;
  if (pathLength === undefined || between <= pathLength) return;
  throw invalidAuthority('there are more authorities than one of them allows', 'PATH_LENGTH_EXCEEDED');
}

function invalidAuthority(why: string, code: string): CertificateError {
  return new CertificateError('bad_certificate', why, code);
}

function wrongPurpose(): CertificateError {
  return new CertificateError('bad_certificate', 'it is for another purpose', 'INVALID_PURPOSE');
}

function tooMany(): CertificateError {
  return new CertificateError('bad_certificate', 'there are too many certificates', 'CERT_CHAIN_TOO_LONG');
}

/** OpenSSL's codes, which tell the cases apart. */
function issuerUnknown(path: readonly Certificate[]): CertificateError {
  const top = path.at(-1);
  const isSelfIssued = top !== undefined && equalBytes(top.subject, top.issuer);
  if (path.length === 1) {
    const code = isSelfIssued ? 'DEPTH_ZERO_SELF_SIGNED_CERT' : 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';
    return new CertificateError('unknown_ca', 'it is of no authority that is trusted', code);
  }
  const code = isSelfIssued ? 'SELF_SIGNED_CERT_IN_CHAIN' : 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY';
  return new CertificateError('unknown_ca', 'its authorities lead to none that is trusted', code);
}
