import { rmSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

rmSync('dist', { recursive: true, force: true });

const shared: Options = { target: 'node20', silent: true, sourcemap: true };

export default defineConfig([
  { ...shared, entry: ['src/index.ts'], format: ['esm', 'cjs'], dts: true },
  { ...shared, entry: ['src/main.ts'], format: ['esm'] },
]);
