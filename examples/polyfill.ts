/**
 * The global `fetch` replaced, for code that cannot be told which to use: `npx tsx examples/polyfill.ts URL`, over the Nym
 * network, or with MIXFETCH_API over a mixnet of your own (`npx mixfetch devnet`).
 */

import { createMixFetch } from 'mixfetch';
import { install } from 'mixfetch/polyfill';

const api = process.env['MIXFETCH_API'];
await using mixFetch = createMixFetch(api === undefined ? {} : { api });

const undo = install(mixFetch);
console.log(await someLibrary(process.argv[2] ?? 'https://nym.com/'));
undo();
console.log(fetch === mixFetch ? 'still replaced' : 'as it was before');

/** It knows nothing of any of this. */
async function someLibrary(url: string): Promise<string> {
  const response = await fetch(new Request(url, { headers: new Headers({ accept: 'application/json' }) }));
  return response.text();
}
