/** Where a server listens, and who may connect to it there. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Server } from 'node:net';
import { isWithin, parseIpAddress } from '../ip-address.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * @param secret the option that others need, where they can reach the server, and its value
 * @throws TypeError for a host that is no IP address, a port that is none, and a host that others can reach without a secret.
 */
export function checkPlace({ host, port }: Place, secret: { readonly option: string; readonly value: unknown }): void {
  const address = parseIpAddress(host);
  if (address === undefined) throw new TypeError('The option "host" must be an IP address.');
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new TypeError('The option "port" must be 0 to 65535.');
  if (secret.value === undefined && !isLoopback(address)) {
    const needed = `The option "host" is an address that others can reach: that needs the option "${secret.option}".`;
    throw new TypeError(needed);
  }
}

/** Resolves with the port, which is the one asked for unless that was 0. Rejects with the error of the system. */
export function listen(server: Server, { host, port }: Place): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

export function urlOf(scheme: string, { host, port }: Place): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Takes as long for everything that is given of one length; hashed, since lengths are no secret only when they are equal. */
export function secretCheck(secret: string): (given: Uint8Array) => boolean {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
  const wanted = digest(Buffer.from(secret));
  return given => timingSafeEqual(digest(given), wanted);
}

function isLoopback(address: Uint8Array): boolean {
  return LOOPBACK.some(({ prefix, bits }) => prefix.length === address.length && isWithin(address, prefix, bits));
}

/** 127.0.0.0/8 and ::1. */
const LOOPBACK = [
  { prefix: Uint8Array.of(127, 0, 0, 0), bits: 8 },
  { prefix: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), bits: 128 },
];
