/** Certificates with whatever in them: for what a well-behaved authority would never issue. */

import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { contextTag } from '../../src/tls/x509/der.ts';

export {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
} from '@peculiar/x509';

export type KeyKind = 'P-256' | 'P-384' | 'P-521' | 'RSA-2048' | 'RSA-1024' | 'RSA-4096' | 'Ed25519';

export interface Issued {
  readonly certificate: Uint8Array;
  readonly pem: string;
  readonly name: string;
  readonly keys: CryptoKeyPair;
}

export interface Subject {
  readonly name?: string;
  readonly issuer?: Issued;
  readonly key?: KeyKind | CryptoKeyPair;
  readonly hosts?: readonly string[];
  readonly notBefore?: string;
  readonly notAfter?: string;
  /** Replaces those of the profile. */
  readonly extensions?: readonly x509.Extension[];
  /** Beside them. */
  readonly more?: readonly x509.Extension[];
  readonly authority?: { readonly pathLength?: number } | undefined;
  readonly signature?: Algorithm | EcdsaParams;
}

const kinds: Record<KeyKind, object> = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  'P-521': { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' },
  'RSA-1024': rsa(1024),
  'RSA-2048': rsa(2048),
  'RSA-4096': rsa(4096),
  Ed25519: { name: 'Ed25519' },
};

function rsa(modulusLength: number): object {
  return { name: 'RSASSA-PKCS1-v1_5', modulusLength, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };
}

/** Of the kinds that take long to make, one of each is enough. */
const kept = new Map<KeyKind, Promise<CryptoKeyPair>>();

export function newKeys(kind: KeyKind): Promise<CryptoKeyPair> {
  const make = () =>
    crypto.subtle.generateKey(kinds[kind] as EcKeyGenParams, true, ['sign', 'verify']) as Promise<CryptoKeyPair>;
  if (!kind.startsWith('RSA')) return make();
  const keys = kept.get(kind) ?? make();
  kept.set(kind, keys);
  return keys;
}

/** A server's certificate, or, with `authority`, one of an authority; without `issuer` signed by itself. */
export async function issue(subject: Subject): Promise<Issued> {
  const { name = 'shop', issuer, key = 'P-256', hosts = ['shop.test'], authority, more = [] } = subject;
  const keys = typeof key === 'string' ? await newKeys(key) : key;
  const profile = authority === undefined ? ofServer(hosts) : ofAuthority(authority.pathLength);
  const signer = issuer?.keys ?? keys;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [name] }],
    issuer: [{ CN: [issuer?.name ?? name] }],
    notBefore: new Date(subject.notBefore ?? '2020-01-01'),
    notAfter: new Date(subject.notAfter ?? '2045-01-01'),
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: subject.signature ?? (signer.privateKey.algorithm as EcdsaParams),
    extensions: [...(subject.extensions ?? profile), ...more],
  });
  return { certificate: new Uint8Array(certificate.rawData), pem: certificate.toString('pem'), name, keys };
}

const { KeyUsageFlags: usage } = x509;

export function ofServer(hosts: readonly string[]): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(usage.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    names(hosts),
  ];
}

export function ofAuthority(pathLength?: number): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(usage.keyCertSign | usage.cRLSign, true),
  ];
}

export function names(hosts: readonly string[]): x509.Extension {
  const type = (value: string) => (/^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const));
  return new x509.SubjectAlternativeNameExtension(hosts.map(value => ({ type: type(value), value })));
}

/** Any extension, its value as DER. */
export function extension(oid: string, isCritical: boolean, ...value: readonly number[]): x509.Extension {
  return new x509.Extension(oid, isCritical, Uint8Array.from(value));
}

/** DER. */
export function der(tag: number, ...content: readonly number[]): number[] {
  const { length } = content;
  return [
    tag,
    ...(length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]),
    ...content,
  ];
}

/** Name constraints: DNS names, and networks as octets of address and mask. */
export function constraints(
  permitted: readonly (string | number[])[],
  excluded: readonly (string | number[])[],
): x509.Extension {
  const base = (it: string | number[]) =>
    typeof it === 'string'
      ? der(contextTag(2, 'primitive'), ...Buffer.from(it))
      : der(contextTag(7, 'primitive'), ...it);
  const trees = (tag: number, list: readonly (string | number[])[]) =>
    list.length === 0 ? [] : der(contextTag(tag, 'constructed'), ...list.flatMap(it => der(0x30, ...base(it))));
  return extension('2.5.29.30', true, ...der(0x30, ...trees(0, permitted), ...trees(1, excluded)));
}
