import { malformed, text } from './json.ts';

/** Nodes and gateways below it are not used: percent, as in `nymtech/nym common/client-core/config-types`. */
export const MIN_PERFORMANCE = 50;

const LONGEST_DECIMAL = 40;

/**
 * The measured reliability of a node, which the directory writes as a decimal string in [0, 1]: whole percent, rounded
 * down. By its digits, since 0.29 × 100 is less than 29 in floating point.
 */
export function parsePerformance(value: unknown): number {
  const decimal = text(value, 'performance', LONGEST_DECIMAL);
  const digits = /^0*([01])(?:\.(\d+))?$/.exec(decimal);
  if (digits === null) throw malformed('performance');
  const [, whole, fraction = ''] = digits;
  if (whole === '0') return Number(fraction.padEnd(2, '0').slice(0, 2));
  if (/[^0]/.test(fraction)) throw malformed('performance');
  return 100;
}
