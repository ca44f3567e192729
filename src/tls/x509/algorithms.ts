/**
 * Algorithms of keys and signatures in certificates: RFC 3279, RFC 4055, RFC 5480, RFC 8410, in the encodings of the
 * CA/Browser Forum's Baseline Requirements, section 7.1.3, compared whole. So a parameter cannot say anything that is not
 * expected, and what is not in the table, SHA-1 and MD5 among it, is refused.
 */

import type { HashName } from '../keys/hashes.ts';
import { bitLength, hexOf, integerOf } from '../keys/integers.ts';
import { curves } from '../keys/nist-curves.ts';
import type { PublicKey, SignatureScheme } from '../keys/public-key.ts';
import { CertificateError } from '../protocol/alert.ts';
import { DerReader, malformed } from './der.ts';

const SHORTEST_MODULUS = 2048;
/** Longer ones only make work. */
const LONGEST_MODULUS = 8192;
const LONGEST_EXPONENT = 33;

/** The DER of an AlgorithmIdentifier, hexadecimal. */
const signatureAlgorithms: Readonly<Record<string, SignatureScheme>> = {
  ...pss('sha256', '608648016503040201', '20'),
  ...pss('sha384', '608648016503040202', '30'),
  ...pss('sha512', '608648016503040203', '40'),
  '300d06092a864886f70d01010b0500': { type: 'rsa', padding: 'pkcs1', hash: 'sha256' },
  '300d06092a864886f70d01010c0500': { type: 'rsa', padding: 'pkcs1', hash: 'sha384' },
  '300d06092a864886f70d01010d0500': { type: 'rsa', padding: 'pkcs1', hash: 'sha512' },
  '300a06082a8648ce3d040302': { type: 'ecdsa', hash: 'sha256' },
  '300a06082a8648ce3d040303': { type: 'ecdsa', hash: 'sha384' },
  '300a06082a8648ce3d040304': { type: 'ecdsa', hash: 'sha512' },
  '300506032b6570': { type: 'ed25519' },
};

/** `algorithm`: the whole AlgorithmIdentifier. */
export function signatureScheme(algorithm: Uint8Array): SignatureScheme {
  const scheme = signatureAlgorithms[hexOf(algorithm)];
  if (scheme === undefined) {
    throw new CertificateError(
      'unsupported_certificate',
      'it is signed in a way that is too weak, or not known',
      'CERT_SIGNATURE_ALGORITHM',
    );
  }
  return scheme;
}

const rsaEncryption = '300d06092a864886f70d0101010500';
const ed25519 = '300506032b6570';
const namedCurves = {
  '301306072a8648ce3d020106082a8648ce3d030107': 'P-256',
  '301006072a8648ce3d020106052b81040022': 'P-384',
  '301006072a8648ce3d020106052b81040023': 'P-521',
} as const;

/** Of a SubjectPublicKeyInfo: an algorithm, and a bit string. */
export function publicKeyOf(info: Uint8Array): PublicKey {
  const outer = new DerReader(info);
  const reader = outer.sequence();
  outer.end();
  const algorithm = hexOf(reader.any().bytes);
  const bits = reader.wholeBits();
  reader.end();
  if (algorithm === rsaEncryption) return rsaKey(bits);
  if (algorithm === ed25519) {
    if (bits.length !== 32) throw malformed();
    return { type: 'ed25519', key: bits };
  }
  const curve = Object.entries(namedCurves).find(([identifier]) => identifier === algorithm)?.[1];
  if (curve === undefined) throw weakKey('its key is of a kind that is not accepted');
  // RFC 5480, section 2.2: uncompressed. That the point is on the curve, the verification checks.
  if (bits.length !== 1 + 2 * curves[curve].bytes || bits[0] !== 4) throw malformed();
  return { type: 'ecdsa', curve, point: bits };
}

/** RFC 8017, section A.1.1; sizes by the Baseline Requirements, section 6.1.5 and 6.1.6. */
function rsaKey(bits: Uint8Array): PublicKey {
  const outer = new DerReader(bits);
  const reader = outer.sequence();
  outer.end();
  const modulus = integerOf(reader.unsigned());
  const exponent = integerOf(reader.unsigned());
  reader.end();
  const size = bitLength(modulus);
  if (size < SHORTEST_MODULUS) throw weakKey('its RSA key is too short');
  if (size > LONGEST_MODULUS) throw weakKey('its RSA key is too long');
  if (modulus % 2n === 0n || exponent % 2n === 0n || exponent < 3n || bitLength(exponent) > LONGEST_EXPONENT) {
    throw weakKey('its RSA key is none');
  }
  return { type: 'rsa', modulus, exponent };
}

function weakKey(why: string): CertificateError {
  return new CertificateError('unsupported_certificate', why, 'CERT_KEY');
}

/**
 * RSASSA-PSS with one hash for the message and for MGF1, and a salt as long as it: RFC 4055, section 3.1. The parameters of
 * the hash are NULL or absent: section 2.1 there.
 */
function pss(hash: HashName, oid: string, saltBytes: string): Readonly<Record<string, SignatureScheme>> {
  const encoded = ['0500', ''].map(none => {
    const digest = sequence(tagged('06', oid), none);
    const mgf1 = sequence('06092a864886f70d010108', digest);
    const parameters = sequence(tagged('a0', digest), tagged('a1', mgf1), tagged('a2', `0201${saltBytes}`));
    return sequence('06092a864886f70d01010a', parameters);
  });
  return Object.fromEntries(encoded.map(bytes => [bytes, { type: 'rsa', padding: 'pss', hash }]));
}

function sequence(...parts: readonly string[]): string {
  return tagged('30', parts.join(''));
}

function tagged(tag: string, content: string): string {
  return tag + (content.length / 2).toString(16).padStart(2, '0') + content;
}
