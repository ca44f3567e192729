/** Certificates for tests, issued by the authority that a devnet uses. */

export {
  type CertificateAuthority,
  type CertificateSubject,
  createAuthority,
  type IssuedCertificate,
} from '../../src/devnet/certificates.ts';
