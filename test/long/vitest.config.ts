import { defineConfig } from 'vitest/config';

/** `npm run test:long`: minutes of real traffic, so that it is not part of `npm test`. */
export default defineConfig({
  resolve: { conditions: ['mixfetch-source', 'node'] },
  ssr: { resolve: { conditions: ['mixfetch-source', 'node'] } },
  test: {
    environment: 'node',
    include: ['test/long/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 1,
  },
});
