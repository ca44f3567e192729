/** Which exit to ask: by what it declares, then at random, weighted by its measured performance. */

import { uniformUnit } from '../crypto/sampling.ts';
import type { RandomBytes } from '../platform/platform.ts';

/** An exit as the directory describes it. */
export interface ExitCandidate {
  /** The Nym address of its network requester. */
  readonly recipientText: string;
  /** Percent, 0 … 100. */
  readonly performance: number;
  /** Whether it applies the network-wide exit policy. */
  readonly usesExitPolicy: boolean;
  /** Whether its operator declares it to be an exit for TCP. */
  readonly declaredRoleExitNr: boolean;
}

/** One of the best tier that has any; `undefined` if there is none at all. */
export function chooseExit(candidates: readonly ExitCandidate[], random: RandomBytes): ExitCandidate | undefined {
  for (const belongs of TIERS) {
    const tier = candidates.filter(belongs);
    if (tier.length > 0) return pickWeighted(tier, random);
  }
  return undefined;
}

const TIERS: readonly ((exit: ExitCandidate) => boolean)[] = [
  exit => exit.declaredRoleExitNr && exit.usesExitPolicy && exit.performance >= 90,
  exit => exit.declaredRoleExitNr && exit.usesExitPolicy && exit.performance >= 50,
  exit => exit.declaredRoleExitNr,
  () => true,
];

/** An exit without performance still has a small chance, or a network without measurements would have no exits. */
const LEAST_WEIGHT = 1;

function pickWeighted(exits: readonly ExitCandidate[], random: RandomBytes): ExitCandidate | undefined {
  const weight = (exit: ExitCandidate) => Math.max(exit.performance, LEAST_WEIGHT);
  let left = uniformUnit(random) * exits.reduce((sum, exit) => sum + weight(exit), 0);
  for (const exit of exits) {
    left -= weight(exit);
    if (left <= 0) return exit;
  }
  return exits.at(-1);
}
