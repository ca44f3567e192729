/**
 * The messages of SOCKS5 (RFC 1928), its user names and passwords (RFC 1929), and of SOCKS4 with its extension 4a
 * ("SOCKS: A protocol for TCP proxy across firewalls", "SOCKS 4A: A Simple Extension to SOCKS 4 Protocol").
 *
 * | from the program | layout |
 * |---|---|
 * | greeting 5 | version 1 = 5 ‖ number of methods 1 ‖ methods |
 * | log-in | version 1 = 1 ‖ length 1 ‖ user ‖ length 1 ‖ password |
 * | request 5 | version 1 = 5 ‖ command 1 ‖ 0 ‖ address type 1 ‖ address (4, 16, or length 1 ‖ name) ‖ port 2 |
 * | request 4 | version 1 = 4 ‖ command 1 ‖ port 2 ‖ IPv4 4 ‖ user ‖ 0 [‖ name ‖ 0, where the IPv4 is 0.0.0.x, x > 0] |
 *
 * | to the program | layout |
 * |---|---|
 * | method | version 1 = 5 ‖ method 1 |
 * | log-in | version 1 = 1 ‖ 0, or 1 for a refusal |
 * | reply 5 | version 1 = 5 ‖ code 1 ‖ 0 ‖ address type 1 ‖ address ‖ port 2 |
 * | reply 4 | 0 ‖ code 1 ‖ port 2 ‖ IPv4 4 |
 */

export type SocksVersion = 4 | 5;

export const LOGIN_VERSION = 1;
export const CONNECT = 1;
export const METHODS = { none: 0x00, password: 0x02, noneAcceptable: 0xff } as const;
export const ADDRESS_TYPES = { ipv4: 1, name: 3, ipv6: 4 } as const;

/** Reply codes of SOCKS5, RFC 1928 §6. */
export const REPLIES = {
  succeeded: 0,
  generalFailure: 1,
  notAllowed: 2,
  networkUnreachable: 3,
  hostUnreachable: 4,
  connectionRefused: 5,
  timedOut: 6,
  commandNotSupported: 7,
  addressTypeNotSupported: 8,
} as const;

export type Reply = keyof typeof REPLIES;

/** SOCKS4 has one code for whatever goes wrong, and two about the user, of which one fits a missing password. */
export const REPLIES_4 = { granted: 0x5a, failed: 0x5b, userRefused: 0x5d } as const;

/** The address from which the exit connected is not known: all zero, as Tor answers. */
export function encodeReply(version: SocksVersion, reply: Reply): Uint8Array {
  if (version === 5) return Uint8Array.of(5, REPLIES[reply], 0, ADDRESS_TYPES.ipv4, 0, 0, 0, 0, 0, 0);
  const code = reply === 'succeeded' ? REPLIES_4.granted : REPLIES_4.failed;
  return Uint8Array.of(0, code, 0, 0, 0, 0, 0, 0);
}

export function encodeUserRefusal4(): Uint8Array {
  return Uint8Array.of(0, REPLIES_4.userRefused, 0, 0, 0, 0, 0, 0);
}
