/**
 * An event stream (SSE), as AI services and block explorers have them: `npx tsx examples/events.ts URL`, over the Nym network,
 * or with MIXFETCH_API over a mixnet of your own (`npx mixfetch devnet`).
 */

import { createMixFetch } from 'mixfetch';

const api = process.env['MIXFETCH_API'];
await using mixFetch = createMixFetch(api === undefined ? {} : { api });

const response = await mixFetch(process.argv[2] ?? 'https://stream.wikimedia.org/v2/stream/recentchange', {
  headers: { accept: 'text/event-stream' },
  // So long may nothing come before it counts as broken off: a minute, unless one says so.
  mixnet: { timeouts: { body: 5 * 60_000 } },
});
if (response.body === null) throw new Error(`status ${response.status}`);
for await (const data of eventsOf(response.body)) console.log(data);

/** WHATWG HTML, section 9.2, as far as `data` goes. For the rest there is the package eventsource, which takes a fetch. */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let unread = '';
  for await (const text of body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
    const events = (unread + text).split(/\r?\n\r?\n/);
    unread = events.pop() ?? '';
    for (const event of events) {
      const lines = event.split(/\r?\n/).filter(line => line.startsWith('data:'));
      yield lines.map(line => line.slice('data:'.length).replace(/^ /, '')).join('\n');
    }
  }
}
