/** What comes from elsewhere, in order, for who waits for it; nobody waits for ever. */
export class Arrivals<Item> {
  readonly #arrived: Item[] = [];
  readonly #waiting: { resolve(item: Item): void; reject(error: Error): void }[] = [];
  #ended: Error | undefined;

  push(item: Item): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#arrived.push(item);
    else next.resolve(item);
  }

  /** Nothing comes any more: whoever waits is told why. */
  end(why: Error): void {
    this.#ended ??= why;
    for (const { reject } of this.#waiting.splice(0)) reject(why);
  }

  /** The next one, which may have come already. Rejects if none comes `within` so many ms. */
  next({ within }: { readonly within: number }): Promise<Item> {
    const first = this.#arrived.shift();
    if (first !== undefined) return Promise.resolve(first);
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const late = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(new Error(`nothing came within ${within} ms`));
      };
      const timer = setTimeout(late, within);
      const waiting = {
        resolve: (item: Item) => {
          clearTimeout(timer);
          resolve(item);
        },
        reject: (error: Error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#waiting.push(waiting);
    });
  }
}
