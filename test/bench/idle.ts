/**
 * What a connected client takes of a processor while it has nothing to send: it sends cover at the default pacing, and gets
 * all of it back with the acknowledgements. Ours and the published client take turns at the same mixnet, which has a
 * process of its own, as each of them has; both are compiled, and measured when they have been connected for a while.
 *
 *     node --conditions=mixfetch-source --import tsx test/bench/idle.ts [--readme FILE] [--rounds N] [--seconds N]
 *
 * Writes its table between the marks of README.md. Exits with 1 when they are missing, or when the goal is missed.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readmePath } from '../readme/chapters.ts';
import { type Child, startChild } from '../support/child.ts';
import { median } from '../support/quantile.ts';
import type { ClientJobs } from './client-jobs.ts';
import { compileClients, PUBLISHED_CLIENT, versionOf } from './compiled-clients.ts';
import type { NetworkJobs } from './network.ts';
import { roundsOf, secondsOf } from './run-length.ts';
import { tablePlace } from './table-place.ts';

/** Of a core. */
const GOAL = 0.1;
/** Until the code that runs all the time is compiled, which at this pace takes a while: shares fall for half a minute. */
const WARM_UP_SECONDS = 30;
const CHAPTER = 'bench:idle';

/** Of one turn of one client. */
interface Turn {
  readonly share: number;
  readonly packetsPerSecond: number;
}

const { values: options } = parseArgs({
  options: {
    readme: { type: 'string', default: readmePath },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '30' },
  },
});
const [rounds, seconds] = [roundsOf(options.rounds), secondsOf(options.seconds)];
const writeTable = tablePlace(options.readme, CHAPTER);
const turns = await measure();
const table = formatTable();
console.log(table);
writeTable(table);
if (median(turns.map(({ ours }) => ours.share)) > GOAL) {
  console.error(`goal missed: more than ${GOAL * 100} % of a core`);
  process.exitCode = 1;
}

async function measure(): Promise<{ published: Turn; ours: Turn }[]> {
  const clients = compileClients();
  const network = startChild<NetworkJobs>(new URL('./network.ts', import.meta.url));
  try {
    const turns = [];
    for (let round = 0; round < rounds; round++)
      turns.push({ published: await turnOf(clients.published, network), ours: await turnOf(clients.ours, network) });
    await network.ask('stop');
    return turns;
  } finally {
    await network.end();
    clients.remove();
  }
}

async function turnOf(script: URL, network: Child<NetworkJobs>): Promise<Turn> {
  const { api, gateway } = await network.ask('entrance');
  const client = startChild<ClientJobs>(script, { compiled: true });
  try {
    await client.ask('connect', api, gateway, 'usual');
    const usage = async () => ({
      cpuSeconds: await client.ask('cpuSeconds'),
      packets: await network.ask('packets'),
      at: performance.now(),
    });
    await sleep(WARM_UP_SECONDS * 1000);
    const start = await usage();
    await sleep(seconds * 1000);
    const end = await usage();
    const elapsed = (end.at - start.at) / 1000;
    return {
      share: (end.cpuSeconds - start.cpuSeconds) / elapsed,
      packetsPerSecond: (end.packets - start.packets) / elapsed,
    };
  } finally {
    await client.end();
  }
}

function formatTable(): string {
  const line = (title: string, of: readonly Turn[], comparison: string, goal: string) => {
    const shares = of.map(({ share }) => share);
    const share = `${percent(median(shares))} (${percent(Math.min(...shares))}–${percent(Math.max(...shares))})`;
    const minute = (60 * median(shares)).toFixed(1);
    const packets = median(of.map(({ packetsPerSecond }) => packetsPerSecond)).toFixed(1);
    const perPacket = (1000 * median(of.map(({ share, packetsPerSecond }) => share / packetsPerSecond))).toFixed(2);
    return `| ${title} | ${packets} | ${perPacket} ms | ${minute} s | ${share} | ${comparison} | ${goal} |`;
  };
  const ratio = median(turns.map(turn => turn.ours.share / turn.published.share));
  return [
    '| a connected client with nothing to send | packets per second | processor time of each, and its way back | of a minute | share of a core | to the first | goal |',
    '|---|---|---|---|---|---|---|',
    line(
      `\`${PUBLISHED_CLIENT}\` ${versionOf(PUBLISHED_CLIENT)}`,
      turns.map(turn => turn.published),
      '1',
      '',
    ),
    line(
      'this package',
      turns.map(turn => turn.ours),
      `**${ratio.toFixed(2)}**`,
      `at most ${GOAL * 100} %`,
    ),
    '',
    `Median, least and most of ${rounds} turns of ${seconds} s each, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}.`,
  ].join('\n');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
