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
  decodeReceivedRecord,
  encodeClientRecord,
  encodeReceivedRecord,
  MAX_RECEIVED_SETS,
  RECEIVED_RECORD,
  type StorageLock,
  storageFailed,
} from '../storage/index.ts';
import { type Topology, urlOfGateway } from '../topology/index.ts';
import { secretsOf } from './client-keys.ts';
import { withDeadline } from './deadline.ts';
import { KeptRecord } from './kept-record.ts';
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
 * What a storage keeps of this client, from its lock to the release: keys, gateway, registration, and which messages have
 * come. Pseudonyms and reply blocks are not among it: after a crash nobody knows which were used, and one used twice is a
 * link between two messages.
 */
export class KeptClient {
  readonly #options: KeptClientOptions;
  readonly #lock: StorageLock;
  readonly #stored: { readonly client: KeptRecord; readonly received: KeptRecord };
  #record: ClientRecord | undefined;
  #receivedSets: readonly number[];
  #entering: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  private constructor(
    options: KeptClientOptions,
    lock: StorageLock,
    record: ClientRecord | undefined,
    receivedSets: readonly number[],
  ) {
    this.#options = options;
    this.#lock = lock;
    this.#record = record;
    this.#receivedSets = receivedSets;
    const { storage, diagnostics } = options;
    const failed = (error: unknown) =>
      diagnostics?.emit('client:storage-failed', () => ({ code: failureCodeOf(error) }));
    this.#stored = {
      client: new KeptRecord({
        ...{ storage, failed, name: CLIENT_RECORD },
        encode: () => this.#record && encodeClientRecord(this.#record),
      }),
      received: new KeptRecord({
        ...{ storage, failed, name: RECEIVED_RECORD },
        encode: () => encodeReceivedRecord(this.#receivedSets),
      }),
    };
  }

  /** Rejects with ERR_MIX_STORAGE_… or the signal's reason, and then holds no lock. */
  static async open(options: KeptClientOptions, signal: AbortSignal): Promise<KeptClient> {
    const lock = await patientLock(options, signal);
    try {
      const bytes = await options.storage.load(CLIENT_RECORD);
      if (bytes === undefined) return new KeptClient(options, lock, undefined, []);
      const record = decodeClientRecord(bytes);
      const received = await options.storage.load(RECEIVED_RECORD);
      return new KeptClient(options, lock, record, received === undefined ? [] : decodeReceivedRecord(received));
    } catch (error) {
      await lock.release().catch(() => {});
      throw storageFailed(error, 'The storage could not be read');
    }
  }

  /** `undefined` until there is a client to keep. */
  get record(): ClientRecord | undefined {
    return this.#record;
  }

  /** Of messages that came before. */
  get receivedSets(): readonly number[] {
    return this.#receivedSets;
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
    this.#entering = this.#stored.client.store(encodeClientRecord(record));
    await this.#entering;
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

  /** A message has come, of these sets. Resolves when it will be known after a crash, or that could not be stored in time. */
  readonly received = async (sets: readonly number[]): Promise<void> => {
    if (this.#closed !== undefined) return;
    this.#receivedSets = [...this.#receivedSets, ...sets].slice(-MAX_RECEIVED_SETS);
    const error = () => new MixnetError('ERR_MIX_STORAGE_FAILED', { message: 'The storage does not answer.' });
    const limit = { ms: NOTING_MS, error };
    await withDeadline(this.#options.platform, limit, () => this.#stored.received.changed()).catch(() => {});
  };

  /** Writes what is not written, and releases the lock. Idempotent, never rejects, and ends whatever the storage does. */
  close(): Promise<void> {
    const error = () => new MixnetError('ERR_MIX_STORAGE_FAILED', { message: 'The storage does not answer.' });
    this.#closed ??= withDeadline(this.#options.platform, { ms: CLOSING_MS, error }, () => this.#end()).catch(() => {});
    return this.#closed;
  }

  #change(change: Partial<ClientRecord>): void {
    if (this.#record === undefined || this.#closed !== undefined) return;
    this.#record = { ...this.#record, ...change };
    void this.#stored.client.changed();
  }

  async #end(): Promise<void> {
    await this.#entering?.catch(() => {});
    await Promise.all([this.#stored.client.end(), this.#stored.received.end()]);
    await this.#lock.release();
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

const LOCK_PATIENCE_MS: Milliseconds = 2_000;
const LOCK_RETRY_MS: Milliseconds = 100;
const CLOSING_MS: Milliseconds = 5_000;
/** What a message may wait for it. */
const NOTING_MS: Milliseconds = 5_000;
const NOTED_EVERY_MS: Milliseconds = 86_400_000;
