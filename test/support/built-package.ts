/** The package as `npm run build` makes it, in a place from which programs import it by its name. */

import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface BuiltPackage {
  /** From a file in here, `mixfetch` is the built package. */
  readonly folder: string;
  remove(): void;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** In `node_modules`, where its dependencies are found. */
export async function buildPackage(): Promise<BuiltPackage> {
  const folder = mkdtempSync(join(root, 'node_modules/.package-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const home = join(folder, 'node_modules/mixfetch');
  try {
    const tsup = join(root, 'node_modules/tsup/dist/cli-default.js');
    const args = ['--no-dts', '--silent', '--out-dir', join(home, 'dist')];
    await promisify(execFile)(process.execPath, [tsup, ...args], { cwd: root });
    copyFileSync(join(root, 'package.json'), join(home, 'package.json'));
    // Of another name, for otherwise `mixfetch` would be the package around it.
    writeFileSync(join(folder, 'package.json'), '{ "name": "its-user", "private": true }');
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
