import { type ClientStorage, checkRecordName, locked } from './storage.ts';

/** Lasts as long as this object: clients of one process can be the same one, one after the other. */
export function memoryStorage(): ClientStorage {
  const records = new Map<string, Uint8Array>();
  let holder: object | undefined;
  return {
    async load(name) {
      return records.get(checkRecordName(name))?.slice();
    },
    async store(name, bytes) {
      records.set(checkRecordName(name), bytes.slice());
    },
    async remove(name) {
      records.delete(checkRecordName(name));
    },
    async lock() {
      if (holder !== undefined) throw locked();
      const lock = {
        async release() {
          if (holder === lock) holder = undefined;
        },
      };
      holder = lock;
      return lock;
    },
  };
}
