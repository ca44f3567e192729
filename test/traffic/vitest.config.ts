import { defineConfig } from 'vitest/config';

/**
 * `npm run test:traffic`: half an hour of watching one client at its real pace, so that it is not part of `npm test`.
 */
export default defineConfig({
  resolve: { conditions: ['mixfetch-source', 'node'] },
  ssr: { resolve: { conditions: ['mixfetch-source', 'node'] } },
  test: {
    environment: 'node',
    include: ['test/traffic/real-clock.test.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
  },
});
