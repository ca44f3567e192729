/** A process with a client in it and nothing else, which tells its parent every socket and look-up that it made. */

import { recordNetwork } from '../support/socket-recorder.ts';

const record = recordNetwork();
const { createMixFetch } = await import('../../src/index.ts');

const [api = '', gateway = '', ca = '', ...urls] = process.argv.slice(2);
const mixFetch = createMixFetch({ api, gateway, extraCa: [ca], timeouts: { connect: 5_000, headers: 10_000 } });
const outcomes: string[] = [];
for (const url of urls) {
  outcomes.push(
    await mixFetch(url).then(
      async response => `${response.status} ${(await response.arrayBuffer()).byteLength}`,
      (error: Error) => `${error.message}: ${(error.cause as { code?: string } | undefined)?.code}`,
    ),
  );
}
await mixFetch.close();
process.send?.({ outcomes, ...record });
process.disconnect();
