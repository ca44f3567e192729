/**
 * Puts a `fetch()` through the mixnet in the place of the global one, for code that cannot be told which to use.
 *
 * @module
 */

import { mixFetch } from './index.ts';

type GlobalFetch = (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;

/** What was there before the first of us; and those that stand in its place, the one in use last. */
let original: PropertyDescriptor | undefined;
const installed: { readonly fetch: GlobalFetch }[] = [];

/**
 * `fetch` of the global object is `replacement` from now on. Nothing else is replaced: `Request`, `Response` and `Headers`
 * stay those of the platform, and WebSocket, XMLHttpRequest and the like still go to the open network.
 *
 * @param replacement default: the shared `mixFetch`
 * @returns what undoes it. Several may be undone in any order; what was there at first is back when all are.
 */
export function install(replacement: GlobalFetch = mixFetch): () => void {
  const entry = { fetch: replacement };
  if (installed.length === 0) original = Object.getOwnPropertyDescriptor(globalThis, 'fetch');
  installed.push(entry);
  put(replacement);
  return () => {
    const index = installed.indexOf(entry);
    if (index < 0) return;
    const wasInUse = index === installed.length - 1;
    installed.splice(index, 1);
    // Somebody else may have replaced it since: that is theirs to undo.
    if (!wasInUse || Reflect.get(globalThis, 'fetch') !== replacement) return;
    const next = installed.at(-1);
    if (next !== undefined) put(next.fetch);
    else if (original !== undefined) Object.defineProperty(globalThis, 'fetch', original);
    else Reflect.deleteProperty(globalThis, 'fetch');
  };
}

function put(fetch: GlobalFetch): void {
  const enumerable = original?.enumerable ?? true;
  Object.defineProperty(globalThis, 'fetch', { value: fetch, enumerable, configurable: true, writable: true });
}
