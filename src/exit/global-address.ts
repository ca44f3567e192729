/**
 * Which addresses an exit may dial: the globally routable ones (nymtech/nym `common/bin-common/src/ip_check`, an
 * unrolling of the IANA special-purpose registries of RFC 6890). The table is the exit's, oddities included: multicast,
 * NAT64 and site-local addresses pass.
 */

import { type IpAddress, isWithin, parseIpAddress } from '../ip-address.ts';

/** `false` for a text that is no IP literal. */
export function isGlobalAddress(ip: string): boolean {
  const address = parseIpAddress(ip);
  return address !== undefined && (isInAny(address, GLOBAL_EXCEPTIONS) || !isInAny(address, NOT_GLOBAL));
}

interface Prefix {
  readonly address: IpAddress;
  readonly bits: number;
}

const NOT_GLOBAL = prefixes(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  '::ffff:0:0/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
);

/** Parts of the ranges above that are routed after all. */
const GLOBAL_EXCEPTIONS = prefixes(
  '192.0.0.9/32',
  '192.0.0.10/32',
  '2001:1::1/128',
  '2001:1::2/128',
  '2001:3::/32',
  '2001:4:112::/48',
  '2001:20::/28',
  '2001:30::/28',
);

function isInAny(address: IpAddress, ranges: readonly Prefix[]): boolean {
  return ranges.some(range => isWithin(address, range.address, range.bits));
}

function prefixes(...texts: string[]): Prefix[] {
  return texts.map(text => {
    const [ip = '', bits] = text.split('/');
    const address = parseIpAddress(ip);
    if (address === undefined) throw new TypeError(`not a prefix: ${text}`);
    return { address, bits: Number(bits) };
  });
}
