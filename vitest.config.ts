import { defineConfig } from 'vitest/config';

// Tests import sources, not builds: the '@trapgate/source' export condition of every package.
const conditions = ['@trapgate/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'guests/**/*.test.ts',
      'benchmarks/src/**/*.test.ts',
      'test/e2e/**/*.test.ts',
      'apps/*/src/**/*.test.ts',
      'test/documentation/**/*.test.ts',
      'apps/*/test/**/*.test.ts',
    ],
    testTimeout: 60_000,
  },
});
