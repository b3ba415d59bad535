import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/{index,main}.ts'],
  format: ['esm', 'cjs'],
  dts: { entry: 'src/index.ts' },
  clean: true,
  target: 'node20',
  sourcemap: true,
});
