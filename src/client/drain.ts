import type { Milliseconds, Platform, Timer } from '../platform/platform.ts';

/** The time in which what was accepted is still sent. A later word cuts it short, and never makes it longer. */
export class Drain {
  /** Resolves when it is over: nothing is left to send, or its time is up. */
  readonly over: Promise<void>;
  readonly #platform: Pick<Platform, 'now' | 'setTimer'>;
  readonly #end: () => void;
  #until: Milliseconds = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;

  /** `ended` is called once, when it is over. */
  constructor(platform: Pick<Platform, 'now' | 'setTimer'>, idle: Promise<void>, ended: () => void) {
    this.#platform = platform;
    let resolve = () => {};
    this.over = new Promise<void>(settle => {
      resolve = settle;
    });
    let isOver = false;
    this.#end = () => {
      if (isOver) return;
      isOver = true;
      this.#timer?.cancel();
      ended();
      resolve();
    };
    void idle.then(this.#end);
  }

  /** With 0, it is over at once. */
  within(ms: Milliseconds): void {
    const until = this.#platform.now() + ms;
    if (until >= this.#until) return;
    this.#until = until;
    this.#timer?.cancel();
    if (ms <= 0) this.#end();
    else this.#timer = this.#platform.setTimer(this.#end, ms);
  }
}
