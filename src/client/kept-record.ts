import { type ClientStorage, storageFailed } from '../storage/index.ts';

export interface KeptRecordOptions {
  readonly storage: ClientStorage;
  readonly name: string;
  /** What it is at this moment; `undefined` while there is nothing to keep. */
  readonly encode: () => Uint8Array | undefined;
  /** It could not be written, with the error of the storage. */
  readonly failed: (error: unknown) => void;
}

/** A record that is written when it has changed: one write after the other, each with all changes until it begins. */
export class KeptRecord {
  readonly #options: KeptRecordOptions;
  #isWritten = true;
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(options: KeptRecordOptions) {
    this.#options = options;
  }

  /** Resolves when the change is written, or could not be: that is made up for with the next change, or at the end. */
  changed(): Promise<void> {
    this.#isWritten = false;
    this.#next ??= (this.#writing ?? Promise.resolve()).then(() => {
      this.#next = undefined;
      this.#writing = this.#write();
      return this.#writing;
    });
    return this.#next;
  }

  /** Writes it at once, and rejects with ERR_MIX_STORAGE_… where that fails. */
  async store(bytes: Uint8Array): Promise<void> {
    const { storage, name } = this.#options;
    try {
      await storage.store(name, bytes);
    } catch (error) {
      throw storageFailed(error, 'The storage could not be written');
    }
  }

  /** Resolves when nothing is left to write, or it could not be written. */
  async end(): Promise<void> {
    await (this.#next ?? this.#writing);
    if (!this.#isWritten) await this.changed();
  }

  async #write(): Promise<void> {
    const bytes = this.#options.encode();
    if (bytes === undefined) return;
    this.#isWritten = true;
    try {
      await this.store(bytes);
    } catch (error) {
      this.#isWritten = false;
      this.#options.failed(error);
    }
  }
}
