/**
 * Whether a certificate is for a host: RFC 9525. The names are the subjectAltNames alone, a wildcard is a whole label, the
 * first, and stands for one label; an address is matched as an address.
 */

import { parseIpAddress } from '../../ip-address.ts';
import { CertificateError } from '../protocol/alert.ts';
import type { Certificate } from './certificate.ts';
import type { GeneralName } from './general-names.ts';

/** `host`: a name without a dot at its end, or an IP literal without brackets. */
export function checkHost({ extensions }: Certificate, host: string): void {
  const names = extensions.subjectAltName ?? [];
  const address = parseIpAddress(host);
  const matches = (name: GeneralName): boolean =>
    address === undefined
      ? name.kind === 'dns' && isNameOf(name.name, host.toLowerCase())
      : name.kind === 'ip' && name.octets.join() === address.join();
  if (!names.some(matches)) {
    throw new CertificateError('bad_certificate', 'it is for another host', 'ERR_TLS_CERT_ALTNAME_INVALID');
  }
}

/** RFC 9525, section 6.3. A wildcard for all of a top-level domain is none. */
function isNameOf(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host;
  const domain = pattern.slice(1);
  if (domain.indexOf('.', 1) === -1 || domain.includes('*')) return false;
  const label = host.slice(0, host.length - domain.length);
  return host.endsWith(domain) && label.length > 0 && !label.includes('.');
}
