/**
 * `mixfetch/storage/node`: records as files.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import * as promises from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as limits from '../limits.ts';
import { holderIsGone, lockFileName } from './node-lock.ts';
import { type ClientStorage, checkRecordName, locked, type StorageLock, storageFailed, unreadable } from './storage.ts';

export type { ClientStorage, StorageLock } from './storage.ts';

/**
 * A directory of its own, which is made if need be: 0700, and its files 0600. A record is replaced by a rename, so that a
 * crash leaves the old one or the new one. The lock of a process that is gone is taken over; that of another machine, whose
 * processes cannot be seen from here, never is.
 *
 * @throws TypeError for what is no path.
 */
export function fileStorage(directory: string): ClientStorage {
  if (typeof directory !== 'string' || directory === '') throw new TypeError('a file storage needs a directory');
  return new FileStorage(directory);
}

/** What it needs of `node:fs/promises`. */
export type FileSystem = Pick<typeof promises, 'chmod' | 'mkdir' | 'open' | 'readdir' | 'rename' | 'rm' | 'stat'>;

/** Of a file that is not finished: the rest of a crash. */
const UNFINISHED = '.tmp';
const [DIRECTORY_MODE, FILE_MODE] = [0o700, 0o600];

export class FileStorage implements ClientStorage {
  readonly #directory: string;
  readonly #fs: FileSystem;

  constructor(directory: string, fs: FileSystem = promises) {
    this.#directory = resolve(directory);
    this.#fs = fs;
  }

  async load(name: string): Promise<Uint8Array | undefined> {
    const path = this.#path(name);
    try {
      const file = await this.#fs.open(path, 'r');
      try {
        if ((await file.stat()).size > limits.storedRecord) throw unreadable('What is stored is far too long.');
        return new Uint8Array(await file.readFile());
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw storageFailed(error, 'The storage could not be read');
    }
  }

  async store(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(name);
    const unfinished = `${path}.${token()}${UNFINISHED}`;
    try {
      await this.#makeDirectory();
      await this.#write(unfinished, bytes);
      await this.#fs.rename(unfinished, path);
      await this.#sync(this.#directory);
    } catch (error) {
      await this.#fs.rm(unfinished, { force: true }).catch(() => {});
      throw storageFailed(error, 'The storage could not be written');
    }
  }

  async remove(name: string): Promise<void> {
    const path = this.#path(name);
    try {
      await this.#fs.rm(path, { force: true });
      await this.#sync(this.#directory);
    } catch (error) {
      if (!isMissing(error)) throw storageFailed(error, 'The storage could not be written');
    }
  }

  /**
   * Every lock is a file of its own, whose name says whose it is. Who made one and then sees no other holds the storage;
   * two who try at once may both see the other, and then both are refused. No name is used twice, so those of the dead can
   * be removed by anybody.
   */
  async lock(): Promise<StorageLock> {
    const own = await this.#ownLockFile();
    try {
      await (await this.#fs.open(own.path, 'wx', FILE_MODE)).close();
      const files = await this.#fs.readdir(this.#directory);
      for (const file of files.filter(file => file.startsWith('lock.') && file !== own.file)) {
        if (!(await holderIsGone(file))) throw locked(whoHolds(file));
        await this.#fs.rm(join(this.#directory, file), { force: true });
      }
      for (const file of files.filter(file => file.endsWith(UNFINISHED))) {
        await this.#fs.rm(join(this.#directory, file), { force: true });
      }
    } catch (error) {
      await this.#fs.rm(own.path, { force: true }).catch(() => {});
      throw storageFailed(error, 'The storage could not be locked');
    }
    return { release: () => this.#fs.rm(own.path, { force: true }).catch(() => {}) };
  }

  async #ownLockFile(): Promise<{ readonly file: string; readonly path: string }> {
    try {
      await this.#makeDirectory();
      const file = await lockFileName(token());
      return { file, path: join(this.#directory, file) };
    } catch (error) {
      throw storageFailed(error, 'The storage could not be locked');
    }
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.#fs.open(path, 'wx', FILE_MODE);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #makeDirectory(): Promise<void> {
    const made = await this.#fs.mkdir(this.#directory, { recursive: true, mode: DIRECTORY_MODE });
    if (made !== undefined) await this.#sync(dirname(this.#directory));
    const { mode } = await this.#fs.stat(this.#directory);
    if ((mode & 0o077) !== 0 && process.platform !== 'win32') await this.#fs.chmod(this.#directory, DIRECTORY_MODE);
  }

  /** So that the rename survives a crash too. Windows has no such thing. */
  async #sync(directory: string): Promise<void> {
    if (process.platform === 'win32') return;
    const handle = await this.#fs.open(directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  #path(name: string): string {
    return join(this.#directory, checkRecordName(name));
  }
}

function whoHolds(file: string): string {
  return `Another client, of this process or of another, uses the storage. If there is none, remove its file ${file}.`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function token(): string {
  return randomBytes(8).toString('hex');
}
