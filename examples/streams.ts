/**
 * Two clients and a stream between them: `npx tsx examples/streams.ts`, over the Nym network, or with MIXFETCH_API over a
 * mixnet of your own (`npx mixfetch devnet`).
 */

import { MixnetClient } from 'mixfetch';

const api = process.env['MIXFETCH_API'];
const options = api === undefined ? {} : { api };
await using bob = await MixnetClient.connect(options);
await using alice = await MixnetClient.connect(options);

const incoming = bob.listen();
const stream = alice.openStream({ recipient: bob.address });
const writer = stream.writable.getWriter();
await writer.write(new TextEncoder().encode('hello through the mixnet'));
await writer.close();

// Bob sends back what comes, and does not learn where to.
const { value: accepted } = await incoming.next();
const echoing = accepted?.readable.pipeTo(accepted.writable);
for await (const chunk of stream.readable) process.stdout.write(chunk);
await Promise.all([echoing, stream.closed]);
