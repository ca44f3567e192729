/** The package as npm would publish it, installed in a folder of its own, and programs that import it from there. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

export class InstalledPackage {
  readonly folder = mkdtempSync(join(tmpdir(), 'mixfetch-runtimes-'));

  /** Of a file that `npm pack` has made; without one, it is made now, and the package built first (see "prepack"). */
  constructor(packed?: string) {
    if (packed === undefined) npm(root, 'pack', '--pack-destination', this.folder);
    else copyFileSync(packed, join(this.folder, 'mixfetch.tgz'));
    const [tarball] = readdirSync(this.folder);
    npm(this.folder, 'init', '-y', '--init-type=module');
    npm(this.folder, 'install', '--prefer-offline', `./${tarball}`);
  }

  /** A program of this folder for runtimes with modules and packages: only our own lines are bundled. */
  async program(script: string): Promise<string> {
    const outfile = join(this.folder, `${script}.mjs`);
    await build({ ...this.#usual(script), outfile, platform: 'neutral', packages: 'external' });
    return outfile;
  }

  /** As one file, with nothing outside. */
  async oneFile(script: string): Promise<string> {
    const outfile = join(this.folder, `${script}.js`);
    await build({ ...this.#usual(script), outfile, platform: 'browser', conditions: ['workerd', 'worker', 'browser'] });
    return outfile;
  }

  /** Scripts of a site, by the path that they are served under; what is imported later is files of its own. */
  async site(scripts: readonly string[], classic: readonly string[]): Promise<Map<string, Uint8Array>> {
    const options = { outdir: '/', write: false, platform: 'browser' } as const;
    const define = { 'process.env.NODE_ENV': '"development"' };
    const built = await Promise.all([
      build({ ...this.#usual(...scripts), ...options, define, splitting: true }),
      // A service worker cannot import what was not there when it was installed.
      build({ ...this.#usual(...classic), ...options, format: 'iife' }),
    ]);
    return new Map(built.flatMap(({ outputFiles }) => outputFiles).map(({ path, contents }) => [path, contents]));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  #usual(...scripts: readonly string[]) {
    return {
      absWorkingDir: root,
      entryPoints: scripts.map(script => `test/runtimes/${script}`),
      bundle: true,
      format: 'esm' as const,
      jsx: 'automatic' as const,
      entryNames: '[name]',
      // The installed one, whatever tsconfig.json says.
      tsconfigRaw: {},
      nodePaths: [join(this.folder, 'node_modules')],
    };
  }
}

/** Says nothing unless it fails. */
function npm(cwd: string, ...args: readonly string[]): void {
  execFileSync('npm', args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
}
