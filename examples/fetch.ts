/** `npx tsx examples/fetch.ts URL`: over the Nym network, or with MIXFETCH_API over a mixnet of your own (`npx mixfetch devnet`). */

import { createMixFetch } from 'mixfetch';

const api = process.env['MIXFETCH_API'];
await using mixFetch = createMixFetch(api === undefined ? {} : { api });

const response = await mixFetch(process.argv[2] ?? 'https://nym.com/', { signal: AbortSignal.timeout(60_000) });
console.error(response.status, response.headers.get('content-type'));
for await (const chunk of response.body ?? []) process.stdout.write(chunk);
