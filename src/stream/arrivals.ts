/** What has come for a program and is not taken yet, as an iteration. One failure is thrown once; after it, it is over. */

export interface ArrivalsOptions<T> {
  readonly signal?: AbortSignal | undefined;
  /** The program takes it. */
  readonly taken?: (item: T) => void;
  /** The iteration is over, with this left that nobody can take any more. */
  readonly ended: (left: readonly T[]) => void;
}

export class Arrivals<T> implements AsyncIterableIterator<T> {
  readonly #options: ArrivalsOptions<T>;
  readonly #items: T[] = [];
  readonly #waiting: { resolve(result: IteratorResult<T>): void; reject(error: unknown): void }[] = [];
  #over: { readonly error?: unknown } | undefined;

  constructor(options: ArrivalsOptions<T>) {
    this.#options = options;
  }

  /** From now on its signal ends it, if it has not already. */
  watch(): void {
    const { signal } = this.#options;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get size(): number {
    return this.#items.length;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    const [item] = this.#items.splice(0, 1);
    if (item !== undefined) {
      this.#options.taken?.(item);
      return Promise.resolve({ done: false, value: item });
    }
    const over = this.#over;
    if (over === undefined) return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    this.#over = {};
    return 'error' in over ? Promise.reject(over.error) : Promise.resolve({ done: true, value: undefined });
  }

  return(): Promise<IteratorResult<T>> {
    this.#end({}, this.#items.splice(0));
    return Promise.resolve({ done: true, value: undefined });
  }

  push(item: T): void {
    if (this.#over !== undefined) return;
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#items.push(item);
      return;
    }
    this.#options.taken?.(item);
    next.resolve({ done: false, value: item });
  }

  /** What has come before is still taken. */
  end(): void {
    this.#end({});
  }

  fail(error: unknown): void {
    this.#end({ error });
  }

  /** Takes it back: it is worth nothing any more. */
  withdraw(item: T): void {
    const at = this.#items.indexOf(item);
    if (at >= 0) this.#items.splice(at, 1);
  }

  readonly #onAbort = (): void => this.fail(this.#options.signal?.reason);

  #end(how: { readonly error?: unknown }, left: readonly T[] = []): void {
    if (this.#over !== undefined) return;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    const [first, ...others] = this.#waiting.splice(0);
    this.#over = first === undefined ? how : {};
    this.#options.ended(left);
    if ('error' in how) first?.reject(how.error);
    else first?.resolve({ done: true, value: undefined });
    for (const { resolve } of others) resolve({ done: true, value: undefined });
  }
}
