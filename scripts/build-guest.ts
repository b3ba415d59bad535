// Assembles the embedded guest into guests/dist/kernel.bin, which the build of @trapgate/vmm puts into the package.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { buildKernel } from '../guests/build';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'guests', 'dist');
const { image } = buildKernel();
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'kernel.bin'), image);
console.log(`guests/dist/kernel.bin: ${image.length} bytes`);
