import { readFileSync } from 'node:fs';
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

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  tsconfig: 'tsconfig.lib.json',
  dts: true,
  clean: true,
  target: 'node20',
  silent: true,
  sourcemap: true,
  esbuildPlugins: [embedGuest],
});
