/** What a service is told from outside: to end, or to read its settings anew. */
export class Told {
  readonly #ending: AbortSignal;
  readonly #release: () => void;
  #toReload = false;
  #wake = () => {};

  /** `onReload` calls its listener each time, until the function that it gives is called. */
  constructor(ending: AbortSignal, onReload: (listener: () => void) => () => void) {
    this.#ending = ending;
    const release = onReload(() => {
      this.#toReload = true;
      this.#wake();
    });
    const wake = () => this.#wake();
    ending.addEventListener('abort', wake);
    this.#release = () => {
      release();
      ending.removeEventListener('abort', wake);
    };
  }

  /** Until it is told something, or has been since the last time; or until so many ms have gone by. */
  async next(ms?: number): Promise<void> {
    if (!this.#toReload && !this.#ending.aborted) {
      await new Promise<void>(resolve => {
        // Also keeps the process alive.
        const timer = ms === undefined ? setInterval(() => {}, LONG) : setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#toReload = false;
  }

  close(): void {
    this.#release();
  }
}

/** The longest timer there is. */
const LONG = 2 ** 31 - 1;
