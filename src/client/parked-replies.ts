import type { Lane } from './lanes.ts';

/** What waits for reply blocks of one anonymous sender: fragments to be sent again before new ones, lanes in turn. */
export class ParkedReplies<Item> {
  readonly #again = new Set<Item>();
  readonly #lanes = new Map<Lane, Item[]>();
  #size = 0;

  get size(): number {
    return this.#size + this.#again.size;
  }

  length(lane: Lane): number {
    return this.#lanes.get(lane)?.length ?? 0;
  }

  push(lane: Lane, items: readonly Item[]): void {
    if (items.length === 0) return;
    const queue = this.#lanes.get(lane);
    if (queue === undefined) this.#lanes.set(lane, [...items]);
    else for (const item of items) queue.push(item);
    this.#size += items.length;
  }

  pushAgain(item: Item): void {
    this.#again.add(item);
  }

  next(): Item | undefined {
    for (const item of this.#again) {
      this.#again.delete(item);
      return item;
    }
    for (const [lane, queue] of this.#lanes) {
      const item = queue.shift();
      this.#lanes.delete(lane);
      if (queue.length > 0) this.#lanes.set(lane, queue); // behind the others
      if (item === undefined) continue;
      this.#size -= 1;
      return item;
    }
    return undefined;
  }

  drop(gone: (item: Item) => boolean): void {
    for (const item of this.#again) if (gone(item)) this.#again.delete(item);
    for (const [lane, queue] of this.#lanes) {
      const kept = queue.filter(item => !gone(item));
      this.#size -= queue.length - kept.length;
      if (kept.length > 0) this.#lanes.set(lane, kept);
      else this.#lanes.delete(lane);
    }
  }

  /** Empties it. */
  takeAll(): Item[] {
    const all = [...this.#again, ...[...this.#lanes.values()].flat()];
    this.#again.clear();
    this.#lanes.clear();
    this.#size = 0;
    return all;
  }
}
