/** Secrets come in files: what stands on a command line, everybody on the machine reads. */

import { readFile } from 'node:fs/promises';
import { type ClientStorage, withPassphrase } from '../storage/index.ts';
import { CommandError } from './command.ts';

/** The first line of the file. @throws CommandError 26 */
export async function readSecret(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).split(/\r?\n/, 1)[0] ?? '';
  } catch (cause) {
    throw new CommandError(`cannot read the file "${file}"`, 26, { cause });
  }
}

/** As it is without a passphrase. */
export function sealed(storage: ClientStorage, passphrase: string | undefined): ClientStorage {
  return passphrase === undefined ? storage : withPassphrase(storage, passphrase);
}
