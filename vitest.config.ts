import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['mixfetch-source', 'node'] },
  ssr: { resolve: { conditions: ['mixfetch-source', 'node'] } },
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**', 'test/bench/**', 'test/traffic/real-clock.test.ts'],
    testTimeout: 90_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
