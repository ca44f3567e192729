import type { Milliseconds } from '../platform/platform.ts';

/** An entry of a `DeadlineQueue`; its place in the queue is its own affair. */
export interface Deadline<T> {
  readonly value: T;
  readonly at: Milliseconds;
  /** Where it is in the heap; -1 when it is not. */
  index: number;
}

/** Many deadlines of which only the earliest matters: a binary heap whose entries can be taken out in the middle. */
export class DeadlineQueue<T> {
  readonly #heap: Deadline<T>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest deadline. */
  get next(): Milliseconds | undefined {
    return this.#heap[0]?.at;
  }

  add(value: T, at: Milliseconds): Deadline<T> {
    const entry: Deadline<T> = { value, at, index: this.#heap.length };
    this.#heap.push(entry);
    this.#rise(entry);
    return entry;
  }

  remove(entry: Deadline<T>): void {
    if (this.#heap[entry.index] !== entry) return;
    const last = this.#heap.pop();
    if (last !== undefined && last !== entry) {
      this.#place(last, entry.index);
      this.#rise(last);
      this.#sink(last);
    }
    entry.index = -1;
  }

  /** Takes out what is due by `now`, earliest first. */
  expire(now: Milliseconds): T[] {
    const due: T[] = [];
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.at > now) return due;
      this.remove(first);
      due.push(first.value);
    }
  }

  #rise(entry: Deadline<T>): void {
    while (entry.index > 0) {
      const parent = this.#heap[(entry.index - 1) >> 1];
      if (parent === undefined || parent.at <= entry.at) return;
      this.#swap(parent, entry);
    }
  }

  #sink(entry: Deadline<T>): void {
    for (;;) {
      const left = this.#heap[2 * entry.index + 1];
      const right = this.#heap[2 * entry.index + 2];
      const least = left !== undefined && right !== undefined && right.at < left.at ? right : left;
      if (least === undefined || least.at >= entry.at) return;
      this.#swap(entry, least);
    }
  }

  #swap(a: Deadline<T>, b: Deadline<T>): void {
    const index = a.index;
    this.#place(a, b.index);
    this.#place(b, index);
  }

  #place(entry: Deadline<T>, index: number): void {
    entry.index = index;
    this.#heap[index] = entry;
  }
}
