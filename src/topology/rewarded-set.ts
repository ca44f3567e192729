/** Who does what in this epoch, by node id: `v1/nym-nodes/rewarded-set`. It alone assigns the layers. */

import * as limits from '../limits.ts';
import { list, malformed, record, u32 } from './json.ts';

export interface RewardedSet {
  readonly layers: readonly (readonly number[])[];
}

/** The live network has 40 nodes in a layer; each one's key is examined at every refresh. */
const MAX_LAYER = limits.layerNodes;

export function parseRewardedSet(answer: unknown): RewardedSet {
  const set = record(answer, 'rewarded set');
  const layers = (['layer1', 'layer2', 'layer3'] as const).map(name =>
    list(set[name], name, MAX_LAYER).map(id => u32(id, name)),
  );
  const assigned = layers.flat();
  // A node twice in a layer would be drawn more often, and one in two layers twice in a route.
  if (new Set(assigned).size !== assigned.length) throw malformed('rewarded set: a node has two places');
  return { layers };
}
