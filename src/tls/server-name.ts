/** The host as the certificate must have it. */

import { parseIpAddress } from '../ip-address.ts';

/** Of the hostname of a URL: an IPv6 literal without its brackets, a name without the dot of the root. */
export function serverNameOf(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

/** RFC 6066, section 3: literal addresses are not permitted as server_name. */
export function isAddress(host: string): boolean {
  return parseIpAddress(host) !== undefined;
}
