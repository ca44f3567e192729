import { mapKey } from '../crypto/bytes.ts';
import * as limits from '../limits.ts';
import { coverContent, keyMaterial } from '../message/index.ts';
import { packetSizes } from '../sphinx/index.ts';

/**
 * Our own cover packets while they are on their way around the loop, by what stands in front of their content. Those that
 * come back are known by it and need not be decrypted: half of what an idle client receives.
 */
export class OwnCover {
  readonly #underWay = new Set<string>();

  /** @param pushed the packet's content as the gateway will hand it back */
  add(pushed: Uint8Array): void {
    this.#underWay.add(nameOf(pushed));
    if (this.#underWay.size <= limits.coverUnderWay) return;
    for (const oldest of this.#underWay) {
      this.#underWay.delete(oldest);
      return;
    }
  }

  /** What was in it, if it is one. Once: a second copy of the packet is opened as any other. */
  take(pushed: Uint8Array): Uint8Array | undefined {
    return this.#underWay.delete(nameOf(pushed)) ? content : undefined;
  }
}

const content = /* @__PURE__ */ coverContent(packetSizes.regular);

function nameOf(pushed: Uint8Array): string {
  return mapKey(keyMaterial(pushed));
}
