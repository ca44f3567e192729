/** What the server of the benchmarks has: bytes by path. */
export const answers = { '/small': 100, '/megabyte': 1_000_000 } as const;
