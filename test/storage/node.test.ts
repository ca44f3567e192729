/** Files: who may read them, what a crash leaves, and who holds the lock. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FileStorage, type FileSystem, fileStorage } from '../../src/storage/node.ts';

const [before, after] = [new Uint8Array(4096).fill(1), new Uint8Array(4096).fill(2)];

async function place(): Promise<string> {
  const directory = await fs.mkdtemp(join(tmpdir(), 'mixfetch-'));
  onTestFinished(() => fs.rm(directory, { recursive: true }));
  return join(directory, 'state');
}

/** A process that uses the storage too. */
async function otherProcess(directory: string, task: 'hold' | 'write'): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('other-process.ts', import.meta.url)), [task, directory], {
    execArgv: ['--conditions=mixfetch-source', '--import', 'tsx'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

describe('files', () => {
  test('are for their owner alone, whatever the directory was before', async () => {
    const directory = await place();
    await fs.mkdir(directory, { mode: 0o755 });
    const storage = fileStorage(directory);
    const lock = await storage.lock();
    await storage.store('client', before);
    expect((await fs.stat(directory)).mode & 0o777).toBe(0o700);
    for (const file of await fs.readdir(directory)) {
      expect((await fs.stat(join(directory, file))).mode & 0o777).toBe(0o600);
    }
    await lock.release();
    expect(await fs.readdir(directory)).toEqual(['client']);
  });

  test.each(['open', 'rename', 'write', 'sync'] as const)(
    'keep the old record where the disk refuses at %s',
    async operation => {
      const directory = await place();
      await new FileStorage(directory).store('client', before);
      const error = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      const failing = new FileStorage(directory, failingAt(operation, error));
      await expect(failing.store('client', after)).rejects.toMatchObject({
        code: 'ERR_MIX_STORAGE_FAILED',
        message: expect.stringContaining('ENOSPC'),
        cause: error,
      });
      expect(await fileStorage(directory).load('client')).toEqual(before);
      expect(await fs.readdir(directory)).toEqual(['client']);
    },
  );

  test('hold the old record or the new one when the process dies while it writes', async () => {
    const directory = await place();
    const storage = fileStorage(directory);
    for (let round = 0; round < 3; round++) {
      const writer = await otherProcess(directory, 'write');
      // It writes all the time: wherever this catches it will do.
      await new Promise(resolve => setTimeout(resolve, 7 * round));
      await end(writer);
      const record = await storage.load('client');
      expect(record).toHaveLength(4096);
      expect(new Set(record).size).toBe(1);
    }
    const lock = await storage.lock();
    expect((await fs.readdir(directory)).filter(file => !file.startsWith('lock.'))).toEqual(['client']);
    await lock.release();
  });

  test('that cannot be read or are far too long are errors, and stay', async () => {
    const directory = await place();
    const storage = fileStorage(directory);
    await storage.store('long', new Uint8Array(100_000));
    await expect(storage.load('long')).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_UNREADABLE' });
    await fs.mkdir(join(directory, 'folder'));
    await expect(storage.load('folder')).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_FAILED' });
    await expect(storage.store('folder', before)).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_FAILED' });
    expect((await fs.readdir(directory)).sort()).toEqual(['folder', 'long']);
  });

  test('need a directory that can be one', async () => {
    expect(() => fileStorage('')).toThrow(TypeError);
    const directory = await place();
    await fs.writeFile(directory, 'a file');
    const storage = fileStorage(directory);
    await expect(storage.lock()).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_FAILED' });
    await expect(storage.store('client', before)).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_FAILED' });
    await expect(storage.load('client')).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_FAILED' });
  });
});

describe('the lock', () => {
  test('of another process is respected while that lives, and taken over when it was killed', async () => {
    const directory = await place();
    const holder = await otherProcess(directory, 'hold');
    const storage = fileStorage(directory);
    await expect(storage.lock()).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_LOCKED' });
    await end(holder);
    const lock = await storage.lock();
    expect(await fs.readdir(directory)).toHaveLength(1);
    await lock.release();
  });

  test('of a process whose number was given to another is taken over; of another machine, and of what is no lock, never', async () => {
    const directory = await place();
    const storage = fileStorage(directory);
    const own = await storage.lock();
    const [file = ''] = await fs.readdir(directory);
    await own.release();
    const [, host = '', boot = '', pid = '', start = ''] = file.split('.');
    const token = '0123456789abcdef';
    const foreign = ['lock', 'ffffffff', boot, pid, start, token].join('.');
    const gone = [
      ['lock', host, boot, pid, '1', token].join('.'),
      ['lock', host, 'ffffffff', pid, start, token].join('.'),
      ['lock', host, boot, '4194304', start, token].join('.'),
    ];
    for (const stale of gone) {
      await fs.writeFile(join(directory, stale), '');
      const lock = await storage.lock();
      expect(await fs.readdir(directory)).not.toContain(stale);
      await lock.release();
    }
    for (const held of [foreign, 'lock.of-somebody', file]) {
      await fs.writeFile(join(directory, held), '');
      await expect(storage.lock()).rejects.toMatchObject({ message: expect.stringContaining(held) });
      await fs.rm(join(directory, held));
    }
    expect(file).not.toContain(hostname());
    expect(await fs.readdir(directory)).toEqual([]);
  });
});

function failingAt(operation: 'open' | 'rename' | 'write' | 'sync', error: Error): FileSystem {
  const fail = async () => {
    throw error;
  };
  return {
    ...fs,
    ...(operation === 'rename' && { rename: fail }),
    async open(...args: Parameters<FileSystem['open']>) {
      if (operation === 'open') throw error;
      const file = await fs.open(...args);
      if (operation === 'write') file.writeFile = fail;
      if (operation === 'sync') file.sync = fail;
      return file;
    },
  };
}
