import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { conformanceDocument } from '../../../tools/conformance/document';

it('docs/conformance.md is what tools/conformance/write.ts writes', () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url).href);
  expect(readFileSync(`${root}/docs/conformance.md`, 'utf8')).toBe(conformanceDocument(root));
});
