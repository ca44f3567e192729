import type { Writable } from 'node:stream';

const intervalMs = 100;

/** One line on a terminal that is rewritten while something goes on; nothing elsewhere. */
export class Progress {
  readonly #terminal: Writable | undefined;
  #text: () => string = () => '';
  #timer: NodeJS.Timeout | undefined;

  /** `terminal`: `undefined` shows nothing. */
  constructor(terminal: Writable | undefined) {
    this.#terminal = terminal;
  }

  show(text: () => string): void {
    this.#text = text;
    if (this.#terminal === undefined || this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#terminal?.write(`\r\x1b[2K${this.#text()}`), intervalMs).unref();
  }

  /** Takes the line away. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#terminal?.write('\r\x1b[2K');
  }
}

export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
