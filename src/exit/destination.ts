/** Where a stream goes, as an exit reads it. */

import { parseIpAddress } from '../ip-address.ts';

/**
 * `host:port`, an IPv6 host in brackets. The host goes as it is given: names are resolved by the exit, and by nobody else.
 *
 * @throws TypeError for anything that is no host or no port.
 */
export function destinationOf(hostname: string, port: number): string {
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new TypeError('The option "port" must be 1 to 65535.');
  if (parseIpAddress(hostname)?.length === 16) return `[${hostname}]:${port}`;
  const bracketed = /^\[(.*)\]$/.exec(hostname)?.[1];
  const isHost = bracketed === undefined ? isName(hostname) : parseIpAddress(bracketed)?.length === 16;
  if (!isHost) throw new TypeError('The option "hostname" must be a host name or an IP address.');
  return `${hostname}:${port}`;
}

/** No more than a resolver could take; what cannot be in a name would change what the exit reads. */
function isName(hostname: string): boolean {
  return hostname.length > 0 && hostname.length <= MAX_NAME && !/[\p{Cc}\p{Z}:/\\@[\]"]/u.test(hostname);
}

/** RFC 1035 §2.3.4, with the dot at the end. */
const MAX_NAME = 254;
