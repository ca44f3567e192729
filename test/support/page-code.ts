/**
 * What a page loads for `import { mixFetch }`: bundled and minified as users do it, and each file compressed by brotli as
 * servers send it.
 */

import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { type BuildResult, build } from 'esbuild';

/** What the code may take, compressed, in bytes. To be lowered as it gets smaller. */
export const CODE_LIMIT = 84_100;

export interface PageSizes {
  /** What a page loads before its first request. */
  readonly code: number;
  /** What comes with the first request by `https:`. */
  readonly authorities: number;
  /** What comes when it is used. */
  readonly onUse: number;
}

export type PageBundle = BuildResult<{ write: false; metafile: true }>;

const root = fileURLToPath(new URL('../..', import.meta.url));
const MEGABYTES = 5_000_000;

/** Of a package by its name, as it is installed in or above the folder. */
export function bundleForPage(name: string, from = root, conditions: string[] = []): Promise<PageBundle> {
  return build({
    stdin: { contents: `export { mixFetch } from '${name}';`, resolveDir: from },
    ...{ bundle: true, splitting: true, minify: true, write: false, metafile: true, legalComments: 'none' },
    ...{ format: 'esm', platform: 'browser', target: 'es2022', outdir: '/', absWorkingDir: root },
    conditions,
  });
}

/** Of this package, from its source. */
export function bundleOfSource(): Promise<PageBundle> {
  return bundleForPage('./src/index.ts', root, ['mixfetch-source']);
}

export function pageSizes({ outputFiles, metafile }: PageBundle): PageSizes {
  const sizes = { code: 0, authorities: 0, onUse: 0 };
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [fileName(path), output]));
  const atOnce = new Set<string>();
  const visit = (name: string): void => {
    if (atOnce.has(name)) return;
    atOnce.add(name);
    for (const { path, kind } of outputs.get(name)?.imports ?? [])
      if (kind === 'import-statement') visit(fileName(path));
  };
  visit('stdin.js');
  for (const { path, contents } of outputFiles) {
    const name = fileName(path);
    const isList = Object.keys(outputs.get(name)?.inputs ?? {}).some(input => /roots/.test(input));
    sizes[atOnce.has(name) ? 'code' : isList ? 'authorities' : 'onUse'] += compressed(contents);
  }
  return sizes;
}

/** By brotli, as well as it can be; what has megabytes would take minutes for that. */
export function compressed(contents: Uint8Array): number {
  const quality = contents.length > MEGABYTES ? 9 : constants.BROTLI_MAX_QUALITY;
  return brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }).length;
}

function fileName(path: string): string {
  return path.split('/').at(-1) ?? path;
}
