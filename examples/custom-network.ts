/**
 * A network, an entry and an exit of one's own choice, and the same client each time:
 * `npx tsx examples/custom-network.ts URL DIRECTORY GATEWAY EXIT`, where DIRECTORY is the API of the network, GATEWAY the
 * identity of the entry and EXIT the address of a network requester, or the identity of its node; `npx mixfetch devnet` prints
 * such.
 */

import { createMixFetch } from 'mixfetch';
import { fileStorage } from 'mixfetch/storage/node';

const [url = '', api = '', gateway = '', exit = ''] = process.argv.slice(2);
const addresses: string[] = [];

for (let start = 0; start < 2; start++) {
  await using mixFetch = createMixFetch({
    api: [api],
    gateway,
    exits: [exit],
    storage: fileStorage(process.env['MIXFETCH_STORAGE'] ?? './mixnet-identity'),
    timeouts: { setup: 30_000, total: 60_000 },
    maxRedirects: 3,
  });
  const response = await mixFetch(url);
  addresses.push(mixFetch.client.address);
  console.log(response.status, await response.text());
}
console.log(addresses[0] === addresses[1] ? 'the same client' : 'another client');
