/**
 * A certificate authority of one's own, for the TLS of a devnet's origins, directory and gateways, and for tests. The
 * certificates are written by `@peculiar/x509`, which is needed for this alone: an optional peer dependency.
 *
 * @module
 */

import { isIP } from 'node:net';
import { MixnetError } from '../errors.ts';

type X509 = typeof import('@peculiar/x509');
type Extension = InstanceType<X509['Extension']>;
type KeyPair = CryptoKeyPair;

export interface CertificateAuthority {
  /** Its own certificate, PEM: what a client must trust. */
  readonly certificate: string;
  issue(subject: CertificateSubject): Promise<IssuedCertificate>;
  /** An authority below this one. What it issues carries the chain up to, without, the root. */
  issueAuthority(name: string, options?: AuthorityOptions): Promise<CertificateAuthority>;
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
  /** The one place where a host name must not be looked for (RFC 9110, section 4.3.4). Default: `mixfetch`. */
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

/** A new root, with a key that lives in memory only. Rejects with ERR_MIX_USAGE_OPTION if `@peculiar/x509` is not installed. */
export async function createAuthority(
  name = 'mixfetch devnet authority',
  options: AuthorityOptions = {},
): Promise<CertificateAuthority> {
  const x509 = await loadX509();
  const keys = await newKeys();
  const self = { name, keys };
  const certificate = await write(x509, { name, keys, issuer: self, validity: options }, ofAuthority(x509, options));
  return authority(x509, self, certificate, '');
}

interface Issuer {
  readonly name: string;
  readonly keys: KeyPair;
}

/** `chain` is what must go with every certificate issued, for a client that knows only the root. */
function authority(x509: X509, issuer: Issuer, certificate: string, chain: string): CertificateAuthority {
  return {
    certificate,
    async issue(subject) {
      const keys = await newKeys();
      const name = subject.commonName ?? 'mixfetch';
      const leaf = await write(x509, { name, keys, issuer, validity: subject }, ofSubject(x509, subject));
      const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
      return { cert: leaf + chain, key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
    },
    async issueAuthority(name, options = {}) {
      const keys = await newKeys();
      const below = await write(x509, { name, keys, issuer, validity: options }, ofAuthority(x509, options));
      return authority(x509, { name, keys }, below, below + chain);
    },
  };
}

interface Certificate {
  readonly name: string;
  readonly keys: KeyPair;
  readonly issuer: Issuer;
  readonly validity: Validity;
}

async function write(
  x509: X509,
  { name, keys, issuer, validity }: Certificate,
  extensions: readonly Extension[],
): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [name] }],
    issuer: [{ CN: [issuer.name] }],
    notBefore: validity.notBefore ?? new Date('2020-01-01T00:00:00Z'),
    notAfter: validity.notAfter ?? new Date('2049-12-31T00:00:00Z'),
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      ...extensions,
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

function ofAuthority(x509: X509, { mayIssue = true }: AuthorityOptions): Extension[] {
  const { keyCertSign, cRLSign, digitalSignature } = x509.KeyUsageFlags;
  return [
    new x509.BasicConstraintsExtension(mayIssue, undefined, true),
    new x509.KeyUsagesExtension(mayIssue ? keyCertSign | cRLSign : digitalSignature, true),
  ];
}

function ofSubject(
  x509: X509,
  { hosts, purpose = 'server', unknownCritical = false }: CertificateSubject,
): Extension[] {
  const usage = purpose === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const extensions: Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([usage]),
  ];
  const names = hosts.map(value => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }));
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names));
  // An arc for examples, RFC 5612.
  if (unknownCritical) extensions.push(new x509.Extension('1.3.6.1.4.1.32473.1', true, new Uint8Array(1)));
  return extensions;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

function newKeys(): Promise<KeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function loadX509(): Promise<X509> {
  try {
    await import('reflect-metadata'); // @peculiar/x509 expects it to be there
    return await import('@peculiar/x509');
  } catch (cause) {
    throw new MixnetError('ERR_MIX_USAGE_OPTION', {
      message: 'Certificates need the packages "@peculiar/x509" and "reflect-metadata".',
      cause,
    });
  }
}
