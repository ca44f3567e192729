/** The Fetch standard over byte streams. */

export { ClientSetup } from './client-setup.ts';
export { type Connections, connectionsOf, offerConnections } from './connections.ts';
export type { Decoder, ExitStream, FetchContext, OpenOptions, PoolLimits } from './context.ts';
export { Deadlines } from './deadlines.ts';
export { type Destination, type Reached, reach } from './dial.ts';
export { createFetch, type Fetch, type FetchStats } from './fetch.ts';
export { defaultHeaders, readHeaders } from './headers.ts';
export { readObjectUrl } from './object-url.ts';
export { defaultPoolLimits, type PoolStats, resolvePoolLimits } from './pool.ts';
export { type MixFetchInit, type MixnetInit, readMixnetInit } from './request.ts';
export { rawHeaders } from './response.ts';
export { defaultTimeouts, type Timeouts } from './timeouts.ts';
export { endpoint, hasBadPort, parseUrl } from './urls.ts';
