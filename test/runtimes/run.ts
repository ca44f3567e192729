/**
 * The package as npm would publish it, on every runtime that it is for: each connects to a mixnet in another process, gets,
 * posts, downloads a stream, aborts and closes.
 *
 *     node --conditions=mixfetch-source --import tsx test/runtimes/run.ts [--readme FILE] [--only TEXT] [--package FILE]
 *
 * Writes its table between the marks of README.md, unless only some were run. Exits with 1 when one of them failed.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { version as reactVersion } from 'react';
import { tablePlace } from '../bench/table-place.ts';
import { readmePath } from '../readme/chapters.ts';
import { startChild } from '../support/child.ts';
import { providePrograms } from '../support/programs.ts';
import { browsers, versionOf as browserVersion, visit } from './browsers.ts';
import type { NetworkJobs } from './network-process.ts';
import { InstalledPackage } from './package-under-test.ts';
import { programs, run, runAtEdge, versionOf, workerdVersion } from './programs.ts';
import { described, type Given, type Seen } from './smoke.ts';

interface Row {
  readonly runtime: string;
  readonly version: string;
  readonly seen: Seen;
}

const CHAPTER = 'runtimes';

const { values: options } = parseArgs({
  options: { readme: { type: 'string', default: readmePath }, only: { type: 'string' }, package: { type: 'string' } },
});
const writeTable = tablePlace(options.readme, CHAPTER);
const isWanted = ([runtime]: readonly [string, ...unknown[]]) => runtime.includes(options.only ?? '');
installRuntimes();
const rows = await runAll();
const table = formatTable(rows);
console.log(table);
if (options.only === undefined) writeTable(table);
for (const { runtime, seen } of rows.filter(({ seen: { failure } }) => failure !== undefined)) {
  console.error(`${runtime} failed at "${seen.steps.at(-1) ?? 'its start'}": ${seen.failure}`);
  process.exitCode = 1;
}

function installRuntimes(): void {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  execFileSync('npm', ['ci', '--prefer-offline'], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  if (!providePrograms({ chromium: 'chromium', 'firefox-esr': 'firefox-esr' })) process.exit(1);
}

async function runAll(): Promise<Row[]> {
  const installed = new InstalledPackage(options.package);
  const network = startChild<NetworkJobs>(new URL('network-process.ts', import.meta.url));
  try {
    const given = await network.ask('given');
    const rows = [...(await inPrograms(installed, given)), ...(await inBrowsers(installed, given))];
    await network.ask('stop');
    return rows;
  } finally {
    await network.end();
    installed.remove();
  }
}

async function inPrograms(installed: InstalledPackage, given: Given): Promise<Row[]> {
  const rows: Row[] = [];
  const script = await installed.program('program.ts');
  for (const [runtime, program] of Object.entries(programs).filter(isWanted))
    rows.push({ runtime, version: versionOf(program), seen: await run(program, script, given).catch(failed) });
  if (isWanted(['workerd'])) {
    const worker = await installed.oneFile('edge.ts');
    rows.push({ runtime: 'workerd', version: workerdVersion(), seen: await runAtEdge(worker, given).catch(failed) });
  }
  return rows;
}

async function inBrowsers(installed: InstalledPackage, given: Given): Promise<Row[]> {
  const rows: Row[] = [];
  const scripts = await installed.site(['page.ts', 'worker.ts'], ['service-worker.ts']);
  for (const [name, browser] of Object.entries(browsers).filter(isWanted)) {
    const version = browserVersion(browser);
    const places = await visit(browser, scripts, given).catch(error => ({ page: failed(error) }));
    for (const [place, seen] of Object.entries(places)) {
      const react = place.startsWith('React') ? `, React ${reactVersion}` : '';
      rows.push({ runtime: `${name}: ${place}`, version: version + react, seen });
    }
  }
  return rows;
}

function failed(error: unknown): Seen {
  return { steps: [], failure: described(error) };
}

function formatTable(rows: readonly Row[]): string {
  const lines = rows.map(({ runtime, version, seen: { steps, failure } }) => {
    const seen = failure === undefined ? steps.join(', ') : `fails at "${steps.at(-1) ?? 'its start'}"`;
    return `| ${runtime} | ${version} | ${seen} |`;
  });
  return [
    '| runtime | version | what was seen |',
    '|---|---|---|',
    ...lines,
    '',
    `The package of \`npm pack\`, over a mixnet in another process, ${new Date().toISOString().slice(0, 10)}.`,
  ].join('\n');
}
