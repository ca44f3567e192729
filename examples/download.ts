/**
 * A download that arrives piece by piece, with its progress: `npx tsx examples/download.ts URL FILE`, over the Nym network, or
 * with MIXFETCH_API over a mixnet of your own (`npx mixfetch devnet`).
 */

import { createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import { createMixFetch } from 'mixfetch';

const api = process.env['MIXFETCH_API'];
await using mixFetch = createMixFetch(api === undefined ? {} : { api });
const [url = 'https://nym.com/', file = '/dev/null'] = process.argv.slice(2);

const response = await mixFetch(url);
if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
const total = Number(response.headers.get('content-length')) || undefined;

let loaded = 0;
const progress = new TransformStream<Uint8Array, Uint8Array>({
  transform(chunk, controller) {
    loaded += chunk.length;
    const percent = total === undefined ? '' : ` (${Math.round((100 * loaded) / total)} %)`;
    process.stderr.write(`${loaded} bytes${percent}\n`);
    controller.enqueue(chunk);
  },
});
// A disk that is slow slows the sender down, by way of the exit.
await response.body.pipeThrough(progress).pipeTo(Writable.toWeb(createWriteStream(file)));
console.log(`${loaded} bytes`);
