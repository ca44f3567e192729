/**
 * The published Nym clients beside ours, at the same mixnet, by turns: mixFetch v1 and ours each in a page of Chromium, over
 * `https:`, at the usual pacing; the message client and ours each in a process of Node. The mixnet has a process of its own.
 * The published packages are as they were published, but for one certificate authority in the memory of v1's TLS.
 *
 *     node --conditions=mixfetch-source --import tsx test/bench/peers.ts [--readme FILE] [--rounds N] [--only PART]...
 *
 * Writes its table between the marks of README.md, unless it was to measure only some parts (cold, warm, megabyte, twelve,
 * idle, packets). Exits with 1 when they are missing, when a step fails or is not done in
 * time, or when a goal is missed.
 */

import { parseArgs } from 'node:util';
import { brotliCompressSync } from 'node:zlib';
import { type PageOptions, published, scriptsOf } from '../interop/chromium.ts';
import { exchangeOfRoots } from '../interop/go-roots.ts';
import { readmePath } from '../readme/chapters.ts';
import { type Child, startChild } from '../support/child.ts';
import { compileClients, PUBLISHED_CLIENT, versionOf } from './compiled-clients.ts';
import type { NetworkJobs } from './network.ts';
import { type Contestant, memoryOfEmptyPage, pageParts, pageTurn, SAMPLES } from './peers-fetch.ts';
import { packetsPerCpuSecond } from './peers-packets.ts';
import { isMissed, type Pair, rowsOf, type Turn, tableOf } from './peers-table.ts';
import { roundsOf } from './run-length.ts';
import { tablePlace } from './table-place.ts';

const CHAPTER = 'bench:peers';
const V1 = '@nymproject/mix-fetch-full-fat';

const { values: options } = parseArgs({
  options: {
    readme: { type: 'string', default: readmePath },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true, default: [] },
  },
});
const parts = [...pageParts, 'packets'] as const;
const unknown = options.only.filter(part => !parts.some(known => known === part));
if (unknown.length > 0) {
  console.error(`--only takes ${parts.join(', ')}`);
  process.exit(1);
}
const writeTable = tablePlace(options.readme, CHAPTER);
const rounds = roundsOf(options.rounds);
const turns = await measure();
const rows = rowsOf(turns, await bytesToLoad());
const table = `${tableOf(rows)}\n\n${circumstances()}`;
console.log(table);
if (options.only.length === 0) writeTable(table);
for (const row of rows.filter(isMissed)) {
  console.error(`goal missed: ${row.title}: ${row.ratio.value.toFixed(2)}, not ${row.goal?.bound} ${row.goal?.ratio}`);
  process.exitCode = 1;
}

async function measure(): Promise<Pair<Turn>[]> {
  const clients = compileClients();
  const network = startChild<NetworkJobs>(new URL('./network.ts', import.meta.url));
  try {
    const [theirs, ours] = await contestants(network);
    const emptyPageBytes = await memoryOfEmptyPage();
    const turnOf = async (contestant: Contestant, client: URL): Promise<Turn> => ({
      page: await pageTurn(contestant, network, emptyPageBytes, wanted),
      packetsPerCpuSecond: wanted('packets') ? await packetsPerCpuSecond(client, network) : undefined,
    });
    const turns = [];
    for (let round = 1; round <= rounds; round++) {
      turns.push({ theirs: await turnOf(theirs, clients.published), ours: await turnOf(ours, clients.ours) });
      console.error(`round ${round} of ${rounds} is done`);
    }
    await network.ask('stop');
    return turns;
  } finally {
    await network.end();
    clients.remove();
  }
}

function wanted(part: (typeof parts)[number]): boolean {
  return options.only.length === 0 || options.only.includes(part);
}

async function contestants(network: Child<NetworkJobs>): Promise<[theirs: Contestant, ours: Contestant]> {
  const { api, gateway, exit, ca } = await network.ask('entrance');
  return [
    {
      page: { ...pages().theirs, beforeWorkers: exchangeOfRoots(ca) },
      options: {
        ...{ nymApiUrl: api, preferredGateway: gateway, preferredNetworkRequester: exit, forceTls: false },
        ...{ clientId: 'bench', mixFetchOverride: { requestTimeoutMs: 150_000 } },
      },
    },
    { page: pages().ours, options: { api, gateway, exits: [exit], extraCa: [ca] } },
  ];
}

function pages(): Pair<PageOptions> {
  return {
    theirs: { script: new URL('peers-v1-page.ts', import.meta.url), modules: { [V1]: published(`${V1}/index.js`) } },
    ours: { script: new URL('peers-ours-page.ts', import.meta.url) },
  };
}

/** Of the page with each of them, compressed. */
async function bytesToLoad(): Promise<Pair<number>> {
  const { theirs, ours } = pages();
  return { theirs: await compressed(theirs), ours: await compressed(ours) };
}

async function compressed(page: PageOptions): Promise<number> {
  const scripts = [...(await scriptsOf(page)).values()];
  return scripts.reduce((sum, script) => sum + brotliCompressSync(script).length, 0);
}

function circumstances(): string {
  const browser = turns[0]?.ours.page.browser;
  return [
    `Nym's is \`${V1}\` ${versionOf(V1)} in Chromium ${browser}, over \`https:\`, and in the last line`,
    `\`${PUBLISHED_CLIENT}\` ${versionOf(PUBLISHED_CLIENT)} in Node ${process.versions.node}. Median, least and most of ${rounds} rounds;`,
    `first bytes are ${SAMPLES * rounds} of each kind, a round having the median of ${SAMPLES}. ${new Date().toISOString().slice(0, 10)}.`,
  ].join(' ');
}
