/**
 * What a page loads for `import { mixFetch } from 'mixfetch'`: the built package, bundled and minified as users do it, and
 * each file compressed by brotli as servers send it. The published packages go the same way.
 *
 *     node --conditions=mixfetch-source --import tsx test/bench/size.ts [--readme FILE] [--ours] [--rooms]
 *
 * Writes its table between the marks of README.md. Exits with 1 when they are missing, or when a goal is missed.
 * `--ours` leaves the published packages out, whose megabytes take a minute to compress, and writes nothing. `--rooms` prints
 * besides what each room and each dependency takes.
 */

import { parseArgs } from 'node:util';
import { readmePath } from '../readme/chapters.ts';
import { buildPackage } from '../support/built-package.ts';
import { bundleForPage, bundleOfSource, type PageSizes, pageSizes } from '../support/page-code.ts';
import { versionOf } from './compiled-clients.ts';
import { tablePlace } from './table-place.ts';

/** Bytes, compressed. */
const GOALS = { code: 55_000, authorities: 45_000 };
const CHAPTER = 'bench:size';
const QUALITIES =
  'Files above 5 MB are compressed with quality 9, which leaves them up to a fifth larger than the best; all others with the best, 11.';
const published = ['@nymproject/mix-fetch-full-fat', '@nymproject/mix-fetch'];

const { values: options } = parseArgs({
  options: { readme: { type: 'string', default: readmePath }, ours: { type: 'boolean' }, rooms: { type: 'boolean' } },
});
const writeTable = tablePlace(options.readme, CHAPTER);
const ours = await sizesOfOurs();
if (options.rooms) console.log(await tableOfRooms(ours.code));
if (options.ours) console.log(ours);
else {
  const table = await formatTable();
  console.log(table);
  writeTable(table);
}
for (const [what, goal] of Object.entries(GOALS))
  if (ours[what as keyof typeof GOALS] > goal) {
    console.error(`goal missed: ${what} of ${kilobytes(ours[what as keyof typeof GOALS])}, not ${kilobytes(goal)}`);
    process.exitCode = 1;
  }

async function sizesOfOurs(): Promise<PageSizes> {
  const built = await buildPackage();
  try {
    return pageSizes(await bundleForPage('mixfetch', built.folder));
  } finally {
    built.remove();
  }
}

/** Of all rooms in proportion to what they are before they are compressed, built from the source. */
async function tableOfRooms(total: number): Promise<string> {
  const { metafile } = await bundleOfSource();
  const main = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint === '<stdin>');
  const rooms = new Map<string, number>();
  const files = Object.entries(main?.inputs ?? {});
  for (const [path, { bytesInOutput }] of files)
    rooms.set(roomOf(path), (rooms.get(roomOf(path)) ?? 0) + bytesInOutput);
  const whole = files.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
  const line = ([name, bytes]: readonly [string, number]): string =>
    `${name.padEnd(60)} ${String(bytes).padStart(7)} ${String(Math.round((bytes / whole) * total)).padStart(7)}`;
  const bySize = (a: readonly [string, number], b: readonly [string, number]): number => b[1] - a[1];
  return [
    ...[...rooms].sort(bySize).map(line),
    '',
    ...files
      .map(([path, { bytesInOutput }]) => [path, bytesInOutput] as const)
      .sort(bySize)
      .map(line),
  ].join('\n');
}

function roomOf(path: string): string {
  return /node_modules\/((?:@[^/]+\/)?[^/]+\/?[^/]*)/.exec(path)?.[1] ?? path.split('/').slice(0, 2).join('/');
}

async function formatTable(): Promise<string> {
  const theirs = [];
  for (const name of published) theirs.push({ name, ...pageSizes(await bundleForPage(name)) });
  const own = ours.code + ours.authorities;
  const row = (what: string, bytes: number, goal?: number): string =>
    `| ${what} | ${kilobytes(bytes)} | ${(bytes / own).toFixed(bytes < own ? 2 : 0)} | ${goal === undefined ? '' : `at most ${kilobytes(goal)}`} |`;
  return [
    '| for `import { mixFetch }` a page loads | brotli | to ours | goal |',
    '|---|---|---|---|',
    ...theirs.map(({ name, code, authorities, onUse }) =>
      row(`\`${name}\` ${versionOf(name)}`, code + authorities + onUse),
    ),
    row('this package', own),
    row('of it, the code', ours.code, GOALS.code),
    row('of it, with the first `https:` request, the list of authorities', ours.authorities, GOALS.authorities),
    '',
    `esbuild ${versionOf('esbuild')}, minified, ${new Date().toISOString().slice(0, 10)}. ${QUALITIES}`,
  ].join('\n');
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(bytes < 1_000_000 ? 1 : 0)} KB`;
}
