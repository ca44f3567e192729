/**
 * What a client keeps to be the same one again, and where: `node.ts` keeps it in files, `web.ts` in IndexedDB, and whoever
 * wants it elsewhere writes a `ClientStorage`.
 *
 * @module
 */

export { type ClientRecord, decodeClientRecord, encodeClientRecord } from './client-record.ts';
export { memoryStorage } from './memory.ts';
export { type PassphraseOptions, withPassphrase } from './passphrase.ts';
export { decodeReceivedRecord, encodeReceivedRecord, MAX_RECEIVED_SETS } from './received-record.ts';
export {
  CLIENT_RECORD,
  type ClientStorage,
  isClientStorage,
  RECEIVED_RECORD,
  type StorageLock,
  storageFailed,
} from './storage.ts';
