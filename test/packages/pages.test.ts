// Pages that use the packed packages: installed without a network, built by Vite with its defaults, shown by Chromium.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { blocks, type Block } from '../documentation/markdown';
import { installInto, packAll, publishedPackages, type PackedPackage } from './packed-package';
import { buildPage, chromiumPath, consoleOf } from './page-build';

const work = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-pages-')));
let packed: Map<string, PackedPackage>;

beforeAll(() => {
  packed = packAll(join(work, 'tarballs'));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

async function prints(name: string, folder: string, files: Record<string, string>, output: string) {
  installInto(join(work, folder), name, packed);
  const dist = await buildPage(join(work, folder), files);
  const lines = output.trimEnd().split('\n').length;
  expect((await consoleOf(dist, lines)).trimEnd()).toBe(output.trimEnd());
}

const libraries = [...publishedPackages()]
  .filter(([, { manifest }]) => manifest.bin === undefined)
  .map(([name]) => name);
const example = (document: string, matches: (block: Block) => boolean): Block => {
  const found = blocks(document).find((block) => block.output !== undefined && matches(block));
  if (found === undefined) throw new Error(`${document} has no such example`);
  return found;
};

// CI has a browser; elsewhere the tests are skipped where there is none.
describe.skipIf(!chromiumPath && !process.env['CI'])('in a page (skipped where there is no Chromium)', () => {
  test.each(libraries)('%s runs the example of its README', async (name) => {
    const short = name.replace(/^.*\//, '');
    const { text, output } = example(`packages/${short}/README.md`, ({ language }) => language === 'ts');
    await prints(name, `page-${short}`, { 'page.ts': text }, output!);
  });

  test('@trapgate/vmm starts its worker, which Vite finds', async () => {
    const isWorker = ({ text }: Block) => text.includes('createInWorker') && !text.includes('worker:');
    const { text, output } = example('docs/embedding.md', isWorker);
    await prints('@trapgate/vmm', 'worker', { 'page.ts': text }, output!);
  });

  test('@trapgate/vmm runs in a worker of the page', async () => {
    const files = blocks('docs/embedding.md').filter(({ attributes }) => 'file' in attributes);
    expect(files.length).toBe(2);
    const texts = Object.fromEntries(files.map(({ attributes, text }) => [attributes['file'], text]));
    await prints('@trapgate/vmm', 'own-worker', texts, 'power-off\n');
  });
});
