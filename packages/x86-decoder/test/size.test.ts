import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

const kilobyte = 1000;
const most = 60 * kilobyte;

/** esbuild as the build has it: tsup depends on it. */
function loadEsbuild(): { buildSync(options: object): { outputFiles: { contents: Uint8Array }[] } } {
  const fromHere = createRequire(import.meta.url);
  return createRequire(fromHere.resolve('tsup'))('esbuild') as ReturnType<typeof loadEsbuild>;
}

it('everything, tables included, is at most 60 KB minified and gzipped', () => {
  const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url));
  const { outputFiles } = loadEsbuild().buildSync({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  expect(outputFiles).toHaveLength(1);
  const size = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  expect(size).toBeLessThanOrEqual(most);
  expect(size).toBeGreaterThan(20 * kilobyte);
});
