/**
 * `mixfetch/storage/web`: records in IndexedDB, one storage for all tabs and workers of an origin.
 *
 * @module
 */

import { MixnetError } from '../errors.ts';
import { type ClientStorage, checkRecordName, locked, type StorageLock, storageFailed, unreadable } from './storage.ts';

export type { ClientStorage, StorageLock } from './storage.ts';

/** What it takes from the browser. */
export interface WebStorageParts {
  readonly indexedDB: IDBFactory | undefined;
  readonly locks: Pick<LockManager, 'request'> | undefined;
}

const VERSION = 1;
const RECORDS = 'records';

/**
 * A database `mixfetch-<name>`. The lock is a Web Lock, which ends with the tab or worker that holds it; where there are
 * none, as on pages that are not served securely, `lock` rejects with ERR_MIX_STORAGE_FAILED, since nothing would keep two
 * tabs from being the same client at once.
 *
 * @throws TypeError for a name that is not of up to 64 lower-case letters, digits and hyphens.
 */
export function indexedDbStorage(
  name = 'client',
  { indexedDB, locks }: WebStorageParts = { indexedDB: globalThis.indexedDB, locks: globalThis.navigator?.locks },
): ClientStorage {
  const database = `mixfetch-${checkRecordName(name)}`;

  /** Opened for each use, so that nothing of ours stands in the way of who wants to delete it. */
  async function within<T>(mode: IDBTransactionMode, act: (records: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    if (indexedDB === undefined) {
      throw new MixnetError('ERR_MIX_STORAGE_FAILED', { message: 'This runtime has no IndexedDB.' });
    }
    const db = await open(indexedDB, database);
    try {
      const transaction = db.transaction(RECORDS, mode, { durability: 'strict' });
      const request = act(transaction.objectStore(RECORDS));
      await completed(transaction);
      return request.result;
    } finally {
      db.close();
    }
  }

  return {
    async load(record) {
      const key = checkRecordName(record);
      const found: unknown = await within('readonly', records => records.get(key)).catch(refused('read'));
      if (found === undefined || found instanceof Uint8Array) return found;
      throw unreadable('What is stored is not bytes.');
    },
    async store(record, bytes) {
      const key = checkRecordName(record);
      await within('readwrite', records => records.put(bytes.slice(), key)).catch(refused('written'));
    },
    async remove(record) {
      const key = checkRecordName(record);
      await within('readwrite', records => records.delete(key)).catch(refused('written'));
    },
    async lock() {
      if (locks === undefined) {
        throw new MixnetError('ERR_MIX_STORAGE_FAILED', {
          message: 'This page has no Web Locks, so that nothing would keep another from being the same client.',
        });
      }
      return webLock(locks, database).catch(refused('locked'));
    },
  };
}

function webLock(locks: Pick<LockManager, 'request'>, name: string): Promise<StorageLock> {
  return new Promise((resolve, reject) => {
    const ended = locks.request(name, { ifAvailable: true }, async granted => {
      if (granted === null) throw locked();
      await new Promise<void>(end => {
        const release = async () => {
          end();
          await ended.catch(() => {});
        };
        resolve({ release });
      });
    });
    ended.catch(reject);
  });
}

function open(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, VERSION);
    let given = false;
    request.onupgradeneeded = () => request.result.createObjectStore(RECORDS);
    request.onsuccess = () => {
      if (given) request.result.close();
      else resolve(request.result);
    };
    const fail = () => {
      given = true;
      const tooNew = request.error?.name === 'VersionError';
      reject(tooNew ? unreadable('What is stored is of a newer version of this package.') : request.error);
    };
    request.onerror = fail;
    request.onblocked = fail;
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}

function refused(what: string): (error: unknown) => never {
  return error => {
    throw storageFailed(error, `The storage could not be ${what}`);
  };
}
