/** What else than requests goes by a fetch: connections made as its own are, by its client, and ended with it. */

import type { Platform } from '../platform/platform.ts';
import type { Deadlines } from './deadlines.ts';
import type { Destination, Reached } from './dial.ts';
import type { Timeouts } from './timeouts.ts';

export interface Connections {
  readonly platform: Platform;
  /** Those of the fetch, for what has none of its own. */
  readonly timeouts: Timeouts;
  /** Aborted when the fetch is closed, its drain being over. */
  readonly closed: AbortSignal;
  /** What relative URLs are relative to, where there is a page. */
  readonly baseUrl: string | undefined;
  /** See `reach` in dial.ts. */
  reach(destination: Destination, deadlines: Deadlines): Promise<Reached>;
}

/** Also across copies of this package; nothing that a caller of fetch has to see. */
const key = Symbol.for('mixfetch.connections');

export function offerConnections(fetch: object, connections: () => Connections): void {
  Object.defineProperty(fetch, key, { value: connections });
}

/**
 * Those of a fetch that offers them; asked for anew each time, since a shared fetch begins anew after it was closed.
 *
 * @throws TypeError for anything else
 */
export function connectionsOf(fetch: unknown): () => Connections {
  const offered: unknown = typeof fetch === 'function' ? Reflect.get(fetch, key) : undefined;
  if (typeof offered !== 'function') throw new TypeError('The first argument must be a mixFetch.');
  return offered as () => Connections;
}
