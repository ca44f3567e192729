/**
 * A process with a mixnet, a service and the packages in it, none of which needs a socket. Whatever is asked of the
 * machine all the same, the recorder sees at the sockets, and msw at `fetch` and `node:http`.
 */

import { recordNetwork } from '../support/socket-recorder.ts';

const record = recordNetwork();
const { createServer } = await import('node:http');
const { setupServer } = await import('msw/node');
const { startDevnet } = await import('../../src/devnet/index.ts');
const { createMixFetch } = await import('../../src/index.ts');
const { createMixAgents } = await import('../../src/node.ts');
const { createMixAgent } = await import('../../src/undici.ts');
const { request } = await import('undici');
const { default: axios } = await import('axios');
const { default: got } = await import('got');
const { default: ky } = await import('ky');

const server = createServer((request, response) => response.end(`${request.headers.host}${request.url}`));
const devnet = await startDevnet({
  transport: 'in-process',
  delayScale: 0,
  hosts: { 'shop.test': { serve: connection => void server.emit('connection', connection) } },
});
const platform = devnet.clientPlatform();
const mixFetch = createMixFetch({
  api: devnet.api,
  platform,
  traffic: { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true },
});
const agents = createMixAgents(mixFetch, { platform });
const dispatcher = createMixAgent(mixFetch, { platform });

const packages: Record<string, (url: string) => Promise<string>> = {
  ky: url => ky(url, { fetch: mixFetch, retry: 0 }).text(),
  'axios with a fetch': async url =>
    String((await axios.get(url, { adapter: 'fetch', env: { fetch: mixFetch } })).data),
  undici: async url => (await request(url, { dispatcher })).body.text(),
};
/** msw takes `node:http` over, agents or not: these run before it does. */
const overNodeHttp: Record<string, (url: string) => Promise<string>> = {
  got: url => got(url, { agent: agents, retry: { limit: 0 } }).text(),
  'axios with agents': async url =>
    String(
      (await axios.get(url, { adapter: 'http', httpAgent: agents.http, httpsAgent: agents.https, proxy: false })).data,
    ),
};
const urls = ['http://shop.test/', 'http://localhost:8080/', 'https://127.0.0.1/', 'http://no-such-host.test/'];

const outcomes: Record<string, string[]> = {};
async function tryAll(clients: typeof packages): Promise<void> {
  for (const [name, ask] of Object.entries(clients)) {
    const results = urls.map(url => ask(url).catch((error: unknown) => codeOf(error)));
    outcomes[name] = await Promise.all(results);
  }
}

/** Packages wrap the error of the mixnet in their own. */
function codeOf(error: unknown): string {
  const { code, cause } = error as { code?: string; cause?: unknown };
  return cause === undefined || code?.startsWith('ERR_MIX_') ? String(code) : codeOf(cause);
}

await tryAll(overNodeHttp);
const caught: string[] = [];
const guard = setupServer();
guard.events.on('request:unhandled', ({ request }) => void caught.push(request.url));
guard.listen({ onUnhandledRequest: 'error' });
await tryAll(packages);
const before = [...caught];
/** That it would have been seen. */
await fetch('http://leak.test/').catch(() => {});
guard.close();
process.send?.({ outcomes, caught: before, caughtLeak: caught.slice(before.length), ...record });
await mixFetch.close();
await devnet.close();
process.exit();
