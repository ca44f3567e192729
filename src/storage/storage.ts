/** Where a client keeps what it needs to be the same client again. */

import { MixnetError } from '../errors.ts';

/**
 * Records of bytes, by name. To write one of your own: every method rejects with what went wrong rather than lose data,
 * `store` replaces a record whole or not at all, also in a crash, and a lock ends with the process that holds it.
 *
 * The names that clients use are of lower-case letters, digits and hyphens, 64 at most.
 */
export interface ClientStorage {
  /** The record of that name, or `undefined` where there is none. */
  load(name: string): Promise<Uint8Array | undefined>;
  /** Resolves when the record will survive a crash. The bytes are secret. */
  store(name: string, bytes: Uint8Array): Promise<void>;
  /** No effect where there is none. */
  remove(name: string): Promise<void>;
  /**
   * For this holder alone, of all that use the same place: a client holds it as long as it lives. Rejects with
   * ERR_MIX_STORAGE_LOCKED where somebody has it, without waiting for them.
   */
  lock(): Promise<StorageLock>;
}

export interface StorageLock {
  /** Idempotent, and never rejects. */
  release(): Promise<void>;
}

/** The name of the record that a client keeps: with it removed, the next client is a new one. */
export const CLIENT_RECORD = 'client';
/** The name of the record of what has come for that client. */
export const RECEIVED_RECORD = 'received';

export function isClientStorage(value: unknown): value is ClientStorage {
  const methods = ['load', 'store', 'remove', 'lock'];
  return typeof value === 'object' && value !== null && methods.every(name => isFunction(Reflect.get(value, name)));
}

/** Throws a TypeError for what is no name of a record: names become those of files. */
export function checkRecordName(name: string): string {
  if (/^[a-z0-9-]{1,64}$/.test(name)) return name;
  throw new TypeError('a record is named by up to 64 lower-case letters, digits and hyphens');
}

export function locked(message?: string): MixnetError {
  return new MixnetError('ERR_MIX_STORAGE_LOCKED', message === undefined ? {} : { message });
}

export function unreadable(message: string): MixnetError {
  return new MixnetError('ERR_MIX_STORAGE_UNREADABLE', { message });
}

/** An error of ours as it is; anything else as that of the machine below. */
export function storageFailed(error: unknown, what: string): MixnetError {
  if (error instanceof MixnetError) return error;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const name = code ?? (error instanceof Error ? error.name : 'an unknown error');
  return new MixnetError('ERR_MIX_STORAGE_FAILED', { message: `${what}: ${name}.`, cause: error });
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
