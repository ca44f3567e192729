import { equalBytes } from '../crypto/bytes.ts';
import { uniformUnit } from '../crypto/sampling.ts';
import { type Diagnostics, failureCodeOf } from '../diagnostics/index.ts';
import { MixnetError } from '../errors.ts';
import type { Admission } from '../gateway/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import {
  CLIENT_RECORD,
  type ClientRecord,
  type ClientStorage,
  decodeClientRecord,
  encodeClientRecord,
  type StorageLock,
  storageFailed,
} from '../storage/index.ts';
import { type Topology, urlOfGateway } from '../topology/index.ts';
import { secretsOf } from './client-keys.ts';
import { withDeadline } from './deadline.ts';
import { pause } from './pause.ts';
import type { Entrance } from './start-up.ts';

export interface KeptClientOptions {
  readonly storage: ClientStorage;
  readonly platform: Platform;
  /** Whether only `wss:` will do. */
  readonly secure: boolean;
  readonly diagnostics?: Diagnostics | undefined;
}

/**
 * What a storage keeps of this client, from its lock to the release: keys, gateway, registration. Pseudonyms and reply
 * blocks are not among it: after a crash nobody knows which were used, and one used twice is a link between two messages.
 */
export class KeptClient {
  readonly #options: KeptClientOptions;
  readonly #lock: StorageLock;
  #record: ClientRecord | undefined;
  #isWritten = true;
  #writing: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  private constructor(options: KeptClientOptions, lock: StorageLock, record: ClientRecord | undefined) {
    this.#options = options;
    this.#lock = lock;
    this.#record = record;
  }

  /** Rejects with ERR_MIX_STORAGE_… or the signal's reason, and then holds no lock. */
  static async open(options: KeptClientOptions, signal: AbortSignal): Promise<KeptClient> {
    const lock = await patientLock(options, signal);
    try {
      const bytes = await options.storage.load(CLIENT_RECORD);
      return new KeptClient(options, lock, bytes === undefined ? undefined : decodeClientRecord(bytes));
    } catch (error) {
      await lock.release().catch(() => {});
      throw storageFailed(error, 'The storage could not be read');
    }
  }

  /** `undefined` until there is a client to keep. */
  get record(): ClientRecord | undefined {
    return this.#record;
  }

  /** A client belongs to one gateway: with another it would have another address. Throws ERR_MIX_USAGE_OPTION. */
  checkGateway(wanted: Uint8Array | undefined): void {
    if (this.#record === undefined || wanted === undefined) return;
    if (equalBytes(this.#record.gateway.identity, wanted)) return;
    throw new MixnetError('ERR_MIX_USAGE_OPTION', {
      message: 'The option "gateway" names another gateway than the one that the stored client is registered with.',
    });
  }

  /** A new client is kept from here on. Resolves when it is stored; rejects with ERR_MIX_STORAGE_…, and then keeps nothing. */
  async entered({ keys, gateway, link, topology }: Entrance): Promise<void> {
    if (this.#record !== undefined) return this.refreshed(topology);
    if (link.admission === undefined) return;
    const { sharedKey, lastTimestamp, url } = link.admission;
    const urlSeenAt = this.#options.platform.wallTime();
    const record = { ...secretsOf(keys), gateway: { identity: gateway, url, urlSeenAt }, sharedKey, lastTimestamp };
    this.#writing = this.#store(record).finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
    this.#record = record;
    // It may have been let in again meanwhile.
    this.admitted(link.admission);
  }

  /** By its gateway, again or anew. */
  admitted({ sharedKey, lastTimestamp, url }: Admission): void {
    if (this.#record === undefined) return;
    const { gateway, lastTimestamp: before } = this.#record;
    if (lastTimestamp === before && equalBytes(sharedKey, this.#record.sharedKey) && url === gateway.url) return;
    const moved = { ...gateway, url, urlSeenAt: this.#options.platform.wallTime() };
    this.#change({ sharedKey, lastTimestamp, gateway: url === gateway.url ? gateway : moved });
  }

  /** The directory says once more where the gateway is, which is worth a note each day. */
  refreshed({ gateways }: Topology): void {
    if (this.#record === undefined) return;
    const { gateway } = this.#record;
    const urlSeenAt = this.#options.platform.wallTime();
    if (Math.abs(urlSeenAt - gateway.urlSeenAt) < NOTED_EVERY_MS) return;
    if (urlOfGateway(gateways, gateway.identity, this.#options.secure) !== gateway.url) return;
    this.#change({ gateway: { ...gateway, urlSeenAt } });
  }

  /** Writes what is not written, and releases the lock. Idempotent, never rejects, and ends whatever the storage does. */
  close(): Promise<void> {
    const error = () => new MixnetError('ERR_MIX_STORAGE_FAILED', { message: 'The storage does not answer.' });
    this.#closed ??= withDeadline(this.#options.platform, { ms: CLOSING_MS, error }, () => this.#end()).catch(() => {});
    return this.#closed;
  }

  #change(change: Partial<ClientRecord>): void {
    if (this.#record === undefined || this.#closed !== undefined) return;
    this.#record = { ...this.#record, ...change };
    this.#isWritten = false;
    void this.#write();
  }

  async #end(): Promise<void> {
    await this.#writing?.catch(() => {});
    await this.#write();
    await this.#lock.release();
  }

  /** One after the other, and of several changes the last. What fails is made up for with the next change, or at the end. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (!this.#isWritten && this.#record !== undefined) {
      this.#isWritten = true;
      try {
        await this.#store(this.#record);
      } catch (error) {
        this.#isWritten = false;
        this.#options.diagnostics?.emit('client:storage-failed', () => ({ code: failureCodeOf(error) }));
        return;
      }
    }
  }

  async #store(record: ClientRecord): Promise<void> {
    try {
      await this.#options.storage.store(CLIENT_RECORD, encodeClientRecord(record));
    } catch (error) {
      throw storageFailed(error, WRITING);
    }
  }
}

/**
 * The one before may be on its way out: a page that is reloaded, a client whose end nobody waited for. Of two that refuse
 * each other, one comes first the next time.
 */
async function patientLock({ storage, platform }: KeptClientOptions, signal: AbortSignal): Promise<StorageLock> {
  const until = platform.now() + LOCK_PATIENCE_MS;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await storage.lock();
    } catch (error) {
      const isLocked = error instanceof MixnetError && error.code === 'ERR_MIX_STORAGE_LOCKED';
      if (!isLocked || platform.now() >= until) throw storageFailed(error, 'The storage could not be locked');
    }
    await pause(platform, LOCK_RETRY_MS * (0.5 + uniformUnit(platform.randomBytes)), signal);
  }
}

const WRITING = 'The storage could not be written';
const LOCK_PATIENCE_MS: Milliseconds = 2_000;
const LOCK_RETRY_MS: Milliseconds = 100;
const CLOSING_MS: Milliseconds = 5_000;
const NOTED_EVERY_MS: Milliseconds = 86_400_000;
