import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IDBFactory } from 'fake-indexeddb';
import { describe, expect, onTestFinished, test } from 'vitest';
import { memoryStorage, withPassphrase } from '../../src/storage/index.ts';
import { fileStorage } from '../../src/storage/node.ts';
import { indexedDbStorage } from '../../src/storage/web.ts';
import { compliesWithStorage } from './compliance.ts';
import { webLocks } from './web-locks.ts';

describe('in memory', () => {
  compliesWithStorage(async () => {
    const storage = memoryStorage();
    return () => storage;
  });
});

describe('in files', () => {
  compliesWithStorage(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mixfetch-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    return () => fileStorage(join(directory, 'deep', 'below'));
  });
});

describe('in IndexedDB', () => {
  compliesWithStorage(async () => {
    const parts = { indexedDB: new IDBFactory(), locks: webLocks() };
    return () => indexedDbStorage('client', parts);
  });

  test('databases of other names are other places', async () => {
    const parts = { indexedDB: new IDBFactory(), locks: webLocks() };
    const [one, two] = [indexedDbStorage('one', parts), indexedDbStorage('two', parts)];
    await one.store('client', Uint8Array.of(1));
    expect(await two.load('client')).toBeUndefined();
    const lock = await one.lock();
    await (await two.lock()).release();
    await lock.release();
    expect(() => indexedDbStorage('No!', parts)).toThrow(TypeError);
  });

  test('without Web Locks there is no lock, and it says so; without IndexedDB there is nothing', async () => {
    const unlocked = indexedDbStorage('client', { indexedDB: new IDBFactory(), locks: undefined });
    await expect(unlocked.lock()).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_FAILED' });
    const nowhere = indexedDbStorage('client', { indexedDB: undefined, locks: webLocks() });
    await expect(nowhere.load('client')).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_FAILED' });
  });

  test('a database of a newer version is left alone, and one that is open does not stand in the way of its deletion', async () => {
    const indexedDB = new IDBFactory();
    const storage = indexedDbStorage('client', { indexedDB, locks: webLocks() });
    await storage.store('client', Uint8Array.of(1));
    await opened(indexedDB.open('mixfetch-client', 7));
    await expect(storage.load('client')).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_UNREADABLE' });
    await expect(storage.store('client', Uint8Array.of(2))).rejects.toMatchObject({
      code: 'ERR_MIX_STORAGE_UNREADABLE',
    });
    await opened(indexedDB.deleteDatabase('mixfetch-client'));
    expect(await storage.load('client')).toBeUndefined();
  });
});

describe('under a passphrase', () => {
  compliesWithStorage(async () => {
    const storage = memoryStorage();
    return () => withPassphrase(storage, 'correct horse', { logN: 10 });
  });
});

/** Closed at once. */
function opened(request: IDBOpenDBRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      request.result?.close();
      resolve();
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('it is blocked'));
  });
}
