/**
 * A certificate authority of one's own, for the TLS of a devnet's origins and directory, and for tests. It writes its
 * own DER: the profile is one page of RFC 5280, and so a devnet needs no certificate library.
 *
 * @module
 */

import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isIP } from 'node:net';
import * as der from './der.ts';

export interface CertificateAuthority {
  /** Its own certificate, PEM: what a client must trust. */
  readonly certificate: string;
  issue(subject: CertificateSubject): IssuedCertificate;
  /** An authority below this one. What it issues carries the chain up to, without, the root. */
  issueAuthority(name: string, options?: AuthorityOptions): CertificateAuthority;
}

/** The two options of a TLS server: `tls.createServer({ cert, key })`. */
export interface IssuedCertificate {
  /** PEM: the certificate, then any intermediate ones. */
  readonly cert: string;
  /** PEM, PKCS #8, elliptic curve P-256. */
  readonly key: string;
}

export interface CertificateSubject extends Validity {
  /** DNS names (`*.example.test` too) and IP literals: each becomes a subjectAltName. */
  readonly hosts: readonly string[];
  /** The only place where a host name must not be looked for (RFC 9110, section 4.3.4). Default: `mixfetch`. */
  readonly commonName?: string;
  /** The extended key usage. Default: `server`. */
  readonly purpose?: 'server' | 'client';
  /** Adds a critical extension that nobody knows, which every verifier must refuse (RFC 5280, section 4.2). */
  readonly unknownCritical?: boolean;
}

export interface AuthorityOptions extends Validity {
  /** `false` makes a leaf that issues all the same, which no verifier may accept. Default: `true`. */
  readonly mayIssue?: boolean;
}

export interface Validity {
  /** Default: 2020-01-01, so that a certificate is good under whatever clock a test keeps. */
  readonly notBefore?: Date;
  /** Default: 2049-12-31. */
  readonly notAfter?: Date;
}

/** A new root, with a key that lives in memory only. */
export function createAuthority(
  name = 'mixfetch devnet authority',
  options: AuthorityOptions = {},
): CertificateAuthority {
  const keys = newKeys();
  const self = { name, key: keys.privateKey };
  const certificate = pem(
    write({ name, publicKey: keys.publicKey, issuer: self, extensions: ofAuthority(options), validity: options }),
  );
  return authority(self, certificate, '');
}

interface Issuer {
  readonly name: string;
  readonly key: KeyObject;
}

/** `chain` is what must go with every certificate issued, for a client that knows only the root. */
function authority(issuer: Issuer, certificate: string, chain: string): CertificateAuthority {
  return {
    certificate,
    issue(subject) {
      const keys = newKeys();
      const certificateOfSubject = write({
        name: subject.commonName ?? 'mixfetch',
        publicKey: keys.publicKey,
        issuer,
        extensions: ofSubject(subject),
        validity: subject,
      });
      const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      return { cert: pem(certificateOfSubject) + chain, key };
    },
    issueAuthority(name, options = {}) {
      const keys = newKeys();
      const below = pem(
        write({ name, publicKey: keys.publicKey, issuer, extensions: ofAuthority(options), validity: options }),
      );
      return authority({ name, key: keys.privateKey }, below, below + chain);
    },
  };
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

interface Certificate {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly issuer: Issuer;
  readonly extensions: readonly Uint8Array[];
  readonly validity: Validity;
}

const ecdsaWithSha256 = der.sequence(der.oid('1.2.840.10045.4.3.2'));

/**
 * RFC 5280, section 4.1:
 *
 *     Certificate    ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature BIT STRING }
 *     TBSCertificate ::= SEQUENCE { version [0], serialNumber, signature, issuer, validity, subject,
 *                                   subjectPublicKeyInfo, extensions [3] }
 */
function write({ name, publicKey, issuer, extensions, validity }: Certificate): Uint8Array {
  const subjectPublicKeyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const toBeSigned = der.sequence(
    der.context(0, der.integer(Uint8Array.of(2))),
    der.integer(keyIdentifier(publicKey)),
    ecdsaWithSha256,
    distinguishedName(issuer.name),
    der.sequence(
      der.time(validity.notBefore ?? new Date('2020-01-01T00:00:00Z')),
      der.time(validity.notAfter ?? new Date('2049-12-31T00:00:00Z')),
    ),
    distinguishedName(name),
    subjectPublicKeyInfo,
    der.context(
      3,
      der.sequence(
        ...extensions,
        extension('2.5.29.14', der.octetString(keyIdentifier(publicKey))),
        extension('2.5.29.35', der.sequence(der.contextPrimitive(0, keyIdentifier(createPublicKey(issuer.key))))),
      ),
    ),
  );
  return der.sequence(toBeSigned, ecdsaWithSha256, der.bitString(sign('sha256', toBeSigned, issuer.key)));
}

function ofAuthority({ mayIssue = true }: AuthorityOptions): Uint8Array[] {
  return [
    extension('2.5.29.19', mayIssue ? der.sequence(der.boolean(true)) : der.sequence(), 'critical'),
    // keyUsage: keyCertSign and cRLSign are bits 5 and 6, digitalSignature is bit 0.
    extension('2.5.29.15', der.bitString(Uint8Array.of(mayIssue ? 0x06 : 0x80), mayIssue ? 1 : 7), 'critical'),
  ];
}

function ofSubject({ hosts, purpose = 'server', unknownCritical = false }: CertificateSubject): Uint8Array[] {
  const extensions = [
    extension('2.5.29.19', der.sequence(), 'critical'),
    extension('2.5.29.15', der.bitString(Uint8Array.of(0x80), 7), 'critical'),
    extension('2.5.29.37', der.sequence(der.oid(purpose === 'server' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2'))),
  ];
  if (hosts.length > 0) extensions.push(extension('2.5.29.17', der.sequence(...hosts.map(generalName))));
  // An arc for examples, RFC 5612.
  if (unknownCritical)
    extensions.push(extension('1.3.6.1.4.1.32473.1', der.octetString(new Uint8Array(1)), 'critical'));
  return extensions;
}

/** RFC 5280, section 4.2.1.6: dNSName [2] IA5String, iPAddress [7] OCTET STRING of 4 or 16 bytes. */
function generalName(host: string): Uint8Array {
  if (isIP(host) === 0) return der.contextPrimitive(2, new TextEncoder().encode(host));
  return der.contextPrimitive(7, isIP(host) === 4 ? Uint8Array.from(host.split('.'), Number) : ipv6Bytes(host));
}

function ipv6Bytes(address: string): Uint8Array {
  // The URL parser writes the address out in the canonical short form, without an embedded IPv4 part.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const before = groups(head);
  const after = groups(tail ?? '');
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Uint8Array.from(all.flatMap(group => [group >> 8, group & 0xff]));
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16));
}

function distinguishedName(commonName: string): Uint8Array {
  return der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.utf8String(commonName))));
}

function extension(id: string, value: Uint8Array, critical?: 'critical'): Uint8Array {
  const flag = critical === undefined ? [] : [der.boolean(true)];
  return der.sequence(der.oid(id), ...flag, der.octetString(value));
}

/** A digest of the public key names it (RFC 7093, section 2, method 4), and serves as serial number, since every key is new. */
function keyIdentifier(publicKey: KeyObject): Uint8Array {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 16);
}

function pem(certificate: Uint8Array): string {
  const lines =
    Buffer.from(certificate)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
