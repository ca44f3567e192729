/** The published client `@nymproject/nym-client-wasm-node`, unmodified, in a process that has what it looks for. */

import 'fake-indexeddb/auto';
import type { WebSocket } from 'ws';

export type PublishedClient = Awaited<ReturnType<typeof loadPublishedClient>>;

/** @param failed what it threw where nobody can catch it */
export async function loadPublishedClient(websocket: new (url: string) => WebSocket, failed: (error: unknown) => void) {
  // The package was built for a page: it looks for these globals.
  const Anything = { [Symbol.hasInstance]: () => true };
  Object.assign(globalThis, {
    self: globalThis,
    window: globalThis,
    Window: Anything,
    WorkerGlobalScope: Anything,
    WebSocket: websocket,
  });
  // A registration socket that closes late calls into a freed closure of the package: harmless, and not ours to mend.
  process.on('uncaughtException', error => {
    if (!/closure invoked recursively or after being dropped/.test(String(error))) failed(error);
  });
  const { NymClient } = await import('@nymproject/nym-client-wasm-node');
  return NymClient;
}

/** Its options for a client that connects to that gateway of that network. */
export function publishedOptions(api: string, gateway: string) {
  return { clientId: `peer-${process.pid}`, nymApiUrl: api, preferredGateway: gateway, forceTls: false };
}
