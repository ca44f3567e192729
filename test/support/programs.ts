/**
 * Before the tests: the programs they are run against, which npm does not install. Where Debian's packages can be
 * installed, they are; otherwise it says which are missing, and fails.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const packages = { chromium: 'chromium', curl: 'curl', openssl: 'openssl', 'gnutls-serv': 'gnutls-bin' } as const;

const missing = Object.entries(packages).filter(([program]) => !isThere(program));
if (missing.length > 0) {
  const names = missing.map(([, name]) => name);
  const installed = process.getuid?.() === 0 && run('apt-get', 'update') && run('apt-get', 'install', '-y', ...names);
  if (!installed) {
    process.stderr.write(
      `The tests need ${missing.map(([program]) => program).join(', ')}: install ${names.join(' ')}.\n`,
    );
    process.exitCode = 1;
  }
}

function isThere(program: string): boolean {
  if (program === 'chromium' && existsSync(process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium')) return true;
  return (process.env['PATH'] ?? '').split(delimiter).some(folder => existsSync(join(folder, program)));
}

function run(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}
