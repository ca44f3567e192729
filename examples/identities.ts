/**
 * Several identities in one program: `npx tsx examples/identities.ts URL`, over the Nym network, or with MIXFETCH_API over a
 * mixnet of your own (`npx mixfetch devnet`).
 */

import { createMixFetch } from 'mixfetch';

const api = process.env['MIXFETCH_API'];
const options = api === undefined ? {} : { api };
const url = process.argv[2] ?? 'https://nym.com/';

// One client, and a string for each account: requests of different strings share no connection and no pseudonym, so that
// neither server nor exit can tell that they come from one. What they have in common is the gateway, and what it sees: packets.
await using mixFetch = createMixFetch(options);
const accounts = ['alice', 'bob'];
await Promise.all(accounts.map(isolation => mixFetch(url, { mixnet: { isolation } }).then(it => it.arrayBuffer())));
console.log(`isolated: ${mixFetch.stats().idle} connections for ${accounts.length} accounts`);

// Two clients: two keys, two registrations, two streams of cover traffic, and, as chance has it, two gateways.
await using other = createMixFetch(options);
await (await other(url)).arrayBuffer();
console.log(`apart: ${mixFetch.client.address === other.client.address ? 'one address' : 'two addresses'}`);
