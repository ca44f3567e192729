import { exponential } from '../crypto/sampling.ts';
import type { RandomBytes } from '../platform/platform.ts';

/**
 * A delay for each hop, in whole nanoseconds: independent samples of the exponential distribution, by which a node's
 * packets leave in an order that says nothing of the order they came in (Loopix, USENIX Security 2017, §4.1.1). All are 0 for
 * a mean of 0. The last one has no place in the packet.
 */
export function sampleDelaysNs(hops: number, meanMs: number, random: RandomBytes): number[] {
  return Array.from({ length: hops }, () => Math.round(exponential(meanMs * 1e6, random)));
}
