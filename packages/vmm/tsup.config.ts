import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/** Puts the image of the embedded guest, which guests/ has built, in place of the empty one in the sources. */
const embedGuest: Plugin = {
  name: 'embed-guest',
  setup(build) {
    build.onLoad({ filter: /[\\/]guest-image\.ts$/ }, () => {
      const file = fileURLToPath(new URL('../../guests/dist/kernel.bin', import.meta.url));
      const text = readFileSync(file).toString('base64');
      return { contents: `export const guestImageBase64 = '${text}';`, loader: 'ts', watchFiles: [file] };
    });
  },
};

/** The address of the file that is running, for CommonJS: `import.meta.url` is empty there. */
const moduleUrl = `const moduleUrl = typeof process === 'object' && process.getBuiltinModule
  ? process.getBuiltinModule('node:url').pathToFileURL(__filename).href
  : undefined;`;

/** Published declarations name the library that declares Symbol.asyncDispose. */
const declarations = { banner: '/// <reference lib="esnext.disposable" />' };

const shared: Options = {
  tsconfig: 'tsconfig.lib.json',
  target: 'node20',
  silent: true,
  sourcemap: true,
  esbuildPlugins: [embedGuest],
};

rmSync('dist', { recursive: true, force: true });

export default defineConfig([
  {
    ...shared,
    entry: {
      index: 'src/index.ts',
      worker: 'src/worker/worker.ts',
      'translation-worker': 'src/worker/translation-worker.ts',
    },
    format: ['esm'],
    dts: { ...declarations, entry: { index: 'src/index.ts' } },
  },
  {
    ...shared,
    entry: { index: 'src/index.ts' },
    format: ['cjs'],
    dts: declarations,
    define: { 'import.meta.url': 'moduleUrl' },
    banner: { js: moduleUrl },
  },
]);
