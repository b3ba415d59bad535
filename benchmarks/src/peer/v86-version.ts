import { readFileSync } from 'node:fs';
import { fileURLToPath, URL } from 'node:url';

/** Of the installed npm package. */
export function v86Version(): string {
  const manifest = fileURLToPath(new URL('../package.json', import.meta.resolve('v86')));
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
