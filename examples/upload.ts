/**
 * An upload of what is only being made, with no more of it in memory than is on its way: `npx tsx examples/upload.ts URL`, over
 * the Nym network, or with MIXFETCH_API over a mixnet of your own (`npx mixfetch devnet`).
 */

import { createMixFetch } from 'mixfetch';

const api = process.env['MIXFETCH_API'];
await using mixFetch = createMixFetch(api === undefined ? {} : { api });

let line = 0;
const body = new ReadableStream<Uint8Array>({
  pull(controller) {
    line += 1;
    controller.enqueue(new TextEncoder().encode(`${line}: ${'measured '.repeat(100)}\n`));
    if (line === 50) controller.close();
  },
});

const response = await mixFetch(process.argv[2] ?? 'https://httpbin.org/put', {
  method: 'PUT',
  headers: { 'content-type': 'text/plain' },
  body,
  duplex: 'half',
});
console.log(response.status, await response.text());
