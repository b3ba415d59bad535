import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/main.ts', 'src/measure/*.ts'],
  format: ['esm'],
  clean: true,
  target: 'node20',
  silent: true,
});
