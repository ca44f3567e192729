import type { Milliseconds } from '../platform/platform.ts';

/** How long a packet, or a reply block, takes to build here: what the last ones took, and some more to be safe. */
export class BuildTime {
  #average: Milliseconds = 0;

  get longest(): Milliseconds {
    return Math.min(this.#average * 1.5, MAX_BUILD_TIME_MS);
  }

  add(took: Milliseconds): void {
    this.#average += (took - this.#average) / 8;
  }
}

/** However slow the machine, there are gaps in which something is built. */
const MAX_BUILD_TIME_MS = 15;
