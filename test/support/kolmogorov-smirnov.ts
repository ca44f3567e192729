/** The tests of Kolmogorov and Smirnov: how far samples are from a distribution, or from other samples. */

/** The largest distance between the samples' distribution and the exponential one of that mean. */
export function distanceFromExponential(samples: readonly number[], mean: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  let distance = 0;
  sorted.forEach((sample, i) => {
    const expected = 1 - Math.exp(-sample / mean);
    distance = Math.max(distance, expected - i / sorted.length, (i + 1) / sorted.length - expected);
  });
  return distance;
}

/** A larger distance than this has that chance if the samples do come from the distribution. */
export function criticalDistance(samples: number, chance = 0.001): number {
  return Math.sqrt(-Math.log(chance / 2) / (2 * samples));
}

/** The largest distance between the distributions of two sets of samples. */
export function distanceBetween(these: readonly number[], those: readonly number[]): number {
  const [a, b] = [these, those].map(samples => samples.toSorted((x, y) => x - y));
  if (a === undefined || b === undefined) return 0;
  let [distance, i, j] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const at = Math.min(a[i] ?? 0, b[j] ?? 0);
    while (i < a.length && (a[i] ?? 0) <= at) i += 1;
    while (j < b.length && (b[j] ?? 0) <= at) j += 1;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  return distance;
}

/** A larger distance than this between them has that chance if both come from the same distribution. */
export function criticalDistanceBetween(these: number, those: number, chance = 0.001): number {
  return criticalDistance((these * those) / (these + those), chance);
}
