/** Programs that tests are run against, and that npm does not install. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where browsers are, unless the environment says otherwise. */
const places: Readonly<Record<string, string>> = {
  chromium: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  'firefox-esr': process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr',
};

/** Its package would have it listen from then on, where the system starts services: whoever wants that does it. */
const isService = (name: string): boolean => name === 'openssh-server' && existsSync('/run/systemd/system');

/**
 * Installs those that are missing where Debian's packages can be installed; otherwise says which they are.
 *
 * @param packages by the name of the program
 * @returns whether all are there
 */
export function providePrograms(packages: Readonly<Record<string, string>>): boolean {
  const missing = Object.entries(packages).filter(([program]) => !isThere(program));
  if (missing.length === 0) return true;
  const names = missing.map(([, name]) => name);
  const mayInstall = process.getuid?.() === 0 && !names.some(isService);
  if (mayInstall && run('apt-get', 'update') && run('apt-get', 'install', '-y', ...names)) return true;
  const programs = missing.map(([program]) => program).join(', ');
  process.stderr.write(`The tests need ${programs}: install ${names.join(' ')}.\n`);
  return false;
}

function isThere(program: string): boolean {
  const place = places[program];
  if (place !== undefined && existsSync(place)) return true;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  return folders.some(folder => existsSync(join(folder, program)));
}

function run(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}
