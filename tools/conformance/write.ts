/* node --conditions=@trapgate/source --import tsx tools/conformance/write.ts */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { conformanceDocument } from './document';

const root = fileURLToPath(new URL('../..', import.meta.url).href);
writeFileSync(`${root}/docs/conformance.md`, conformanceDocument(root));
