/** The largest distance between the samples' distribution and the exponential one of that mean. */
export function distanceFromExponential(samples: readonly number[], mean: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  let distance = 0;
  sorted.forEach((sample, i) => {
    const expected = 1 - Math.exp(-sample / mean);
    distance = Math.max(distance, expected - i / sorted.length, (i + 1) / sorted.length - expected);
  });
  return distance;
}

/** A larger distance than this has a chance of one in a thousand if the samples do come from the distribution. */
export function criticalDistance(samples: number): number {
  return 1.95 / Math.sqrt(samples);
}
