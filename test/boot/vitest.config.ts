import { defineConfig } from 'vitest/config';

// What is imported comes from sources; the command that is run is the built one.
const conditions = ['@trapgate/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/boot/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
