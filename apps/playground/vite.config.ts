import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';

const guest = fileURLToPath(new URL('../../guests/dist/kernel.bin', import.meta.url));

/** Puts the embedded guest, which guests/ has built, into the sources of vmm, as that package's own build does. */
function embedGuest(): Plugin {
  return {
    name: 'embed-guest',
    enforce: 'pre',
    load(id) {
      if (!/[\\/]guest-image\.ts$/.test(id)) return null;
      this.addWatchFile(guest);
      return `export const guestImageBase64 = '${readFileSync(guest).toString('base64')}';`;
    },
  };
}

export default defineConfig({
  // Nothing but relative addresses: the page works in any folder of any server.
  base: './',
  resolve: { conditions: ['@trapgate/source', ...defaultClientConditions] },
  plugins: [embedGuest()],
  worker: { format: 'es', plugins: () => [embedGuest()] },
  build: { target: 'es2022', chunkSizeWarningLimit: 1000, sourcemap: false },
});
