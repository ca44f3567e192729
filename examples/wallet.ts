/**
 * JSON-RPC over several endpoints, each with a deadline, one after the other: `npx tsx examples/wallet.ts URL…`, over the Nym
 * network, or with MIXFETCH_API over a mixnet of your own (`npx mixfetch devnet`).
 */

import { createMixFetch, MixnetError } from 'mixfetch';

const api = process.env['MIXFETCH_API'];
await using mixFetch = createMixFetch(api === undefined ? {} : { api });
const endpoints = process.argv.slice(2);

const [chain, block] = await Promise.all([call('eth_chainId'), call('eth_blockNumber')]);
console.log(`chain ${chain}, block ${block}`);

async function call(method: string, params: readonly unknown[] = []): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const headers = { 'content-type': 'application/json' };
  for (const endpoint of endpoints) {
    try {
      const signal = AbortSignal.timeout(15_000);
      const response = await mixFetch(endpoint, { method: 'POST', headers, body, signal });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const { result } = (await response.json()) as { result: unknown };
      return result;
    } catch (error) {
      // The address of a wallet is in what it asks: which endpoint failed can be told, what it was asked cannot.
      console.error(`endpoint ${endpoints.indexOf(endpoint) + 1}: ${why(error)}`);
    }
  }
  throw new Error('no endpoint answered');
}

function why(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof MixnetError ? cause.code : String(error);
}
