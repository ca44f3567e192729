/** Pearson's sum for counts that should all be the same. */
export function distanceFromUniform(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Pearson's sum for a table whose rows should all have the same shares; (rows − 1) × (columns − 1) degrees of freedom. */
export function differenceOfCounts(rows: readonly (readonly number[])[]): number {
  const sumOf = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
  const columns = (rows[0] ?? []).map((_, column) => sumOf(rows.map(row => row[column] ?? 0)));
  const all = sumOf(columns);
  let difference = 0;
  for (const row of rows) {
    columns.forEach((column, i) => {
      const expected = (sumOf(row) * column) / all;
      difference += ((row[i] ?? 0) - expected) ** 2 / expected;
    });
  }
  return difference;
}

/** A larger sum has a chance of one in a hundred thousand where nothing differs (approximation of Wilson and Hilferty). */
export function criticalChiSquare(degreesOfFreedom: number): number {
  const spread = 2 / (9 * degreesOfFreedom);
  return degreesOfFreedom * (1 - spread + 4.265 * Math.sqrt(spread)) ** 3;
}
