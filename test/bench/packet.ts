/**
 * How fast packets are built. Each unit is a regular packet with the packet of its acknowledgement inside, its content
 * encrypted to a recipient, in the frame for the gateway. Every variant has a process of its own (functions shared by
 * variants would be compiled for none), they take turns in slices, and every packet is unwrapped through its 4 + 4 hops
 * before it counts. Ratios are between slices of the same round, so that what else the machine does matters little.
 * The workers run as users would run them: compiled beforehand, on plain Node, with the libraries as they are installed.
 *
 *     node --conditions=mixfetch-source --import tsx test/bench/packet.ts [--readme FILE] [--rounds N]
 *
 * Writes its table between the marks of README.md. Exits with 1 when they are missing, or when a goal is missed.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { readmePath } from '../readme/chapters.ts';
import { median, quantile } from '../support/quantile.ts';
import { makeScenario } from './packet-scenario.ts';
import { verifyParcel } from './packet-verify.ts';
import type { Order, Slice } from './packet-worker.ts';
import { roundsOf } from './run-length.ts';
import { tablePlace } from './table-place.ts';

interface Variant {
  readonly name: string;
  readonly title: string;
  readonly parcel: 'literal' | 'ours';
  readonly conditions: readonly string[];
  /** Enough to compile what is hot, and to build the tables of all nodes. */
  readonly warmUp: number;
  readonly goal: number | undefined;
}

const variants: readonly Variant[] = [
  {
    name: 'literal',
    parcel: 'literal',
    title: 'the protocol read literally, @noble alone',
    conditions: [],
    warmUp: 10,
    goal: undefined,
  },
  { name: 'node', parcel: 'ours', title: 'this package in Node, by its kernel', conditions: [], warmUp: 600, goal: 10 },
  {
    name: 'portable',
    parcel: 'ours',
    title: 'this package in plain JavaScript',
    conditions: ['mixfetch-portable'],
    warmUp: 600,
    goal: 8,
  },
];

const SLICE_MS = 400;
const CHAPTER = 'bench:packet';

const { values: options } = parseArgs({
  options: {
    readme: { type: 'string', default: readmePath },
    rounds: { type: 'string', default: '15' },
  },
});
const writeTable = tablePlace(options.readme, CHAPTER);
const rounds = roundsOf(options.rounds);
const results = await measure(rounds);
const table = formatTable(results);
console.log(table);
writeTable(table);
for (const { variant, ratio } of results)
  if (variant.goal !== undefined && ratio.median < variant.goal) {
    console.error(`goal missed: ${variant.title} is ${ratio.median.toFixed(1)} times as fast, not ${variant.goal}`);
    process.exitCode = 1;
  }

interface Spread {
  readonly median: number;
  /** The middle half lies between these. */
  readonly low: number;
  readonly high: number;
}

interface Result {
  readonly variant: Variant;
  readonly microseconds: Spread;
  readonly ratio: Spread;
}

async function measure(rounds: number): Promise<Result[]> {
  const { scenario, secrets } = makeScenario();
  const folder = mkdtempSync(fileURLToPath(new URL('../../node_modules/.packet-bench-', import.meta.url)));
  const workers = variants.map(variant => ({ variant, worker: startWorker(variant, folder), times: [] as number[] }));
  try {
    for (const { worker } of workers) await ask(worker, { scenario });
    for (let round = 0; round <= rounds; round++)
      for (const { variant, worker, times } of workers) {
        const warmUp = round === 0 ? variant.warmUp : 0;
        const { microseconds, parcels } = (await ask(worker, { slice: { ms: SLICE_MS, warmUp } })) as Slice;
        for (const parcel of parcels) verifyParcel(parcel, scenario, secrets);
        if (round > 0) times.push(microseconds / parcels.length);
      }
  } finally {
    for (const { worker } of workers) worker.kill();
    rmSync(folder, { recursive: true });
  }
  const literal = workers[0]?.times ?? [];
  return workers.map(({ variant, times }) => ({
    variant,
    microseconds: spread(times),
    ratio: spread(times.map((time, round) => (literal[round] ?? Number.NaN) / time)),
  }));
}

function startWorker({ name, parcel, conditions }: Variant, folder: string): ChildProcess {
  const outfile = join(folder, `${name}.mjs`);
  buildSync({
    stdin: {
      contents: `import { parcelBuilder } from './parcel-${parcel}.ts'; import { work } from './packet-worker.ts'; work(parcelBuilder);`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: `node${process.versions.node}`,
    conditions: ['mixfetch-source', ...conditions],
  });
  return fork(outfile, { execArgv: [], serialization: 'advanced' });
}

async function ask(worker: ChildProcess, order: Order): Promise<unknown> {
  const exited = new AbortController();
  worker.once('exit', code => exited.abort(new Error(`a worker ended with code ${code}`)));
  worker.send(order);
  const [answer] = await once(worker, 'message', { signal: exited.signal });
  worker.removeAllListeners('exit');
  return answer;
}

function spread(values: readonly number[]): Spread {
  return { median: median(values), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

function formatTable(rows: readonly Result[]): string {
  const lines = rows.map(({ variant, microseconds: us, ratio }) => {
    const time = `${us.median.toFixed(0)} (${us.low.toFixed(0)}–${us.high.toFixed(0)})`;
    const times =
      variant.goal === undefined
        ? '1'
        : `**${ratio.median.toFixed(1)}** (${ratio.low.toFixed(1)}–${ratio.high.toFixed(1)})`;
    return `| ${variant.title} | ${time} | ${(1e6 / us.median).toFixed(0)} | ${times} | ${variant.goal ?? ''} |`;
  });
  return [
    '| building a full-size packet with its acknowledgement | µs of processor | per second and core | times as fast | goal |',
    '|---|---|---|---|---|',
    ...lines,
    '',
    `Median and middle half of ${rounds} rounds, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}.`,
  ].join('\n');
}
