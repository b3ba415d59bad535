import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  tsconfig: 'tsconfig.lib.json',
  dts: true,
  clean: true,
  target: 'node20',
  silent: true,
  sourcemap: true,
});
