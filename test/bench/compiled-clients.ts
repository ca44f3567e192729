/** Scripts of clients as users would run them: compiled beforehand, for plain Node, with the libraries as they are installed. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

/** The message clients that are measured, and until when. */
export interface CompiledClients {
  readonly published: URL;
  readonly ours: URL;
  /** Removes the files. */
  remove(): void;
}

export const PUBLISHED_CLIENT = '@nymproject/nym-client-wasm-node';

export function compileClients(): CompiledClients {
  const folder = mkdtempSync(fileURLToPath(new URL('../../node_modules/.client-bench-', import.meta.url)));
  return {
    published: compile('client-published', folder),
    ours: compile('client-ours', folder),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Of an installed package. */
export function versionOf(name: string): string {
  const manifest = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return String((JSON.parse(readFileSync(manifest, 'utf8')) as { version: unknown }).version);
}

function compile(script: string, folder: string): URL {
  const outfile = join(folder, `${script}.mjs`);
  buildSync({
    entryPoints: [fileURLToPath(new URL(`./${script}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: `node${process.versions.node}`,
    conditions: ['mixfetch-source'],
  });
  return pathToFileURL(outfile);
}
