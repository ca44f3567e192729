/** How long a request may wait, stage by stage, and what a caller may set. */

import type { Milliseconds } from '../platform/platform.ts';

/** Each in milliseconds, above zero; `Infinity` waits for ever. */
export interface Timeouts {
  /** Until the client is connected to the mixnet; and, apart from that, until a connection is free. Default 60 000. */
  readonly setup: Milliseconds;
  /** Until the exit says that the connection stands and, for https, TLS does too. Default 30 000. */
  readonly connect: Milliseconds;
  /** From the last byte of the request to the head of the answer. Default 60 000. */
  readonly headers: Milliseconds;
  /** Without progress in either body, or with an answer that nobody begins to read. Default 60 000. */
  readonly body: Milliseconds;
  /** From the call to the last byte of the answer, redirects included. Default `Infinity`. */
  readonly total: Milliseconds;
}

export const defaultTimeouts: Timeouts = {
  setup: 60_000,
  connect: 30_000,
  headers: 60_000,
  body: 60_000,
  total: Number.POSITIVE_INFINITY,
};

/**
 * `given` over `base`.
 *
 * @throws TypeError naming the option that is not a timeout, or not one that can be.
 */
export function resolveTimeouts(given: unknown, base: Timeouts = defaultTimeouts): Timeouts {
  if (given === undefined) return base;
  if (typeof given !== 'object' || given === null) throw new TypeError('The option "timeouts" must be an object.');
  const resolved: Record<string, Milliseconds> = { ...base };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(base, name)) throw new TypeError(`There is no timeout "${name}".`);
    if (typeof value !== 'number' || !(value > 0))
      throw new TypeError(`The timeout "${name}" must be a number of milliseconds above zero.`);
    resolved[name] = value;
  }
  return { ...base, ...resolved };
}
