/** Reply blocks, senders and pseudonyms for tests of bookkeeping, where no packet is ever built. */

import type { Pseudonym } from '../../src/client/pseudonym.ts';
import type { ReplySurb, SenderTag } from '../../src/message/index.ts';
import type { RotationMarker } from '../../src/sphinx/index.ts';
import { patternSurb, someRecipient } from '../message/support.ts';

const template = patternSurb(0, 0).surb;
let made = 0;

/** Each with a key of its own. */
export function replyBlocks(count: number, rotation: RotationMarker = 1): ReplySurb[] {
  return Array.from({ length: count }, () => ({ key: numbered(++made) as ReplySurb['key'], surb: template, rotation }));
}

export function senderTag(n: number): SenderTag {
  return numbered(n) as SenderTag;
}

export function pseudonym(n: number): Pseudonym {
  return { tag: senderTag(n), recipient: someRecipient, isolation: `test ${n}` };
}

function numbered(n: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setFloat64(8, n);
  return bytes;
}
