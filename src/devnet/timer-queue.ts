import type { Milliseconds } from '../platform/platform.ts';

export interface QueuedTimer {
  readonly at: Milliseconds;
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** Timers by time, and those of the same time in the order they were set: a binary heap. */
export class TimerQueue {
  readonly #heap: QueuedTimer[] = [];
  #ordered = 0;
  #live = 0;

  /** Those that are neither fired nor cancelled. */
  get size(): number {
    return this.#live;
  }

  add(at: Milliseconds, callback: () => void): QueuedTimer {
    const timer = { at, order: this.#ordered++, callback, cancelled: false };
    this.#live += 1;
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    return timer;
  }

  cancel(timer: QueuedTimer): void {
    if (timer.cancelled) return;
    timer.cancelled = true;
    this.#live -= 1;
  }

  peek(): QueuedTimer | undefined {
    while (this.#heap[0]?.cancelled === true) this.#removeFirst();
    return this.#heap[0];
  }

  /** Takes out what `peek` shows; to cancel it afterwards is no effect. */
  take(): QueuedTimer | undefined {
    const first = this.peek();
    if (first === undefined) return undefined;
    this.#removeFirst();
    this.cancel(first);
    return first;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(index: number): void {
    for (let at = index; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfEarlier(at, parent)) return;
      at = parent;
    }
  }

  #sink(index: number): void {
    for (let at = index; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const [l, r] = [this.#heap[left], this.#heap[right]];
      const child = l !== undefined && r !== undefined && isEarlier(r, l) ? right : left;
      if (!this.#swapIfEarlier(child, at)) return;
      at = child;
    }
  }

  #swapIfEarlier(child: number, parent: number): boolean {
    const [below, above] = [this.#heap[child], this.#heap[parent]];
    if (below === undefined || above === undefined || !isEarlier(below, above)) return false;
    this.#heap[child] = above;
    this.#heap[parent] = below;
    return true;
  }
}

function isEarlier(a: QueuedTimer, b: QueuedTimer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
